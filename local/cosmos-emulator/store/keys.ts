/**
 * Order-preserving keys: every JSON value becomes one text whose byte order in SQLite is Cosmos DB's ORDER BY order.
 * Filters and sorts that SQLite runs on these keys give exactly what the evaluator gives.
 */
import { badRequest } from '../errors.ts'
import { Rank, rankOf } from '../json.ts'
import type { Json, Value } from '../json.ts'

/** A partition key as it is stored and bound: the JSON text of its components. */
export type PartitionText = string

/** The key of a value. Arrays compare equal among each other, and so do objects: the cloud names no order for them. */
export function keyOf(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '0'
    case 'boolean':
      return value ? '2t' : '2f'
    case 'number':
      return `3${numberKey(value)}`
    case 'string':
      return `4${wellFormed(value)}`
    default:
      return String(rankOf(value))
  }
}

/** Keys of a type lie in [rankStart(rank), rankStart(rank + 1)). */
export function rankStart(rank: number): string {
  return String(rank)
}

/** The least text above every text that starts with `prefix`. */
export function afterPrefix(prefix: string): string {
  const points = Array.from(prefix)
  while (points.length > 1) {
    const last = points.pop()?.codePointAt(0) ?? 0
    if (last < 0x10ffff) return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)
  }
  return rankStart(Rank.string + 1)
}

const bytes = new DataView(new ArrayBuffer(8))

/** The bits of a double, flipped so that they sort as numbers do. */
function numberKey(value: number): string {
  bytes.setFloat64(0, value === 0 ? 0 : value)
  const high = bytes.getUint32(0)
  const low = bytes.getUint32(4)
  return high & 0x80000000 ? hex(~high >>> 0) + hex(~low >>> 0) : hex((high | 0x80000000) >>> 0) + hex(low)
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** SQLite would store a lone surrogate as U+FFFD and then find the wrong items, so it is refused where it is a key. */
function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw badRequest('The input content is invalid: a string holds an unpaired surrogate')
  return text
}

export function partitionText(components: readonly Value[]): PartitionText {
  return JSON.stringify(components.map((value) => (value === undefined ? {} : value === 0 ? 0 : value)))
}

export function isPrimitive(value: Value): value is Exclude<Json, Json[] | object> {
  const rank = rankOf(value)
  return rank >= Rank.null && rank <= Rank.string
}
