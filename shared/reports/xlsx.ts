/**
 * An Excel workbook written row by row: the `xlsx` library can only write what is whole in memory. Texts stand in their
 * cells, so no formula is possible; what does not fit into one sheet goes on in the next.
 * Format: ECMA-376, Office Open XML, SpreadsheetML
 */
import type { Cell, Rows } from './rows.ts'
import { zipArchive, type ZipEntry } from './zip.ts'

/** Excel's limit is 1,048,576. */
export const ROWS_PER_SHEET = 1_000_000

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

export function xlsxFile(
  columns: readonly string[],
  rows: Rows,
  { title = 'Recipients', rowsPerSheet = ROWS_PER_SHEET }: Sheets = {},
): AsyncGenerator<Uint8Array> {
  return zipArchive(parts(columns, rows, { title, rowsPerSheet }))
}

interface Sheets {
  /** Of the first sheet, and before the number of the others. */
  title?: string
  rowsPerSheet?: number
}

/** Each is asked for when the one before is written. The sheets come first, because only their end tells how many there are. */
function* parts(
  columns: readonly string[],
  rows: Rows,
  { title, rowsPerSheet }: Required<Sheets>,
): Generator<ZipEntry> {
  const reader = inSheets(rows, rowsPerSheet)
  let sheets = 0
  do {
    sheets++
    yield { name: sheetPath(sheets), content: sheet(columns, reader.rows()) }
  } while (reader.hasMore())
  yield textPart('xl/workbook.xml', workbook(title, sheets))
  yield textPart('xl/_rels/workbook.xml.rels', relations(sheetNumbers(sheets).map(sheetRelation)))
  yield textPart('_rels/.rels', relations([relation(1, `${OFFICE}/officeDocument`, 'xl/workbook.xml')]))
  yield textPart('[Content_Types].xml', contentTypes(sheets))
}

/** Cuts the rows into sheets: each `rows()` ends when its sheet is full or nothing is left. */
function inSheets(rows: Rows, rowsPerSheet: number) {
  let rest: Cell[][] = []
  let ended = false
  async function* sheetRows(): Rows {
    let left = rowsPerSheet
    while (left > 0) {
      if (rest.length === 0) {
        const next = await rows.next()
        ended = next.done === true
        if (next.done) return
        rest = next.value
        continue
      }
      const some = rest.slice(0, left)
      rest = rest.slice(some.length)
      left -= some.length
      yield some
    }
    // A sheet that is exactly full may be the last.
    while (rest.length === 0 && !ended) {
      const next = await rows.next()
      ended = next.done === true
      rest = next.value ?? []
    }
  }
  return { rows: sheetRows, hasMore: () => rest.length > 0 || !ended }
}

async function* sheet(columns: readonly string[], rows: Rows): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${sheetRow([...columns])}`)
  for await (const some of rows) if (some.length > 0) yield Buffer.from(some.map(sheetRow).join(''))
  yield Buffer.from('</sheetData></worksheet>')
}

function sheetRow(cells: readonly Cell[]): string {
  return `<row>${cells.map(sheetCell).join('')}</row>`
}

function sheetCell(cell: Cell): string {
  if (cell === null) return '<c/>'
  if (typeof cell === 'number') return `<c><v>${cell}</v></c>`
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** What XML cannot hold, or would change, and what looks like the escape for it. */
// eslint-disable-next-line no-control-regex -- these are the characters it is about
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|_(?=x[0-9a-f]{4}_)/gi

function escaped(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(SPECIAL, (char) => `_x${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[&<>]/g, (char) => ENTITIES[char] ?? char)
}

function sheetPath(number: number): string {
  return `xl/worksheets/sheet${number}.xml`
}

function sheetNumbers(sheets: number): number[] {
  return Array.from({ length: sheets }, (_, index) => index + 1)
}

function workbook(title: string, sheets: number): string {
  const list = sheetNumbers(sheets).map(
    (n) => `<sheet name="${title}${n > 1 ? ` ${n}` : ''}" sheetId="${n}" r:id="rId${n}"/>`,
  )
  return `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${list.join('')}</sheets></workbook>`
}

function sheetRelation(number: number): string {
  return relation(number, `${OFFICE}/worksheet`, `worksheets/sheet${number}.xml`)
}

function relation(number: number, type: string, target: string): string {
  return `<Relationship Id="rId${number}" Type="${type}" Target="${target}"/>`
}

function relations(list: readonly string[]): string {
  return `${HEAD}<Relationships xmlns="${RELATIONS}">${list.join('')}</Relationships>`
}

function contentTypes(sheets: number): string {
  const override = (path: string, type: string) => `<Override PartName="/${path}" ContentType="${TYPE}.${type}+xml"/>`
  const list = sheetNumbers(sheets).map((n) => override(sheetPath(n), 'worksheet'))
  return (
    `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
    `${override('xl/workbook.xml', 'sheet.main')}${list.join('')}</Types>`
  )
}

function textPart(name: string, text: string): ZipEntry {
  return { name, content: [Buffer.from(text)] }
}
