/** GET /api/health */
import { HealthResponse } from '../../shared/health/api.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const healthEndpoint = endpoint({
  name: 'health',
  summary: 'Whether Herald runs',
  description: 'Asks no store: for whoever decides whether to start the process again.',
  method: 'GET',
  path: 'api/health',
  allow: 'anyone',
  quiet: true,
  responses: { 200: HealthResponse },
  handle: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
})
