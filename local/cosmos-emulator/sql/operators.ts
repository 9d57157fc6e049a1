/** What the operators of Cosmos DB's SQL yield. A wrong or missing operand makes the result undefined, never an error. */
import { compareSameType, isEqual } from '../json.ts'
import type { Value } from '../json.ts'
import type { BinaryOperator } from './ast.ts'

type Binary = (left: Value, right: Value) => Value

const arithmetic =
  (operation: (left: number, right: number) => number): Binary =>
  (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? finite(operation(left, right)) : undefined

/** JSON has no infinity and no NaN. */
export function finite(value: number): Value {
  return Number.isFinite(value) ? value : undefined
}

const ordering =
  (holds: (comparison: number) => boolean): Binary =>
  (left, right) => {
    const comparison = compareSameType(left, right)
    return comparison === undefined ? undefined : holds(comparison)
  }

const equality =
  (expected: boolean): Binary =>
  (left, right) =>
    left === undefined || right === undefined ? undefined : isEqual(left, right) === expected

export const isAtLeast = ordering((comparison) => comparison >= 0)
export const isAtMost = ordering((comparison) => comparison <= 0)

export const binaryOperators: Record<Exclude<BinaryOperator, 'AND' | 'OR' | '??'>, Binary> = {
  '=': equality(true),
  '!=': equality(false),
  '<': ordering((comparison) => comparison < 0),
  '<=': isAtMost,
  '>': ordering((comparison) => comparison > 0),
  '>=': isAtLeast,
  '+': arithmetic((left, right) => left + right),
  '-': arithmetic((left, right) => left - right),
  '*': arithmetic((left, right) => left * right),
  '/': arithmetic((left, right) => left / right),
  '%': arithmetic((left, right) => left % right),
  '&': arithmetic((left, right) => left & right),
  '|': arithmetic((left, right) => left | right),
  '^': arithmetic((left, right) => left ^ right),
  '<<': arithmetic((left, right) => left << right),
  '>>': arithmetic((left, right) => left >> right),
  '>>>': arithmetic((left, right) => left >>> right),
  '||': (left, right) => (typeof left === 'string' && typeof right === 'string' ? left + right : undefined),
}

/** False wins over undefined. */
export function and(left: Value, right: Value): Value {
  if (left === false || right === false) return false
  return left === true && right === true ? true : undefined
}

/** True wins over undefined. */
export function or(left: Value, right: Value): Value {
  if (left === true || right === true) return true
  return left === false && right === false ? false : undefined
}

export const unaryOperators: Record<'NOT' | '-' | '+' | '~', (argument: Value) => Value> = {
  NOT: (argument) => (typeof argument === 'boolean' ? !argument : undefined),
  '-': (argument) => (typeof argument === 'number' ? -argument : undefined),
  '+': (argument) => (typeof argument === 'number' ? argument : undefined),
  '~': (argument) => (typeof argument === 'number' ? ~argument : undefined),
}

export function between(argument: Value, low: Value, high: Value): Value {
  return and(isAtLeast(argument, low), isAtMost(argument, high))
}

export function isIn(argument: Value, list: readonly Value[]): Value {
  if (argument === undefined) return undefined
  return list.some((item) => item !== undefined && isEqual(argument, item))
}

/** LIKE as a regular expression: % any text, _ one character, [abc] one of, [^abc] none of. */
export function likePattern(pattern: string, escape: string | undefined): RegExp | undefined {
  let source = ''
  const characters = Array.from(pattern)
  for (let index = 0; index < characters.length; index++) {
    const character = characters[index] ?? ''
    if (character === escape) source += quoted(characters[++index] ?? '')
    else if (character === '%') source += '.*'
    else if (character === '_') source += '.'
    else if (character === '[') {
      const close = characters.indexOf(']', index + 1)
      if (close < 0) return undefined
      source += characterSet(characters.slice(index + 1, close))
      index = close
    } else source += quoted(character)
  }
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch {
    // A range such as [z-a].
    return undefined
  }
}

function quoted(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&')
}

function characterSet(members: string[]): string {
  const isNegated = members[0] === '^'
  const listed = isNegated ? members.slice(1) : members
  const quotedMembers = listed.map((member) => (member === '-' ? '-' : quoted(member)))
  return `[${isNegated ? '^' : ''}${quotedMembers.join('')}]`
}
