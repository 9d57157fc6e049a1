/** GET /api/ready */
import { ReadyResponse } from '../../shared/health/api.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const readyEndpoint = endpoint({
  name: 'ready',
  summary: 'Whether Herald can work: its stores answer',
  description:
    'Cosmos DB, queues, blobs and tables are each read from, at the same time and for two seconds at most; 503 where one of them ' +
    'does not answer. Whoever asks within a second of somebody else is told the same.',
  method: 'GET',
  path: 'api/ready',
  allow: 'anyone',
  quiet: true,
  responses: { 200: ReadyResponse, 503: ReadyResponse },
  async handle(_call, deps) {
    const stores = await deps.readiness()
    const isReady = stores.every(({ ok }) => ok)
    return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not_ready', stores } }
  },
})
