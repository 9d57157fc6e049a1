/** Requests to Cosmos DB, each told with the request units it cost: the SDK's own repetitions included. */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { observed } from './observed-requests.ts'

export function observedCosmos(telemetry: Telemetry): HttpClient {
  const client = createDefaultHttpClient()
  return {
    sendRequest(request) {
      const { container, operation } = whatIsAsked(request)
      const asked = { word: 'cosmos', system: 'azure.cosmosdb', collection: container, operation }
      return observed(telemetry, asked, async (notes) => {
        const answer = await client.sendRequest(request)
        const units = Number(answer.headers.get('x-ms-request-charge') ?? 0)
        notes.add({ 'azure.cosmosdb.operation.request_charge': units })
        telemetry.tell('herald.cosmos.request_units', units, { container, operation, status: answer.status })
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
