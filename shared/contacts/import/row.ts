/** What one row of a file says about a contact, or why it cannot be one. */
import { MAX_ATTRIBUTE_LENGTH, withAttributes, type Attributes } from '../attributes.ts'
import { ValidationError } from '../../errors.ts'
import { unguarded } from '../../reports/formula-guard.ts'
import {
  COUNTRY_MISSING,
  isLikelyAbroad,
  parsePhone,
  type Country,
  type ParsedPhone,
  type PhoneNumber,
} from '../phone.ts'
import { MAX_NAME_LENGTH, MAX_TAG_LENGTH, MAX_TAGS, tidyName, tidyTags, type ContactProfile } from '../schema.ts'
import { tagsInText } from '../tag-list.ts'
import { requiredColumns, type Columns, type OtherColumns } from './columns.ts'
import type { DamageIn } from './damage.ts'
import { ABROAD, isTooShortWithoutCountry, otherNumberProblem, TOO_SHORT } from './other-numbers.ts'
import { refusal } from './refusal.ts'
import type { Sheet } from './sheet.ts'

export interface ReadyRow {
  phone: PhoneNumber
  profile: ContactProfile
  /** By the names of the columns that are kept; empty where the cell is. */
  attributes: Attributes
}

export type JudgedRow = ({ ok: true } & ReadyRow) | { ok: false; problem: string; phoneText: string | null }

const MAX_SHOWN = 40

/** A judge of a file's rows. Throws where the header has no phone column, or one to be kept that cannot be read. */
export function rowJudge(
  { header, damageIn }: Pick<Sheet, 'header' | 'damageIn'>,
  others: OtherColumns,
  defaultCountry: Country | undefined,
) {
  const columns = requiredColumns(header, others)
  const { phones, names, tags, attributes } = columns
  const kept = attributes.map(({ index }) => index)
  const unreadable = damage(header, kept, damageIn)
  if (unreadable !== undefined) throw refusal(`The header cannot be read. ${unreadable}`)
  const used = [...phones, ...names, ...tags, ...kept]
  return {
    columns,
    judge: (cells: readonly string[]): JudgedRow => {
      const problem = damage(cells, used, damageIn)
      if (problem === undefined) return judgeRow(cells, columns, defaultCountry)
      return { ok: false, problem, phoneText: shown(phoneCell(cells, columns).text) }
    },
  }
}

/** Of cells that nobody asked for, nothing is imported. */
function damage(cells: readonly string[], indexes: readonly number[], damageIn: DamageIn): string | undefined {
  for (const index of indexes) {
    const problem = damageIn(cells[index] ?? '')
    if (problem !== undefined) return problem
  }
  return undefined
}

export function judgeRow(cells: readonly string[], columns: Columns, defaultCountry: Country | undefined): JudgedRow {
  const { text, startsWithCountry } = phoneCell(cells, columns)
  const parsed = parseListed(text, startsWithCountry, defaultCountry)
  if (!parsed.ok) {
    const advice = parsed.problem === COUNTRY_MISSING ? ', or give the import a default_country' : ''
    return { ok: false, problem: `${parsed.problem}${advice}`, phoneText: shown(text) }
  }
  return judgeRest(cells, columns, parsed.phone)
}

function shown(text: string): string | null {
  return text.slice(0, MAX_SHOWN) || null
}

/** What a row says beside its phone number, which is known. */
export function judgeRest(cells: readonly string[], columns: Columns, phone: PhoneNumber): JudgedRow {
  const profile = {
    name: tidyName(columns.names.map((index) => unguarded(cells[index] ?? '')).join(' ')),
    tags: tidyTags(columns.tags.flatMap((index) => tagsInText(unguarded(cells[index] ?? '')))),
  }
  const attributes = Object.fromEntries(
    columns.attributes.map(({ index, name }) => [name, unguarded(cells[index] ?? '')]),
  )
  const problem = profileProblem(profile) ?? attributesProblem(attributes)
  return problem === undefined
    ? { ok: true, phone, profile, attributes }
    : { ok: false, problem, phoneText: phone.e164 }
}

interface PhoneCell {
  text: string
  startsWithCountry: boolean
}

/** Of the phone columns the first that has a digit ("yes" under WhatsApp has none), or else the first that has anything. */
function phoneCell(cells: readonly string[], { phones, waIds }: Columns): PhoneCell {
  const filled = phones
    .map((index) => ({ text: unquoted(cells[index] ?? ''), startsWithCountry: waIds.includes(index) }))
    .filter(({ text }) => text !== '')
  return filled.find(({ text }) => /\p{Nd}/u.test(text)) ?? filled[0] ?? { text: '', startsWithCountry: false }
}

function parseListed(text: string, startsWithCountry: boolean, defaultCountry: Country | undefined): ParsedPhone {
  const problem = otherNumberProblem(text)
  if (problem !== undefined) return { ok: false, problem }
  if (startsWithCountry) return parsePhone(text.replace(/^(?=[1-9])/, '+'))
  const parsed = parsePhone(text, defaultCountry)
  if (!parsed.ok || defaultCountry === undefined) return parsed
  if (isTooShortWithoutCountry(text)) return { ok: false, problem: TOO_SHORT }
  return isLikelyAbroad(text, defaultCountry) ? { ok: false, problem: ABROAD } : parsed
}

function attributesProblem(attributes: Attributes): string | undefined {
  for (const [name, text] of Object.entries(attributes)) {
    if (text.length > MAX_ATTRIBUTE_LENGTH) {
      return `The text in the column "${name}" has more than ${MAX_ATTRIBUTE_LENGTH} characters`
    }
  }
  const joined = joinedOrProblem({}, attributes)
  return typeof joined === 'string' ? joined : undefined
}

/** The attributes with what a row gives, or why a contact cannot have them all. */
export function joinedOrProblem(known: Attributes, given: Attributes): Attributes | string {
  try {
    return withAttributes(known, given)
  } catch (error) {
    if (error instanceof ValidationError) return error.problems[0]?.msg ?? error.message
    throw error
  }
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
