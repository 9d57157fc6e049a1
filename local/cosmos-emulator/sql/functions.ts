/** The built-in functions. Arguments of a wrong type yield undefined; an unknown function or argument count is a 400. */
import { sqlError } from '../errors.ts'
import { Rank, isEqual, isObject, propertyOf, rankOf } from '../json.ts'
import type { Json, Value } from '../json.ts'
import { mathFunctions } from './functions-math.ts'
import { textFunctions } from './functions-text.ts'

export type BuiltIn = (...values: Value[]) => Value
/** How few and how many arguments, and what they yield. */
export type Signature = [least: number, most: number, run: BuiltIn]

export function builtIn(name: string, argumentCount: number): BuiltIn {
  const signature = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!signature) throw sqlError(`'${name}' is not a recognized built-in function name.`)
  const [least, most, run] = signature
  if (argumentCount < least || argumentCount > most) {
    throw sqlError(`The ${name} function requires ${least}${most > least ? ` to ${most}` : ''} argument(s).`)
  }
  return run
}

const ofRank =
  (...ranks: number[]): BuiltIn =>
  (value) =>
    ranks.includes(rankOf(value))

const typeFunctions: Record<string, Signature> = {
  IS_ARRAY: [1, 1, ofRank(Rank.array)],
  IS_BOOL: [1, 1, ofRank(Rank.boolean)],
  IS_DEFINED: [1, 1, (value) => value !== undefined],
  IS_FINITE_NUMBER: [1, 1, ofRank(Rank.number)],
  IS_INTEGER: [1, 1, (value) => Number.isInteger(value)],
  IS_NULL: [1, 1, ofRank(Rank.null)],
  IS_NUMBER: [1, 1, ofRank(Rank.number)],
  IS_OBJECT: [1, 1, ofRank(Rank.object)],
  IS_PRIMITIVE: [1, 1, ofRank(Rank.null, Rank.boolean, Rank.number, Rank.string)],
  IS_STRING: [1, 1, ofRank(Rank.string)],
}

const arrayFunctions: Record<string, Signature> = {
  ARRAY_CONCAT: [
    2,
    Number.MAX_SAFE_INTEGER,
    (...arrays) => (arrays.every((array) => Array.isArray(array)) ? arrays.flat() : undefined),
  ],
  ARRAY_CONTAINS: [2, 3, arrayContains],
  ARRAY_CONTAINS_ALL: [2, Number.MAX_SAFE_INTEGER, containsOf((array, values) => values.every(isMemberOf(array)))],
  ARRAY_CONTAINS_ANY: [2, Number.MAX_SAFE_INTEGER, containsOf((array, values) => values.some(isMemberOf(array)))],
  ARRAY_LENGTH: [1, 1, (array) => (Array.isArray(array) ? array.length : undefined)],
  ARRAY_SLICE: [2, 3, arraySlice],
}

const conditionalFunctions: Record<string, Signature> = {
  IIF: [3, 3, (test, yes, no) => (test === true ? yes : no)],
}

const functions: Record<string, Signature> = {
  ...typeFunctions,
  ...arrayFunctions,
  ...conditionalFunctions,
  ...textFunctions,
  ...mathFunctions,
}

function arrayContains(array: Value, value: Value, isPartial: Value = false): Value {
  if (!Array.isArray(array) || value === undefined || typeof isPartial !== 'boolean') return undefined
  return array.some((item) => (isPartial && isObject(value) ? includesProperties(item, value) : isEqual(item, value)))
}

function includesProperties(item: Json, wanted: Record<string, Json>): boolean {
  return Object.keys(wanted).every((name) => isEqual(propertyOf(item, name), wanted[name]))
}

function isMemberOf(array: Json[]): (value: Value) => boolean {
  return (value) => value !== undefined && array.some((item) => isEqual(item, value))
}

function containsOf(holds: (array: Json[], values: Value[]) => boolean): BuiltIn {
  return (array, ...values) => (Array.isArray(array) ? holds(array, values) : undefined)
}

function arraySlice(array: Value, start: Value, count: Value = Number.MAX_SAFE_INTEGER): Value {
  if (!Array.isArray(array) || !Number.isInteger(start) || !Number.isInteger(count)) return undefined
  const first = Number(start) < 0 ? Math.max(0, array.length + Number(start)) : Number(start)
  return array.slice(first, first + Math.max(0, Number(count)))
}
