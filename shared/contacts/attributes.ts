/** Attributes of a contact: fields of the workspace's own, a flat map of names to texts. Names are compared without case and accents. */
import * as z from 'zod'
import { fieldProblem } from '../errors.ts'
import { wellFormedText } from '../http/text.ts'
import { foldName, tidy } from './fold.ts'

export const MAX_ATTRIBUTES = 50
export const MAX_ATTRIBUTE_LENGTH = 500
/** A list answers with a hundred contacts, and a batch writes as many. */
const MAX_TOGETHER = 10_000

/**
 * Letters and digits of any script. No quotation marks, backslashes or control characters: names stand in the text of queries, in
 * quotes. It begins with a letter or digit, so that none is `__proto__`.
 */
export const AttributeName = z
  .string()
  .max(50)
  .regex(/^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}_ -]*$/u, {
    error: 'A name has letters, digits, spaces, _ and -, and begins with a letter or digit',
  })

export const AttributesGiven = z
  .record(AttributeName, wellFormedText.max(MAX_ATTRIBUTE_LENGTH).nullable())
  .refine((given) => Object.keys(given).length <= MAX_ATTRIBUTES, {
    error: `Give at most ${MAX_ATTRIBUTES} attributes`,
  })
  .refine((given) => new Set(Object.keys(given).map(foldAttribute)).size === Object.keys(given).length, {
    error: 'The same attribute is given twice: names are compared without regard to case and accents',
  })
  .meta({
    description:
      'Fields of your own, by name: at most 50, together at most 10,000 characters. Those that are not named stay as ' +
      'they are; null or an empty text takes one away. Additive',
    example: { city: 'Berlin' },
  })
export type AttributesGiven = z.output<typeof AttributesGiven>

/** By their names as they were first spelled. */
export type Attributes = Record<string, string>

export function foldAttribute(name: string): string {
  return foldName(name)
}

/** Of attributes by their folded names. Every object has a `constructor`: it is nobody's attribute. */
export function attributeOf(folded: Attributes, name: string): string | undefined {
  const key = foldAttribute(name)
  return Object.hasOwn(folded, key) ? folded[key] : undefined
}

/** `known` with what is given: a name that is known, in whatever case, keeps its spelling. Throws where it gets too much. */
export function withAttributes(known: Attributes, given: AttributesGiven): Attributes {
  if (Object.keys(given).length === 0) return known
  const byFolded = new Map(Object.entries(known).map(([name, text]) => [foldAttribute(name), { name, text }]))
  for (const [name, value] of Object.entries(given)) {
    const folded = foldAttribute(name)
    const text = tidy(value ?? '')
    if (text === '') byFolded.delete(folded)
    else byFolded.set(folded, { name: byFolded.get(folded)?.name ?? tidy(name).normalize('NFC'), text })
  }
  const all = [...byFolded.values()].map(({ name, text }): [string, string] => [name, text])
  checkSize(all)
  return Object.fromEntries(all)
}

function lengthOf(all: [string, string][]): number {
  return all.reduce((sum, [name, text]) => sum + name.length + text.length, 0)
}

function checkSize(all: [string, string][]): void {
  if (all.length <= MAX_ATTRIBUTES && lengthOf(all) <= MAX_TOGETHER) return
  throw fieldProblem(
    ['body', 'attributes'],
    `A contact has at most ${MAX_ATTRIBUTES} attributes of together ${MAX_TOGETHER} characters`,
  )
}

/** `own` with those of `others` that it lacks, as many as a contact may have. */
export function joinedAttributes(own: Attributes, others: Attributes): Attributes {
  const names = new Set(Object.keys(own).map(foldAttribute))
  const joined = { ...own }
  let length = lengthOf(Object.entries(own))
  for (const [name, text] of Object.entries(others)) {
    length += name.length + text.length
    if (names.has(foldAttribute(name)) || names.size >= MAX_ATTRIBUTES || length > MAX_TOGETHER) continue
    names.add(foldAttribute(name))
    joined[name] = text
  }
  return joined
}

/** With the folded form, and the names, that must change with them. */
export function attributeFields(attributes: Attributes) {
  const folded = Object.entries(attributes).map(([name, text]) => [foldAttribute(name), text] as const)
  const attribute_names = folded.length === 0 ? undefined : Object.keys(attributes)
  return { attributes, attributes_folded: Object.fromEntries(folded), attribute_names }
}

/** About what a contact's attributes add to its document. */
export function storedAttributeBytes({ attributes }: { attributes: Attributes }): number {
  let bytes = 0
  for (const [name, text] of Object.entries(attributes)) {
    bytes += 3 * (Buffer.byteLength(name) + 6) + 2 * Buffer.byteLength(text)
  }
  return bytes
}
