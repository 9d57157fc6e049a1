/** SELECT: what a row becomes. */
import { sqlError } from '../errors.ts'
import type { Query } from './ast.ts'
import { compile, compileProperties } from './compile.ts'
import type { Compiled, Scope } from './compile.ts'

export function compileSelection({ selection, sources }: Query, scope: Scope): Compiled {
  if (selection.kind === 'value') return compile(selection.expression, scope)
  if (selection.kind === 'list') return compileProperties(selection.items, scope)
  const [only] = sources
  if (!only) throw sqlError("'SELECT *' is not valid if the FROM clause is omitted.")
  if (sources.length > 1) throw sqlError("'SELECT *' is only valid with a single input set.")
  return compile({ kind: 'name', name: only.alias, start: 0, end: 0 }, scope)
}
