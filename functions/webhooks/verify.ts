/** GET /webhook: Meta asks whether this address is ours. */
import { endpoint } from '../../shared/http/endpoint.ts'
import { verifyWebhook } from '../../shared/webhooks/handshake.ts'

export const verifyWebhookEndpoint = endpoint({
  name: 'webhook-verify',
  summary: 'Answer Meta’s verification of the webhook address',
  method: 'GET',
  path: 'webhook',
  allow: 'anyone',
  responses: { 200: null },
  errors: ['verification_failed'],
  handle({ request }, deps) {
    const text = verifyWebhook(deps, request.query)
    return Promise.resolve({ status: 200, text, headers: { 'content-type': 'text/plain; charset=utf-8' } })
  },
})
