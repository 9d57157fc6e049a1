/** Webhook endpoints and deliveries as the API's users see them. */
import * as z from 'zod'
import { PageQuery, pageOf } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import { EventType, SentEventType } from './events.ts'
import { DeliveryStatus, type WebhookEndpoint } from './schema.ts'

const MOST_URL_CHARACTERS = 2048
const MOST_DESCRIPTION_CHARACTERS = 200

const url = wellFormedText.trim().min(1).max(MOST_URL_CHARACTERS).meta({
  description: 'Where events are sent: `https://`, on the public internet, without user name and password',
  example: 'https://example.com/hooks',
})
const description = wellFormedText.trim().max(MOST_DESCRIPTION_CHARACTERS).meta({ example: 'Our CRM' })
const events = z
  .array(EventType)
  .min(1)
  .max(EventType.options.length)
  .nullable()
  .meta({ description: 'Which events; null: all, also kinds that are added later', example: ['message.received'] })

export const WebhookEndpointCreate = z
  .object({ url, description: description.default(''), events: events.default(null) })
  .meta({ id: 'WebhookEndpointCreate', description: 'An address that is to be told what happens' })

export const WebhookEndpointUpdate = z
  .object({
    url: url.optional(),
    description: description.optional(),
    events: events.optional(),
    enabled: z
      .boolean()
      .optional()
      .meta({ description: 'false: nothing is sent. true enables it again, also after it was disabled by itself' }),
  })
  .meta({ id: 'WebhookEndpointUpdate', description: 'What to change about an endpoint; absent leaves it' })

const timestamp = z.iso.datetime().nullable()

export const WebhookEndpointResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    url: z.string(),
    description: z.string(),
    events: z.array(EventType).nullable().describe('Which events; null: all'),
    enabled: z.boolean(),
    disabled_at: timestamp,
    disabled_reason: z.string().nullable().describe('Why nothing is sent to it'),
    failing_since: timestamp.describe('When the first attempt failed after which none succeeded; null: it works'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'WebhookEndpointResponse', description: 'An address that is told what happens' })

export const WebhookEndpointList = z
  .object({ data: z.array(WebhookEndpointResponse) })
  .meta({ id: 'WebhookEndpointList', description: 'All endpoints of a workspace, in the order they were made' })

export const WebhookDeliveryResponse = z
  .object({
    id: z.uuid(),
    endpoint_id: z.uuid(),
    event_id: z.uuid().describe('The `webhook-id` of every attempt'),
    event_type: SentEventType,
    status: DeliveryStatus,
    attempts: z.int(),
    next_attempt_at: timestamp.describe('While it is pending'),
    last_attempt_at: timestamp,
    last_status_code: z.int().nullable().describe('What the endpoint answered last; null if it did not'),
    last_error: z.string().nullable().describe('Why the last attempt failed'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'WebhookDelivery', description: 'One event for one endpoint, and what became of it' })

export const WebhookDeliveryDetails = WebhookDeliveryResponse.extend({
  body: z.string().describe('What is sent, byte for byte'),
}).meta({ id: 'WebhookDeliveryDetails', description: 'A delivery with what is sent' })

export const WebhookDeliveryList = pageOf(WebhookDeliveryResponse).meta({
  id: 'WebhookDeliveryList',
  description: 'Deliveries to one endpoint, newest first',
})

export const EndpointsPath = z.object({ workspace_id: z.uuid() })
export const EndpointPath = EndpointsPath.extend({ endpoint_id: z.uuid() })
export const DeliveryPath = EndpointPath.extend({ delivery_id: z.uuid() })

export const DeliveryQuery = PageQuery.extend({
  status: DeliveryStatus.optional().describe('Filter by what became of it'),
  event_type: SentEventType.optional().describe('Filter by kind of event'),
})

export function endpointResponse(
  workspaceId: string,
  { disabled, failing_since, ...endpoint }: WebhookEndpoint,
): z.output<typeof WebhookEndpointResponse> {
  return {
    ...endpoint,
    workspace_id: workspaceId,
    enabled: disabled === undefined,
    disabled_at: disabled?.at ?? null,
    disabled_reason: disabled?.reason ?? null,
    failing_since: failing_since ?? null,
  }
}
