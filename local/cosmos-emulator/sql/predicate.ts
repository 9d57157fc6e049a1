/** The condition of a conditional patch: `from c where …`, evaluated on one document. */
import { badRequest } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseSql } from './parse.ts'
import { rowSource } from './rows.ts'

export function matchesPredicate(document: JsonObject, condition: string): boolean {
  if (!/^\s*from\s/i.test(condition)) throw badRequest('The condition of a patch has the form: from c where …')
  const query = parseSql(`SELECT VALUE 1 ${condition}`)
  if (
    !query.where ||
    query.sources.length !== 1 ||
    query.orderBy.length > 0 ||
    query.groupBy.length > 0 ||
    query.offset
  ) {
    throw badRequest('The condition of a patch takes a FROM and a WHERE and nothing else.')
  }
  let matches = false
  rowSource(query, new Map()).visit(document, () => !(matches = true))
  return matches
}
