/** The section of the API document about what Herald itself sends: one operation for each kind of event. */
import * as z from 'zod'
import { EVENT_KINDS, eventSchema } from '../webhook-endpoints/event-schemas.ts'
import { SentEventType } from '../webhook-endpoints/events.ts'
import type { Schemas } from './schemas.ts'
import type { Document, Operation, Parameter } from './types.ts'

const HEADERS = {
  'webhook-id': z.uuid().describe('The same in every attempt: drop what you know'),
  'webhook-timestamp': z.string().meta({ description: 'Unix seconds', example: '1790000000' }),
  'webhook-signature': z.string().meta({
    description:
      '`v1,` and HMAC-SHA256 of `webhook-id.webhook-timestamp.body` in base64; the key is the workspace’s `webhook_secret` as text',
    example: 'v1,9WJ8XKkYvDaPL+I73cjr70sVqPJyis+Wj+ahfeEyBXY=',
  }),
}

export function webhooksOf(schemas: Schemas): Document['webhooks'] {
  return Object.fromEntries(SentEventType.options.map((type) => [type, { post: operationOf(type, schemas) }]))
}

function operationOf(type: SentEventType, schemas: Schemas): Operation {
  const { summary } = EVENT_KINDS[type]
  const parameters = Object.entries(HEADERS).map(([name, schema]): Parameter => {
    const { description = '', ...json } = schemas.of(schema, 'output')
    return { name, in: 'header', required: true, description, schema: json }
  })
  return {
    operationId: `on${type.replace(/(?:^|[._])(\w)/g, (_match, letter: string) => letter.toUpperCase())}`,
    tags: ['Webhook Endpoints'],
    summary,
    description: 'Sent to the webhook endpoints of a workspace that listen to it.',
    security: [],
    parameters,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: schemas.of(eventSchema(type), 'output') } },
    },
    responses: { '2XX': { description: 'Delivered. Anything else is tried again, for about a day' } },
  }
}
