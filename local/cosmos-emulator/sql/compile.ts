/**
 * Turns an expression into a function of the row it is evaluated on. Names become slots and parameters become
 * constants once, so that evaluating a row costs little.
 */
import { sqlError } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Json, JsonObject, Value } from '../json.ts'
import { aggregateNames } from './ast.ts'
import type { Expression, ExpressionOf, Query } from './ast.ts'
import { builtIn } from './functions.ts'
import { and, between, binaryOperators, isIn, likePattern, or, unaryOperators } from './operators.ts'

/** The row: what each name of FROM is bound to, and the results of the aggregates of its group. */
export interface Row {
  slots: Value[]
  aggregates: Value[]
}

export type Compiled = (row: Row) => Value

/** What an expression may refer to. Scopes of subqueries see those around them. */
export interface Scope {
  names: ReadonlyMap<string, number>
  parameters: ReadonlyMap<string, Value>
  /** Hands out slots; shared by all scopes of one query. */
  newSlot: () => number
  /** Where the results of the aggregates in SELECT are found, by expression. */
  aggregates?: ReadonlyMap<Expression, number>
  /** Compiles a subquery into a function that calls back with each of its results. */
  subquery: (query: Query, scope: Scope) => (row: Row, emit: (value: Value) => boolean) => void
}

export function compile(expression: Expression, scope: Scope): Compiled {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return () => value
    }
    case 'parameter':
      return compileParameter(expression.name, scope)
    case 'name':
      return compileName(expression.name, scope)
    case 'member':
      return compileMember(expression, scope)
    case 'unary': {
      const argument = compile(expression.argument, scope)
      const operator = unaryOperators[expression.operator]
      return (row) => operator(argument(row))
    }
    case 'binary':
      return compileBinary(expression, scope)
    case 'array':
      return compileArray(expression, scope)
    case 'object':
      return compileObject(expression, scope)
    default:
      return compileOther(expression, scope)
  }
}

type Rarer = ExpressionOf<'conditional' | 'between' | 'in' | 'like' | 'call' | 'subquery'>

function compileOther(expression: Rarer, scope: Scope): Compiled {
  switch (expression.kind) {
    case 'conditional': {
      const [test, yes, no] = compileAll([expression.test, expression.yes, expression.no], scope)
      return (row) => (test?.(row) === true ? yes?.(row) : no?.(row))
    }
    case 'between': {
      const [argument, low, high] = compileAll([expression.argument, expression.low, expression.high], scope)
      return (row) => between(argument?.(row), low?.(row), high?.(row))
    }
    case 'in': {
      const argument = compile(expression.argument, scope)
      const list = compileAll(expression.list, scope)
      return (row) =>
        isIn(
          argument(row),
          list.map((item) => item(row)),
        )
    }
    case 'like':
      return compileLike(expression, scope)
    case 'call':
      return compileCall(expression, scope)
    case 'subquery':
      return compileSubquery(expression, scope)
  }
}

function compileAll(expressions: Expression[], scope: Scope): Compiled[] {
  return expressions.map((expression) => compile(expression, scope))
}

export function parameterValue(name: string, parameters: ReadonlyMap<string, Value>): Value {
  if (!parameters.has(name)) throw sqlError(`The query uses parameter '${name}', which was not supplied.`)
  return parameters.get(name)
}

function compileParameter(name: string, scope: Scope): Compiled {
  const value = parameterValue(name, scope.parameters)
  return () => value
}

function compileName(name: string, scope: Scope): Compiled {
  const slot = scope.names.get(name)
  if (slot === undefined) throw sqlError(`Identifier '${name}' could not be resolved.`)
  return (row) => row.slots[slot]
}

function compileMember(expression: ExpressionOf<'member'>, scope: Scope): Compiled {
  const of = compile(expression.of, scope)
  const key = compile(expression.key, scope)
  if (expression.key.kind !== 'literal') return (row) => member(of(row), key(row))
  const name = expression.key.value
  return (row) => member(of(row), name)
}

function member(of: Value, key: Value): Value {
  if (Array.isArray(of)) return typeof key === 'number' ? of[key] : undefined
  return typeof key === 'string' && isObject(of) && Object.hasOwn(of, key) ? of[key] : undefined
}

