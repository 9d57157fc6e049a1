/** Recognises paths into the root document, and constants: what can be answered from keys in SQLite. */
import type { Value } from '../json.ts'
import type { Expression, Query } from './ast.ts'
import { parameterValue } from './compile.ts'

/** What a query is planned against. */
export interface PlanContext {
  /** The name of the document in the query. */
  root: string
  parameters: ReadonlyMap<string, Value>
  columnOf: (path: readonly string[]) => string | undefined
}

/** The name bound to the whole document, if FROM binds it. */
export function rootAlias(query: Query): string | undefined {
  const [first] = query.sources
  return first?.from.kind === 'path' && first.from.expression.kind === 'name' && !first.iterates
    ? first.alias
    : undefined
}

export function pathOf(expression: Expression, root: string): string[] | undefined {
  if (expression.kind === 'name') return expression.name === root ? [] : undefined
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined
  const name = expression.key.value
  const parent = typeof name === 'string' ? pathOf(expression.of, root) : undefined
  return parent && typeof name === 'string' ? [...parent, name] : undefined
}

export function columnFor(expression: Expression, context: PlanContext): string | undefined {
  const path = pathOf(expression, context.root)
  return path && path.length > 0 ? context.columnOf(path) : undefined
}

/** The value of a literal or a parameter, wrapped, because the value itself may be undefined. */
export function constantOf(
  expression: Expression,
  parameters: ReadonlyMap<string, Value>,
): { value: Value } | undefined {
  if (expression.kind === 'literal') return { value: expression.value }
  if (expression.kind === 'parameter') return { value: parameterValue(expression.name, parameters) }
  if (expression.kind === 'unary' && expression.operator === '-') {
    const inner = constantOf(expression.argument, parameters)
    return typeof inner?.value === 'number' ? { value: -inner.value } : undefined
  }
  return undefined
}

/** The parts of a condition that must all hold. */
export function conjuncts(where: Expression | undefined): Expression[] {
  if (!where) return []
  return where.kind === 'binary' && where.operator === 'AND'
    ? [...conjuncts(where.left), ...conjuncts(where.right)]
    : [where]
}

/** The paths that the condition fixes to one value each, by the JSON text of the path. */
export function fixedPaths(query: Query, parameters: ReadonlyMap<string, Value>): Map<string, Value> {
  const root = rootAlias(query)
  const fixed = new Map<string, Value>()
  if (root === undefined) return fixed
  for (const part of conjuncts(query.where)) {
    if (part.kind !== 'binary' || part.operator !== '=') continue
    for (const [side, other] of [
      [part.left, part.right],
      [part.right, part.left],
    ] as const) {
      const path = pathOf(side, root)
      const constant = constantOf(other, parameters)
      if (path && constant) fixed.set(JSON.stringify(path), constant.value)
    }
  }
  return fixed
}
