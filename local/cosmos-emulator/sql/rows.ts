/** FROM, JOIN and WHERE: the rows a document gives rise to. Also runs subqueries, which are the same thing nested. */
import { sqlError } from '../errors.ts'
import type { JsonObject, Value } from '../json.ts'
import { canonicalText } from '../json.ts'
import type { Expression, Query, Source } from './ast.ts'
import { compile } from './compile.ts'
import type { Compiled, Row, Scope } from './compile.ts'
import { createGrouping, groupingOf } from './grouping.ts'
import { compileSelection } from './selection.ts'

/** Called with each row or value; answers whether to go on. */
export type Emit<T> = (value: T) => boolean

type Bind = (row: Row, next: () => boolean) => boolean

export interface RowSource {
  scope: Scope
  /** Binds the document and calls back for each of its rows that passes WHERE. False: the callback said stop. */
  visit: (document: JsonObject | undefined, emit: Emit<Row>) => boolean
}

/** The rows of a whole query: the first name in FROM is the container. */
export function rowSource(query: Query, parameters: ReadonlyMap<string, Value>): RowSource {
  let slots = 0
  const outer: Scope = { names: new Map(), parameters, newSlot: () => slots++, subquery: compileSubquery }
  const container = outer.newSlot()
  const [first] = query.sources
  const rootName = first?.from.kind === 'path' ? rootOf(first.from.expression) : undefined
  const inner = rootName === undefined ? outer : { ...outer, names: new Map([[rootName, container]]) }
  const { scope, bind } = bindSources(query.sources, inner, outer)
  const where = query.where && compile(query.where, scope)
  const row: Row = { slots: [], aggregates: [] }
  return {
    scope,
    visit(document, emit) {
      row.slots[container] = document
      return bind(row, () => (!where || where(row) === true ? emit(row) : true))
    },
  }
}

function rootOf(expression: Expression): string | undefined {
  if (expression.kind === 'member') return rootOf(expression.of)
  return expression.kind === 'name' ? expression.name : undefined
}

/** Chains the sources: each binds its slot and hands on to the next. `visible` is what names mean after FROM. */
function bindSources(sources: Source[], firstScope: Scope, visible: Scope): { scope: Scope; bind: Bind } {
  const binds: Bind[] = []
  const names = new Map(visible.names)
  sources.forEach((source, index) => {
    if (index > 0 && names.has(source.alias) && !visible.names.has(source.alias)) {
      throw sqlError(`The input alias '${source.alias}' is specified more than once in the FROM clause.`)
    }
    const from = index === 0 ? firstScope : { ...visible, names: new Map(names) }
    const slot = visible.newSlot()
    binds.push(bindSource(source, slot, from))
    names.set(source.alias, slot)
  })
  return { scope: { ...visible, names }, bind: chained(binds) }
}

function chained(binds: Bind[]): Bind {
  return (row, last) => {
    const step = (index: number): boolean => {
      const bind = binds[index]
      return bind ? bind(row, () => step(index + 1)) : last()
    }
    return step(0)
  }
}

function bindSource(source: Source, slot: number, scope: Scope): Bind {
  if (source.from.kind === 'subquery') {
    const run = compileSubquery(source.from.query, scope)
    return (row, next) => {
      let goesOn = true
      run(row, (value) => {
        row.slots[slot] = value
        return (goesOn = next())
      })
      return goesOn
    }
  }
  const value = compile(source.from.expression, scope)
  return source.iterates ? bindElements(value, slot) : bindOnce(value, slot)
}

function bindOnce(value: Compiled, slot: number): Bind {
  return (row, next) => {
    const bound = value(row)
    if (bound === undefined) return true
    row.slots[slot] = bound
    return next()
  }
}

function bindElements(value: Compiled, slot: number): Bind {
  return (row, next) => {
    const array = value(row)
    if (!Array.isArray(array)) return true
    return array.every((element) => {
      row.slots[slot] = element
      return next()
    })
  }
}

function compileSubquery(query: Query, outer: Scope): (row: Row, emit: Emit<Value>) => void {
  if (query.orderBy.length > 0 || query.offset || query.top) {
    throw sqlError('ORDER BY, TOP and OFFSET LIMIT are not supported in subqueries.')
  }
  const { scope, bind } = bindSources(query.sources, outer, outer)
  const where = query.where && compile(query.where, scope)
  const matching = (row: Row, emit: () => boolean): boolean =>
    bind(row, () => (!where || where(row) === true ? emit() : true))
  const grouping = groupingOf(query)
  if (!grouping) {
    const select = compileSelection(query, scope)
    return (row, emit) =>
      void matching(
        row,
        distinctly(query, () => select(row), emit),
      )
  }
  return (row, emit) => {
    const groups = createGrouping(query, grouping, scope)
    // The group's own row keeps what the outer query bound.
    matching(row, () => groups.add(row))
    const next = distinctly(query, undefined, emit)
    for (const value of groups.results(row)) if (!next(value)) return
  }
}

/** Drops what is undefined, and duplicates where the query asks for it. */
function distinctly(query: Query, select: (() => Value) | undefined, emit: Emit<Value>): Emit<Value | void> {
  const seen = new Set<string>()
  return (given) => {
    const value = select ? select() : (given as Value) // Without `select` the caller hands the value over.
    if (value === undefined) return true
    if (query.isDistinct) {
      const text = canonicalText(value)
      if (seen.has(text)) return true
      seen.add(text)
    }
    return emit(value)
  }
}