function compileBinary(expression: ExpressionOf<'binary'>, scope: Scope): Compiled {
  const left = compile(expression.left, scope)
  const right = compile(expression.right, scope)
  switch (expression.operator) {
    case 'AND':
      return (row) => {
        const first = left(row)
        return first === false ? false : and(first, right(row))
      }
    case 'OR':
      return (row) => {
        const first = left(row)
        return first === true ? true : or(first, right(row))
      }
    case '??':
      return (row) => {
        const first = left(row)
        return first === undefined ? right(row) : first
      }
    default: {
      const operator = binaryOperators[expression.operator]
      return (row) => operator(left(row), right(row))
    }
  }
}

function compileArray(expression: ExpressionOf<'array'>, scope: Scope): Compiled {
  const items = compileAll(expression.items, scope)
  return (row) => {
    const array: Json[] = []
    for (const item of items) {
      const value = item(row)
      if (value !== undefined) array.push(value)
    }
    return array
  }
}

function compileObject(expression: ExpressionOf<'object'>, scope: Scope): Compiled {
  return compileProperties(
    expression.entries.map(({ name, value }) => ({ name, expression: value })),
    scope,
  )
}

/** An object of named expressions, without those that are undefined. */
export function compileProperties(items: { name: string; expression: Expression }[], scope: Scope): Compiled {
  const properties = items.map(({ name, expression }) => ({ name, value: compile(expression, scope) }))
  return (row) => {
    const object: JsonObject = {}
    for (const property of properties) {
      const value = property.value(row)
      if (value === undefined) continue
      if (property.name !== '__proto__') object[property.name] = value
      else Object.defineProperty(object, property.name, { value, enumerable: true, configurable: true, writable: true })
    }
    return object
  }
}

function compileLike(expression: ExpressionOf<'like'>, scope: Scope): Compiled {
  const argument = compile(expression.argument, scope)
  const pattern = compile(expression.pattern, scope)
  const escape = expression.escape && compile(expression.escape, scope)
  const known = new Map<string, RegExp | undefined>()
  return (row) => {
    const text = argument(row)
    const wanted = pattern(row)
    const escaped = escape?.(row)
    if (typeof text !== 'string' || typeof wanted !== 'string') return undefined
    if (escape && typeof escaped !== 'string') return undefined
    if (!known.has(wanted)) known.set(wanted, likeOrRefuse(wanted, typeof escaped === 'string' ? escaped : undefined))
    return known.get(wanted)?.test(text) ?? false
  }
}

function likeOrRefuse(pattern: string, escape: string | undefined): RegExp {
  if (escape !== undefined && Array.from(escape).length !== 1) throw sqlError('ESCAPE takes a single character.')
  const expression = likePattern(pattern, escape)
  if (!expression) throw sqlError('The LIKE pattern is invalid: a [ without a ], or a range that runs backwards.')
  return expression
}

function compileCall(expression: ExpressionOf<'call'>, scope: Scope): Compiled {
  if (aggregateNames.has(expression.name)) {
    const index = scope.aggregates?.get(expression)
    if (index === undefined) throw sqlError(`The aggregate ${expression.name} is not allowed here.`)
    return (row) => row.aggregates[index]
  }
  const run = builtIn(expression.name, expression.arguments.length)
  const [first, second, third, ...others] = compileAll(expression.arguments, scope)
  if (!first) return () => run()
  if (!second) return (row) => run(first(row))
  if (!third) return (row) => run(first(row), second(row))
  return (row) => run(first(row), second(row), third(row), ...others.map((other) => other(row)))
}

function compileSubquery(expression: ExpressionOf<'subquery'>, scope: Scope): Compiled {
  const run = scope.subquery(expression.query, scope)
  if (expression.mode === 'exists') {
    return (row) => {
      let exists = false
      run(row, () => !(exists = true))
      return exists
    }
  }
  const all = (row: Row): Json[] => {
    const values: Json[] = []
    run(row, (value) => value === undefined || values.push(value) > 0)
    return values
  }
  return expression.mode === 'array' ? all : (row) => onlyOne(all(row))
}

function onlyOne(values: Json[]): Value {
  if (values.length > 1) throw sqlError('The cardinality of a scalar subquery result set cannot be greater than one.')
  return values[0]
}
