/** Columns that are kept as attributes: those whose header has no other meaning here. */
import { AttributeName, foldAttribute, MAX_ATTRIBUTES } from '../attributes.ts'
import { tidy } from '../fold.ts'
import { refusal } from './refusal.ts'

export interface AttributeColumn {
  index: number
  name: string
}

/** What a result file of ours puts before the columns of the file it is about. */
export const RESULT_COLUMNS = ['import_row', 'import_result', 'import_reason'] as const

/** What our exports put before the name of an attribute that would have another meaning here. */
const ATTRIBUTE_MARK = /^attribute (?=\S)/i

/** Columns without a header hold nothing that could be named. Throws where a name cannot be an attribute's. */
export function attributeColumns(header: readonly string[], used: ReadonlySet<number>): AttributeColumn[] {
  const columns = header.flatMap((cell, index) => {
    const title = tidy(cell)
    return used.has(index) || title === '' || isOurs(title)
      ? []
      : [{ index, name: attributeName(title.replace(ATTRIBUTE_MARK, '')) }]
  })
  if (columns.length > MAX_ATTRIBUTES) {
    throw refusal(
      `The file has ${columns.length} columns beside phone, name and tags, and a contact at most ${MAX_ATTRIBUTES} attributes: remove some, or leave other_columns out`,
    )
  }
  const twice = columns.find(({ name }, place) =>
    columns.slice(0, place).some((earlier) => foldAttribute(earlier.name) === foldAttribute(name)),
  )
  if (twice) throw refusal(`Two columns are called "${twice.name}": give each its own name, or leave other_columns out`)
  return columns
}

function isOurs(title: string): boolean {
  return RESULT_COLUMNS.some((name) => name === title)
}

/** Without punctuation: "Région (siège)" is "Région siège". */
function attributeName(title: string): string {
  const plain = title.normalize('NFKC').replace(/\p{Cf}/gu, '')
  const name = tidy(
    plain.replace(/[\p{P}\p{S}\p{Z}]/gu, (mark) => (mark === '-' || mark === '_' ? mark : ' ')),
  ).replace(/^[-_ ]+/, '')
  if (AttributeName.safeParse(name).success) return name
  throw refusal(
    `The column "${title.slice(0, 60)}" cannot be an attribute: name it with at most 50 letters, digits, spaces, _ and -, or leave other_columns out`,
  )
}
