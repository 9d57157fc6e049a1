/** What one row of a file says about a contact, or why it cannot be one. */
import { COUNTRY_MISSING, parsePhone, type Country, type PhoneNumber } from '../phone.ts'
import { MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS, tidyName, tidyTags, type ContactProfile } from '../schema.ts'
import type { Columns } from './columns.ts'

export type JudgedRow =
  { ok: true; phone: PhoneNumber; profile: ContactProfile } | { ok: false; problem: string; phoneText: string | null }

const MAX_SHOWN = 40

export function judgeRow(cells: readonly string[], columns: Columns, defaultCountry: Country | undefined): JudgedRow {
  const texts = columns.phones.map((index) => unquoted(cells[index] ?? ''))
  const phoneText = texts.find((text) => text !== '') ?? ''
  const parsed = parsePhone(phoneText, defaultCountry)
  if (!parsed.ok) {
    const advice = parsed.problem === COUNTRY_MISSING ? ', or give the import a default_country' : ''
    return { ok: false, problem: `${parsed.problem}${advice}`, phoneText: phoneText.slice(0, MAX_SHOWN) || null }
  }
  const profile = {
    name: tidyName(columns.names.map((index) => cells[index] ?? '').join(' ')),
    tags: tidyTags(columns.tags.flatMap((index) => (cells[index] ?? '').split(/[,;\n]/))),
  }
  const problem = profileProblem(profile)
  return problem === undefined
    ? { ok: true, phone: parsed.phone, profile }
    : { ok: false, problem, phoneText: parsed.phone.e164 }
}

/** Why a profile cannot be stored, if it cannot. */
export function profileProblem({ name, tags }: ContactProfile): string | undefined {
  if (name !== null && name.length > MAX_NAME_LENGTH) return `The name has more than ${MAX_NAME_LENGTH} characters`
  if (tags.some((tag) => tag.length > MAX_TAG_LENGTH)) return `A tag has more than ${MAX_TAG_LENGTH} characters`
  return tags.length > MAX_TAGS ? `There are more than ${MAX_TAGS} tags` : undefined
}

/** Spreadsheets keep a number's zeros and plus as text with a leading apostrophe, or as the formula ="…". */
function unquoted(text: string): string {
  return text
    .trim()
    .replace(/^="(.*)"$/s, '$1')
    .replace(/^'/, '')
    .trim()
}
