/** Point operations on items over HTTP. */
import { badRequest } from '../errors.ts'
import type { ContainerEntry } from '../store/catalog.ts'
import { parseBody, readItem, readPartitionKey } from '../store/item-rules.ts'
import * as items from '../store/items.ts'
import { partitionText } from '../store/keys.ts'
import { readPatchRequest } from '../store/patch.ts'
import { header } from './exchange.ts'
import type { Account, Answer, Exchange } from './exchange.ts'

export function placeOf({ now }: Account, container: ContainerEntry, exchange: Exchange): items.Place {
  const components = readPartitionKey(header(exchange, 'x-ms-documentdb-partitionkey'), container.settings)
  return { container, partition: partitionText(components), now: now() }
}

function conditionsOf(exchange: Exchange): items.Conditions {
  return { ifMatch: header(exchange, 'if-match'), ifNoneMatch: header(exchange, 'if-none-match') }
}

type ItemRoute = (place: items.Place, exchange: Exchange, id: string) => items.ItemResult

const byMethod: Record<string, ItemRoute> = {
  GET: (place, exchange, id) => items.read(place, id, conditionsOf(exchange)),
  PUT: (place, exchange, id) => items.replace(place, id, readItem(exchange.body), conditionsOf(exchange)),
  PATCH: (place, exchange, id) =>
    items.patch(place, id, readPatchRequest(parseBody(exchange.body)), conditionsOf(exchange)),
  DELETE: (place, exchange, id) => items.remove(place, id, conditionsOf(exchange)),
}

export function answerItem(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  const route = byMethod[exchange.method]
  if (!route) throw badRequest(`An item cannot be asked for with ${exchange.method}.`)
  return answerOf(route(placeOf(account, container, exchange), exchange, exchange.path[5] ?? ''))
}

export function answerWrite(account: Account, container: ContainerEntry, exchange: Exchange): Answer {
  for (const unsupported of ['x-ms-documentdb-pre-trigger-include', 'x-ms-documentdb-post-trigger-include']) {
    if (header(exchange, unsupported)) throw badRequest('Triggers are not supported by this emulator.')
  }
  const write = header(exchange, 'x-ms-documentdb-is-upsert')?.toLowerCase() === 'true' ? items.upsert : items.create
  return answerOf(write(placeOf(account, container, exchange), readItem(exchange.body), conditionsOf(exchange)))
}

function answerOf({ status, charge, body, etag }: items.ItemResult): Answer {
  const answer: Answer = { status, charge }
  if (body !== undefined) answer.body = body
  if (etag !== undefined) answer.headers = { etag }
  return answer
}
