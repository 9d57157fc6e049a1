/** What each event carries, for the API document. */
import * as z from 'zod'
import { CampaignStatus } from '../campaigns/schema.ts'
import { ConsentSource } from '../contacts/schema.ts'
import { PhoneNumberStatus, Trouble } from '../phone-numbers/schema.ts'
import { TemplateCategory, TemplateStatus } from '../templates/schema.ts'
import { Price } from '../whatsapp/pricing.ts'
import type { SentEventType } from './events.ts'
import { MOST_CHANGES } from './statuses.ts'

const time = z.iso.datetime()
const maybeTime = time.nullable()
const text = z.string()
const maybeText = text.nullable()

const StatusChange = z.object({
  message_id: z.uuid(),
  campaign_id: z.uuid().nullable().describe('null: a single message'),
  status: z.enum(['sent', 'delivered', 'read', 'failed']),
  at: time.describe('By Meta’s clock'),
  error: z.object({ code: z.int(), reason: text }).nullable().describe('Of a failure'),
  price: Price.nullable().describe('What Meta charges the message as, where this report says it'),
})

interface EventKind {
  summary: string
  data: z.ZodObject
}

export const EVENT_KINDS: Record<SentEventType, EventKind> = {
  'message.received': {
    summary: 'A person wrote to a number',
    data: z.object({
      message_id: z.uuid(),
      conversation_id: z.uuid(),
      contact_id: z.uuid().nullable().describe('null where Meta tells only a group'),
      phone_number_id: z.uuid(),
      wa_message_id: text,
      sent_at: time.describe('By Meta’s clock'),
      answers: z
        .object({ wa_message_id: text, message_id: z.uuid().nullable(), campaign_id: z.uuid().nullable() })
        .nullable()
        .describe('The message it quotes or reacts to; `campaign_id` if that was one of a campaign'),
      message: z
        .unknown()
        .meta({ description: 'As Meta sent it', examples: [{ type: 'text', text: { body: 'Hello' } }] }),
      sender: z.unknown().meta({ description: 'As Meta sent it, or null', examples: [{ wa_id: '15551234567' }] }),
    }),
  },
  'message.status': {
    summary: 'Meta reported on messages, single ones and those of campaigns',
    data: z.object({ changes: z.array(StatusChange).min(1).max(MOST_CHANGES) }),
  },
  'campaign.state_changed': {
    summary: 'A campaign was made, scheduled, started, paused, held, ended or deleted',
    data: z.object({
      campaign_id: z.uuid(),
      status: CampaignStatus,
      state: z.enum(['paused', 'scheduled']).nullable().describe('What SCHEDULED means here'),
      reason: maybeText.describe('Why it paused by itself, or failed'),
      held_since: maybeTime.describe('While it waits by itself, SENDING'),
      hold_reason: maybeText.describe('What it waits for'),
      scheduled_at: maybeTime,
      started_at: maybeTime,
      paused_at: maybeTime,
      completed_at: maybeTime,
      cancelled_at: maybeTime,
      failed_at: maybeTime,
      deleted: z.boolean(),
    }),
  },
  'template.changed': {
    summary: 'A template was made or deleted, or its status, category or quality changed',
    data: z.object({
      template_id: z.uuid(),
      phone_number_id: z.uuid(),
      name: text,
      language: text,
      category: TemplateCategory,
      status: TemplateStatus,
      rejection_reason: maybeText,
      quality_score: text,
      deleted: z.boolean(),
    }),
  },
  'phone_number.changed': {
    summary: 'A number was connected or removed, or its status, names, quality or limits changed',
    data: z.object({
      phone_number_id: z.uuid(),
      status: PhoneNumberStatus,
      display_name: maybeText,
      verified_name: maybeText,
      quality_rating: text,
      tier: maybeText,
      message_limit: z.int(),
      throughput_level: text,
      meta_status: text,
      token_refused_at: maybeTime,
      trouble: Trouble.nullable().describe('What keeps it from sending, or soon may, for people'),
      deleted: z.boolean(),
    }),
  },
  'contact.opted_out': {
    summary: 'A contact said no to marketing messages, by whichever way',
    data: z.object({ contact_id: z.uuid(), opted_out_at: time, source: ConsentSource }),
  },
  'endpoint.test': {
    summary: 'Somebody asked whether this endpoint works',
    data: z.object({ endpoint_id: z.uuid() }),
  },
}

/** The whole body of an event. */
export function eventSchema(type: SentEventType): z.ZodObject {
  return z.object({
    id: z.uuid().describe('As in `webhook-id`'),
    type: z.literal(type),
    timestamp: time,
    workspace_id: z.uuid(),
    data: EVENT_KINDS[type].data,
  })
}
