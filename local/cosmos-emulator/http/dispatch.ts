/** Finds out what a request asks for, and answers it. */
import { badRequest, notFound } from '../errors.ts'
import type { CosmosError } from '../errors.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { answerBatch, answerBulk, isAtomic } from './batch-routes.ts'
import { isQuery, isSet } from './exchange.ts'
import type { Account, Answer, Exchange, Operation } from './exchange.ts'
import { answerItem, answerWrite } from './item-routes.ts'
import * as metadata from './metadata-routes.ts'
import { answerFeed, answerPlan, answerQuery } from './query-routes.ts'

export interface Route {
  operation: Operation
  container: string | undefined
  answer: () => Answer
}

export function routeOf(account: Account, exchange: Exchange): Route {
  const { path } = exchange
  if (path[0] === 'dbs' && path[2] === 'colls' && path[4] === 'docs' && path.length <= 6) {
    return itemRoute(account, exchange)
  }
  return { operation: 'metadata', container: undefined, answer: () => answerMetadata(account, exchange) }
}

function answerMetadata(account: Account, exchange: Exchange): Answer {
  const { path } = exchange
  if (path.length === 0) return metadata.answerAccount(account)
  if (path[0] === 'offers') return metadata.answerOffers(exchange)
  if (path[0] !== 'dbs') throw notFound()
  if (path.length === 1) return metadata.answerDatabases(account, exchange)
  if (path.length === 2) return metadata.answerDatabase(account, exchange)
  if (path[2] !== 'colls') throw unsupported(path[2])
  return answerCollections(account, exchange)
}

function answerCollections(account: Account, exchange: Exchange): Answer {
  const { path } = exchange
  if (path.length === 3) return metadata.answerContainers(account, exchange)
  if (path.length === 4) return metadata.answerContainer(account, exchange)
  const container = account.catalog.container(path[1] ?? '', path[3] ?? '')
  if (path[4] === 'pkranges' && path.length === 5) return metadata.answerRanges(container, exchange)
  throw unsupported(path[4])
}

function unsupported(type: string | undefined): CosmosError {
  return badRequest(`The resource type '${type ?? ''}' is not supported by this emulator.`)
}

type ContainerRoute = (account: Account, container: ContainerEntry, exchange: Exchange) => Answer

const pointOperations: Record<string, Operation> = { GET: 'read', PUT: 'replace', PATCH: 'patch', DELETE: 'delete' }

function itemRoute(account: Account, exchange: Exchange): Route {
  const [, database = '', , id = ''] = exchange.path
  const { operation, run } = itemOperation(exchange)
  return { operation, container: id, answer: () => run(account, account.catalog.container(database, id), exchange) }
}

function itemOperation(exchange: Exchange): { operation: Operation; run: ContainerRoute } {
  if (exchange.path.length === 6) {
    return { operation: pointOperations[exchange.method] ?? 'read', run: answerItem }
  }
  if (exchange.method === 'GET') return { operation: 'query', run: answerFeed }
  if (exchange.method !== 'POST') throw badRequest(`Items cannot be asked for with ${exchange.method}.`)
  // A plan reads no item; the service does not charge for it.
  if (isSet(exchange, 'x-ms-cosmos-is-query-plan-request')) {
    return { operation: 'metadata', run: (_, container) => answerPlan(container, exchange) }
  }
  if (isQuery(exchange)) return { operation: 'query', run: answerQuery }
  if (isSet(exchange, 'x-ms-cosmos-is-batch-request')) {
    return isAtomic(exchange) ? { operation: 'batch', run: answerBatch } : { operation: 'bulk', run: answerBulk }
  }
  return { operation: isSet(exchange, 'x-ms-documentdb-is-upsert') ? 'upsert' : 'create', run: answerWrite }
}
