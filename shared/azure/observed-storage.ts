/** Requests to tables and blobs. Queues are told where they are written to and read from: the trace goes on there. */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import { BlobServiceClient, newPipeline } from '@azure/storage-blob'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { observed } from './observed-requests.ts'
import { BLOB_CONTAINERS } from './resources.ts'

/** For the client of one table: a transaction's address does not name it. The tables of all months are told as one. */
export function observedTable(telemetry: Telemetry, table: string): HttpClient {
  const client = createDefaultHttpClient()
  const collection = table.replace(/\d{6}$/, '')
  return {
    sendRequest(request) {
      const asked = { word: 'table', system: 'azure.tables', collection, operation: tableOperation(request) }
      return observed(telemetry, asked, () => client.sendRequest(request))
    },
  }
}

const BY_METHOD: Record<string, string> = { POST: 'create', PUT: 'replace', PATCH: 'merge', DELETE: 'delete' }

function tableOperation({ url, method }: PipelineRequest): string {
  const { pathname } = new URL(url)
  if (pathname.endsWith('/$batch')) return 'transaction'
  if (method === 'GET') return pathname.includes('(PartitionKey=') ? 'read' : 'query'
  return BY_METHOD[method] ?? method
}

/** The same service. Its SDK takes no client for requests as the others do, but a step of its pipeline. */
export function observedBlobs(telemetry: Telemetry, { url, credential }: BlobServiceClient): BlobServiceClient {
  const pipeline = newPipeline(credential)
  pipeline.factories.unshift({
    create: (next) => ({
      sendRequest: (request) => observed(telemetry, askedOfBlobs(request), () => next.sendRequest(request)),
    }),
  })
  return new BlobServiceClient(url, pipeline)
}

const CONTAINERS: ReadonlySet<string> = new Set(BLOB_CONTAINERS)

function askedOfBlobs({ url, method }: { url: string; method: string }) {
  const { pathname, searchParams } = new URL(url)
  // Behind the account's name, where an emulator has it.
  const collection = pathname.split('/').find((segment) => CONTAINERS.has(segment)) ?? 'account'
  // Which side of a blob or a container is meant, as the REST API has it: `list`, `block`, `blocklist`.
  const component = searchParams.get('comp')
  const operation = component === null ? method.toLowerCase() : `${method.toLowerCase()} ${component}`
  return { word: 'blob', system: 'azure.blobs', collection, operation }
}
