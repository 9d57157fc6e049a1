/** String functions. A third argument of `true` makes CONTAINS, STARTSWITH and the like ignore case. */
import type { Value } from '../json.ts'
import type { BuiltIn, Signature } from './functions.ts'

const longestReplication = 10_000

const ofText =
  (run: (text: string) => Value): BuiltIn =>
  (text) =>
    typeof text === 'string' ? run(text) : undefined

const comparing =
  (holds: (text: string, part: string) => boolean): BuiltIn =>
  (text, part, ignoresCase = false) => {
    if (typeof text !== 'string' || typeof part !== 'string' || typeof ignoresCase !== 'boolean') return undefined
    return ignoresCase ? holds(lower(text), lower(part)) : holds(text, part)
  }

export const textFunctions: Record<string, Signature> = {
  CONCAT: [
    2,
    Number.MAX_SAFE_INTEGER,
    (...texts) => (texts.every((text) => typeof text === 'string') ? texts.join('') : undefined),
  ],
  CONTAINS: [2, 3, comparing((text, part) => text.includes(part))],
  STARTSWITH: [2, 3, comparing((text, part) => text.startsWith(part))],
  ENDSWITH: [2, 3, comparing((text, part) => text.endsWith(part))],
  STRINGEQUALS: [2, 3, comparing((text, other) => text === other)],
  INDEX_OF: [2, 3, indexOf],
  LEFT: [2, 2, (text, length) => substring(text, 0, length)],
  RIGHT: [2, 2, right],
  SUBSTRING: [3, 3, substring],
  LENGTH: [1, 1, ofText((text) => text.length)],
  LOWER: [1, 1, ofText(lower)],
  UPPER: [1, 1, ofText(upper)],
  TRIM: [1, 1, ofText((text) => text.trim())],
  LTRIM: [1, 1, ofText((text) => text.trimStart())],
  RTRIM: [1, 1, ofText((text) => text.trimEnd())],
  REVERSE: [1, 1, ofText((text) => Array.from(text).reverse().join(''))],
  REPLACE: [3, 3, replace],
  REPLICATE: [2, 2, replicate],
  STRINGTONUMBER: [1, 1, ofText(stringToNumber)],
  STRINGTOBOOLEAN: [1, 1, ofText((text) => ({ true: true, false: false })[text.trim()])],
}

/** Case by character, as the service does: a mapping that changes the length (ß → SS) is not taken. */
function mapped(text: string, map: (character: string) => string): string {
  let result = ''
  for (const character of text) {
    const other = map(character)
    result += other.length === character.length ? other : character
  }
  return result
}

function lower(text: string): string {
  return mapped(text, (character) => character.toLowerCase())
}

function upper(text: string): string {
  return mapped(text, (character) => character.toUpperCase())
}

function indexOf(text: Value, part: Value, start: Value = 0): Value {
  if (typeof text !== 'string' || typeof part !== 'string' || !isCount(start)) return undefined
  return text.indexOf(part, start)
}

function isCount(value: Value): value is number {
  return Number.isInteger(value) && Number(value) >= 0
}

function substring(text: Value, start: Value, length: Value): Value {
  if (typeof text !== 'string' || !Number.isInteger(start) || !Number.isInteger(length)) return undefined
  const first = Math.max(0, Number(start))
  return text.slice(first, first + Math.max(0, Number(length)))
}

function right(text: Value, length: Value): Value {
  if (typeof text !== 'string' || !Number.isInteger(length)) return undefined
  return text.slice(Math.max(0, text.length - Math.max(0, Number(length))))
}

function replace(text: Value, part: Value, replacement: Value): Value {
  if (typeof text !== 'string' || typeof part !== 'string' || typeof replacement !== 'string') return undefined
  return part === '' ? undefined : text.replaceAll(part, () => replacement)
}

function replicate(text: Value, count: Value): Value {
  if (typeof text !== 'string' || !isCount(count) || text.length * count > longestReplication) return undefined
  return text.repeat(count)
}

function stringToNumber(text: string): Value {
  const trimmed = text.trim()
  if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(trimmed)) return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}
