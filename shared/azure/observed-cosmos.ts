/** Requests to Cosmos DB, each told with what it was and the request units it cost: the SDK's own repetitions included. */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** Answers that say how things are, not that something is wrong. */
const ORDINARY = new Set([404, 409, 412, 304])

export function observedCosmos(telemetry: Telemetry): HttpClient {
  const client = createDefaultHttpClient()
  return {
    sendRequest(request) {
      const { container, operation } = whatIsAsked(request)
      const attributes = {
        'db.system.name': 'azure.cosmosdb',
        'db.collection.name': container,
        'db.operation.name': operation,
      }
      return telemetry.span(`cosmos ${operation} ${container}`, { kind: 'client', attributes }, async (notes) => {
        const answer = await client.sendRequest(request)
        const { status, headers } = answer
        const units = Number(headers.get('x-ms-request-charge') ?? 0)
        notes.add({ 'db.response.status_code': String(status), 'azure.cosmosdb.operation.request_charge': units })
        if (status >= 400 && !ORDINARY.has(status)) notes.fail(String(status))
        telemetry.tell('herald.cosmos.request_units', units, { container, operation, status })
        return answer
      })
    },
  }
}

const BY_METHOD: Record<string, string> = {
  GET: 'read',
  POST: 'create',
  PUT: 'replace',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Never the id of a document: some are made of what a person is known by. */
function whatIsAsked({ url, method, headers }: PipelineRequest): { container: string; operation: string } {
  const [, container, kind] = /^\/dbs\/[^/]+\/colls\/([^/]+)\/?([^/]*)/.exec(new URL(url).pathname) ?? []
  if (container === undefined || kind !== 'docs') return { container: container ?? 'account', operation: 'metadata' }
  if (headers.get('x-ms-documentdb-isquery') !== undefined) return { container, operation: 'query' }
  if (headers.get('x-ms-cosmos-is-batch-request') !== undefined) return { container, operation: 'batch' }
  return { container, operation: BY_METHOD[method] ?? method }
}
