/** POST /webhook: every event of every workspace comes in here. */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { receiveWebhook } from '../../shared/webhooks/receive.ts'

export const receiveWebhookEndpoint = endpoint({
  name: 'webhook-receive',
  summary: 'Receive events from Meta',
  method: 'POST',
  path: 'webhook',
  allow: 'anyone',
  quiet: true,
  responses: { 200: z.object({ status: z.string().meta({ example: 'ok' }) }) },
  document: {
    headers: z.object({
      'X-Hub-Signature-256': z.string().optional().meta({
        description: '`sha256=` and the HMAC of the body’s bytes, made with the Meta app’s secret; 401 without it',
        example: 'sha256=0000000000000000000000000000000000000000000000000000000000000000',
      }),
    }),
    body: z
      .looseObject({ object: z.string(), entry: z.array(z.unknown()) })
      .partial()
      .optional()
      .meta({
        description: 'What Meta sends. Anything with a good signature is taken.',
        example: { object: 'whatsapp_business_account', entry: [] },
      }),
  },
  errors: ['invalid_signature', 'payload_too_large'],
  async handle({ request }, deps) {
    await receiveWebhook(deps, request)
    return { status: 200, body: { status: 'ok' } }
  },
})
