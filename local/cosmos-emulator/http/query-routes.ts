/** Queries, query plans and feeds of items over HTTP. */
import { badRequest } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Value } from '../json.ts'
import { impliedPartition } from '../sql/access.ts'
import type { Query } from '../sql/ast.ts'
import { parseSql } from '../sql/parse.ts'
import { needsPlan, queryPlan } from '../sql/query-plan.ts'
import { runQuery } from '../sql/run-query.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { parseBody, readPartitionKey } from '../store/item-rules.ts'
import { partitionText } from '../store/keys.ts'
import { header } from './exchange.ts'
import type { Account, Answer, Exchange } from './exchange.ts'

const defaultPageSize = 100
/** What "as many as you like" (-1) means here. */
const dynamicPageSize = 1000
const mostParsed = 500

interface AskedQuery {
  text: string
  query: Query
  parameters: Map<string, Value>
}

const parsedQueries = new Map<string, Query>()

/** Programs ask the same few queries over and over, so the last of them stay parsed. */
function parsed(text: string): Query {
  let query = parsedQueries.get(text)
  if (!query) {
    query = parseSql(text)
    if (parsedQueries.size >= mostParsed) parsedQueries.clear()
    parsedQueries.set(text, query)
  }
  return query
}

export function readQuery(body: string): AskedQuery {
  const spec = parseBody(body)
  if (!isObject(spec) || typeof spec['query'] !== 'string') throw badRequest('The request body holds no query.')
  const parameters = new Map<string, Value>()
  const list = spec['parameters'] ?? []
  for (const parameter of Array.isArray(list) ? list : []) {
    if (!isObject(parameter) || typeof parameter['name'] !== 'string')
      throw badRequest('A query parameter has no name.')
    parameters.set(parameter['name'], parameter['value'])
  }
  return { text: spec['query'], query: parsed(spec['query']), parameters }
}

export function answerQuery(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  return answerAsked(account, container, exchange, readQuery(exchange.body))
}

export function answerFeed(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  if (header(exchange, 'a-im')) throw badRequest('The change feed is not supported by this emulator.')
  const text = 'SELECT * FROM c'
  return answerAsked(account, container, exchange, { text, query: parsed(text), parameters: new Map() })
}

function answerAsked(account: Account, container: ContainerEntry, exchange: Exchange, asked: AskedQuery): Answer {
  const partition = queriedPartition(container, exchange)
  const isOneRange = header(exchange, 'x-ms-documentdb-partitionkeyrangeid') !== undefined
  if (partition === undefined && !isOneRange) checkServable(container, asked)
  const page = runQuery({
    ...asked,
    container,
    partition,
    isMerged: isOneRange,
    maxItemCount: pageSize(header(exchange, 'x-ms-max-item-count')),
    continuation: header(exchange, 'x-ms-continuation'),
    kept: account.kept,
  })
  const headers: Record<string, string> = { 'x-ms-item-count': String(page.results.length) }
  if (page.continuation !== undefined) headers['x-ms-continuation'] = page.continuation
  const body = `{"_rid":"${container.ridText}","Documents":[${page.results.join(',')}],"_count":${page.results.length}}`
  return { status: 200, charge: page.charge, headers, body }
}

/**
 * The partition a query is confined to. A mere prefix of a hierarchical key is refused: the service does not confine a
 * query to it, so relying on that would show one tenant another's items. The prefix belongs into WHERE.
 */
function queriedPartition(container: ContainerEntry, exchange: Exchange): string | undefined {
  const text = header(exchange, 'x-ms-documentdb-partitionkey')
  return text === undefined ? undefined : partitionText(readPartitionKey(text, container.settings))
}

/** The gateway serves plain filters over several partitions itself; for anything else the SDK must merge by a plan. */
function checkServable(container: ContainerEntry, asked: AskedQuery): void {
  const { query, parameters } = asked
  if (!needsPlan(query) || query.sources.length === 0) return
  if (impliedPartition({ query, parameters, container }) !== undefined) return
  const plan = queryPlan({ ...asked, indexing: container.settings.indexing })
  throw badRequest(
    'The provided cross partition query can not be directly served by the gateway. This is a first chance (internal) exception that all newer clients will know how to handle gracefully.',
    { substatus: 1004, additionalErrorInfo: JSON.stringify(plan) },
  )
}

export function answerPlan(container: ContainerEntry, exchange: Exchange): Answer {
  const plan = queryPlan({ ...readQuery(exchange.body), indexing: container.settings.indexing })
  return { status: 200, charge: 0, body: JSON.stringify(plan) }
}

function pageSize(text: string | undefined): number {
  if (text === undefined) return defaultPageSize
  const size = Number(text)
  if (size === -1) return dynamicPageSize
  if (!Number.isInteger(size) || size < 1) throw badRequest('x-ms-max-item-count is a positive integer or -1.')
  return size
}
