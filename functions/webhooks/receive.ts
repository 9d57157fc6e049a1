/** POST /webhook: every event of every workspace comes in here. */
import { endpoint } from '../../shared/http/endpoint.ts'
import { z } from 'zod'
import { receiveWebhook } from '../../shared/webhooks/receive.ts'

export const receiveWebhookEndpoint = endpoint({
  name: 'webhook-receive',
  summary: 'Receive events from Meta',
  method: 'POST',
  path: 'webhook',
  allow: 'anyone',
  responses: { 200: z.object({ status: z.string() }) },
  errors: ['invalid_signature', 'payload_too_large'],
  async handle({ request }, deps) {
    await receiveWebhook(deps, request)
    return { status: 200, body: { status: 'ok' } }
  },
})
