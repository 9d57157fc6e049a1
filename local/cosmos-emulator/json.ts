/** JSON values as documents hold them, and Cosmos DB's order and equality over them (undefined is a value of its own). */

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json
}
/** What an expression yields: a missing property is `undefined`, which is not `null`. */
export type Value = Json | undefined

/** The type order of ORDER BY: undefined, null, boolean, number, string, array, object. */
export const Rank = { undefined: 0, null: 1, boolean: 2, number: 3, string: 4, array: 5, object: 6 } as const

export function rankOf(value: Value): number {
  switch (typeof value) {
    case 'undefined':
      return Rank.undefined
    case 'boolean':
      return Rank.boolean
    case 'number':
      return Rank.number
    case 'string':
      return Rank.string
    default:
      if (value === null) return Rank.null
      return Array.isArray(value) ? Rank.array : Rank.object
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Own properties only: a document may have no field called `constructor`, whatever JavaScript thinks. */
export function propertyOf(value: Value, name: string): Value {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

export function valueAt(value: Value, path: readonly string[]): Value {
  let current = value
  for (const name of path) {
    current = propertyOf(current, name)
    if (current === undefined) return undefined
  }
  return current
}

/** Deep equality of two defined values; the order of properties does not count. */
export function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => isEqual(item, right[index]))
    )
  }
  return isObject(left) && isObject(right) && objectsAreEqual(left, right)
}

function objectsAreEqual(left: JsonObject, right: JsonObject): boolean {
  const names = Object.keys(left)
  if (names.length !== Object.keys(right).length) return false
  return names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name]))
}

/** Order within one type, or undefined where Cosmos DB compares nothing (different types, arrays, objects). */
export function compareSameType(left: Value, right: Value): number | undefined {
  const rank = rankOf(left)
  if (rank !== rankOf(right) || rank === Rank.undefined || rank >= Rank.array) return undefined
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  return Number(left) - Number(right)
}

/** Code point order, which is the byte order of UTF-8; JavaScript's own `<` puts U+E000–U+FFFF after the emoji. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return aboveSurrogates(a) - aboveSurrogates(b)
  }
  return left.length - right.length
}

function aboveSurrogates(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** A text that is the same for equal values only: for DISTINCT, GROUP BY and unique keys. */
export function canonicalText(value: Value): string {
  if (value === undefined) return 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value === 0 ? 0 : value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalText(value[name])}`).join(',')}}`
}
