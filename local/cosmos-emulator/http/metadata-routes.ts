/** The account itself, databases, containers, partition key ranges and offers. */
import { CosmosError, badRequest, notFound } from '../errors.ts'
import type { JsonObject, Value } from '../json.ts'
import { rowSource } from '../sql/rows.ts'
import { compileSelection } from '../sql/selection.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { readItem } from '../store/item-rules.ts'
import { isQuery } from './exchange.ts'
import type { Account, Answer, Exchange } from './exchange.ts'
import { readQuery } from './query-routes.ts'

/** Reading and writing metadata costs about this much in the service. */
const metadataCharge = 2

export function answerAccount({ url }: Account): Answer {
  const location = [{ name: 'Local', databaseAccountEndpoint: url() }]
  const consistency = { defaultConsistencyLevel: 'Session', maxStalenessPrefix: 100, maxIntervalInSeconds: 5 }
  return json(200, {
    id: 'local',
    _self: '',
    _rid: 'local',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: location,
    readableLocations: location,
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 1 },
    userConsistencyPolicy: consistency,
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 1 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  })
}

export function answerDatabases(account: Account, exchange: Exchange): Answer {
  const { catalog } = account
  if (isQuery(exchange) || exchange.method === 'GET') {
    const resources = [...catalog.databases.values()].map((database) => database.resource)
    return feed(exchange, 'Databases', resources)
  }
  if (exchange.method !== 'POST') throw notAllowed(exchange)
  return json(201, catalog.createDatabase(readItem(exchange.body)).resource)
}

export function answerDatabase({ catalog }: Account, exchange: Exchange): Answer {
  const id = exchange.path[1] ?? ''
  if (exchange.method === 'GET') return json(200, catalog.database(id).resource)
  if (exchange.method !== 'DELETE') throw notAllowed(exchange)
  catalog.deleteDatabase(id)
  return { status: 204, charge: metadataCharge }
}

export function answerContainers({ catalog }: Account, exchange: Exchange): Answer {
  const database = catalog.database(exchange.path[1] ?? '')
  if (isQuery(exchange) || exchange.method === 'GET') {
    const resources = [...database.containers.values()].map((container) => container.resource)
    return feed(exchange, 'DocumentCollections', resources)
  }
  if (exchange.method !== 'POST') throw notAllowed(exchange)
  return json(201, catalog.createContainer(database.id, readItem(exchange.body)).resource)
}

export function answerContainer({ catalog }: Account, exchange: Exchange): Answer {
  const [, database = '', , id = ''] = exchange.path
  switch (exchange.method) {
    case 'GET':
      return json(200, catalog.container(database, id).resource)
    case 'PUT':
      return json(200, catalog.replaceContainer(database, id, readItem(exchange.body)).resource)
    case 'DELETE':
      catalog.deleteContainer(database, id)
      return { status: 204, charge: metadataCharge }
    default:
      throw notAllowed(exchange)
  }
}

/** One physical partition holds everything: what a query over several must do is decided by its shape, not by size. */
export function answerRanges(container: ContainerEntry, exchange: Exchange): Answer {
  if (exchange.method !== 'GET' && !isQuery(exchange)) throw notAllowed(exchange)
  const range = {
    id: '0',
    _rid: container.ridText,
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: container.resource['_ts'] ?? 0,
  }
  const body = { _rid: container.ridText, PartitionKeyRanges: [range], _count: 1 }
  return { ...json(200, body), headers: { etag: textOf(container.resource, '_etag') } }
}

/** There are no offers, as on a serverless account. */
export function answerOffers(exchange: Exchange): Answer {
  if (exchange.path.length > 1) throw notFound()
  return json(200, { _rid: '', Offers: [], _count: 0 })
}

function feed(exchange: Exchange, name: string, resources: JsonObject[]): Answer {
  const found = isQuery(exchange) ? selected(exchange.body, resources) : resources
  return json(200, { _rid: '', [name]: found, _count: found.length })
}

/** Queries over databases and containers: filters and projections, no more. */
function selected(body: string, resources: JsonObject[]): JsonObject[] {
  const { query, parameters } = readQuery(body)
  if (query.orderBy.length > 0 || query.groupBy.length > 0 || query.isDistinct || query.top || query.offset) {
    throw badRequest('Queries over metadata take a filter only.')
  }
  const source = rowSource(query, parameters)
  const select = compileSelection(query, source.scope)
  const results: Value[] = []
  for (const resource of resources) source.visit(resource, (row) => results.push(select(row)) > 0)
  return results.filter((result) => result !== undefined) as JsonObject[] // Whatever was selected is answered as it is.
}

function textOf(resource: JsonObject, name: string): string {
  const value = resource[name]
  return typeof value === 'string' ? value : ''
}

function notAllowed({ method }: Exchange): CosmosError {
  return new CosmosError(405, `The method ${method} is not allowed on this resource.`)
}

function json(status: number, resource: JsonObject): Answer {
  const etag = resource['_etag']
  const answer: Answer = { status, charge: metadataCharge, body: JSON.stringify(resource) }
  if (typeof etag === 'string') answer.headers = { etag }
  return answer
}
