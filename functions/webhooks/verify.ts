/** GET /webhook: Meta asks whether this address is ours. */
import * as z from 'zod'
import { endpoint } from '../../shared/http/endpoint.ts'
import { verifyWebhook } from '../../shared/webhooks/handshake.ts'

export const verifyWebhookEndpoint = endpoint({
  name: 'webhook-verify',
  summary: 'Answer Meta’s verification of the webhook address',
  method: 'GET',
  path: 'webhook',
  allow: 'anyone',
  quiet: true,
  responses: { 200: null },
  document: {
    query: z.object({
      'hub.mode': z.string().optional().meta({ example: 'subscribe' }),
      'hub.verify_token': z.string().optional().describe('The verify token of the installation or of a workspace'),
      'hub.challenge': z.string().optional().meta({ description: 'What is answered', example: '1158201444' }),
    }),
    contentTypes: { 200: 'text/plain' },
  },
  errors: ['verification_failed'],
  async handle({ request }, deps) {
    const text = await verifyWebhook(deps, request.query)
    return { status: 200, text, headers: { 'content-type': 'text/plain; charset=utf-8' } }
  },
})
