/** Messages as the API's users see them. */
import * as z from 'zod'
import { PhoneField } from '../contacts/phone-field.ts'
import { MediaType } from '../media/file-types.ts'
import { PhoneNumberRef } from '../phone-numbers/api.ts'
import type { RecipientStatus } from '../recipients/status.ts'
import { Price } from '../whatsapp/pricing.ts'
import { hintOf } from './failures.ts'
import type { Message, OutboundMessage, ReceivedMessage } from './schema.ts'
import { failureOf, statusOf, timesOf } from './status.ts'
import { statusOfMessage } from './store.ts'
import { atMost, MAX_CAPTION, MAX_TEXT } from './text-limits.ts'

/** Of a template, at Meta. */
const MAX_NAME = 512

const route = {
  workspace_id: z.uuid(),
  phone_number_id: PhoneNumberRef,
  to: PhoneField.meta({
    description:
      'Recipient phone number: E.164 with its country code. Spaces, dashes and brackets are ignored; `00` stands for `+`',
    example: '+1 555 010 9999',
  }),
}

export const SendTextMessageRequest = z
  .object({
    ...route,
    text: atMost(MAX_TEXT)
      .min(1)
      .regex(/\S/, { error: 'A text needs more than spaces' })
      .describe(`Message text, up to ${MAX_TEXT} characters`),
  })
  .meta({ id: 'SendTextMessageRequest', description: 'Schema for sending a text message' })

export const SendTemplateMessageRequest = z
  .object({
    ...route,
    template_name: atMost(MAX_NAME).meta({ example: 'order_confirmation' }),
    template_language: atMost(MAX_NAME)
      .default('en')
      .describe('The exact language, or its base language if the template exists in only one variant of it'),
    components: z
      .union([z.record(z.string(), z.unknown()), z.array(z.unknown())], {
        error: 'Input should be an object with header, body and buttons, or a list of components',
      })
      .nullish()
      .describe("The template's values: an object with `header`, `body` and `buttons`, or the list that Meta takes"),
  })
  .meta({ id: 'SendTemplateMessageRequest', description: 'Schema for sending a template message' })

export const SendMediaMessageRequest = z
  .object({
    ...route,
    media_type: z
      .string()
      .transform((text) => text.trim().toLowerCase())
      .pipe(MediaType)
      .describe('Type: image, video, audio, document. Any file may be sent as a document'),
    media_id: z.uuid().describe('Media file ID from /api/media'),
    caption: atMost(MAX_CAPTION)
      .nullish()
      .describe(`Optional caption, up to ${MAX_CAPTION} characters; none with audio`),
  })
  .meta({ id: 'SendMediaMessageRequest', description: 'Schema for sending a media message' })

const status = z.string().meta({
  description:
    '`queued`, `sent`, `delivered`, `read`, `failed`; `uncertain` if Meta’s answer was lost, until a webhook tells; `received` for a message from a contact; `skipped` or `cancelled` for the recipient of a campaign',
  example: 'queued',
})

const fields = {
  id: z.uuid(),
  workspace_id: z.uuid(),
  phone_number_id: z.uuid(),
  wa_message_id: z.string().nullable().describe('Meta’s id of the message; null until Meta took it'),
  direction: z.string().meta({ description: '`outbound` or `inbound`', example: 'outbound' }),
  from_number: z.string(),
  to_number: z.string(),
  type: z.string().meta({ description: '`text`, `template` or the media type', example: 'text' }),
  status,
}

const additional = { conversation_id: z.uuid(), contact_id: z.uuid(), created_at: z.iso.datetime() }

export const MessageResponse = z
  .object({
    ...fields,
    media_id: z.uuid().nullable().optional(),
    queued: z.boolean().optional(),
    ...z.object(additional).partial().shape,
  })
  .meta({ id: 'MessageResponse', description: 'Schema for message response' })

export const MessageQueuedResponse = z
  .object({
    id: fields.id,
    workspace_id: fields.workspace_id,
    phone_number_id: fields.phone_number_id,
    to_number: fields.to_number,
    type: fields.type,
    status,
    media_id: z.uuid().nullable().optional(),
    queued: z.boolean().default(true),
    ...z
      .object({
        ...additional,
        wa_message_id: fields.wa_message_id,
        direction: fields.direction,
        from_number: z.string(),
      })
      .partial().shape,
  })
  .meta({ id: 'MessageQueuedResponse', description: 'Response for queued message' })

const MessageError = z.object({
  code: z.string().describe('Meta’s code as text, or one of Herald’s own such as `contact_opted_out`'),
  title: z.string(),
  hint: z.string().describe('What a person can do about it'),
})

export const MessageStatusResponse = z
  .object({
    id: z.uuid(),
    wa_message_id: z.string().nullable(),
    status,
    delivered_at: z.string().nullable(),
    read_at: z.string().nullable(),
    sent_at: z.string().nullable().optional(),
    failed_at: z.string().nullable().optional(),
    error: MessageError.nullable().optional(),
    price: Price.nullable().optional().describe('What Meta says it charges the message as; null until it does'),
  })
  .meta({ id: 'MessageStatusResponse', description: 'Schema for message status response' })

export const MessagePath = z.object({ message_id: z.uuid() })

/** Fits both responses of a send. */
export function messageResponse(message: OutboundMessage) {
  const { content } = message
  return {
    ...message,
    type: content.type,
    status: statusOf(message),
    media_id: 'media_id' in content ? content.media_id : null,
    queued: true,
  }
}

export function recipientStatusResponse(id: string, known: RecipientStatus): z.output<typeof MessageStatusResponse> {
  const code = known.failure ? String(known.failure.code) : '0'
  return {
    id,
    wa_message_id: known.wamid,
    status: known.status === 'pending' ? 'queued' : known.status,
    delivered_at: known.deliveredAt,
    read_at: known.readAt,
    sent_at: known.sentAt,
    failed_at: known.failedAt,
    error: known.failure ? { code, title: known.failure.title, hint: hintOf(code) } : null,
    price: known.price,
  }
}

export function messageStatusResponse(message: Message): z.output<typeof MessageStatusResponse> {
  return message.direction === 'outbound' ? outboundStatus(message) : receivedStatus(message)
}

function outboundStatus(message: OutboundMessage): z.output<typeof MessageStatusResponse> {
  const failure = failureOf(message)
  return {
    id: message.id,
    wa_message_id: message.wa_message_id,
    status: statusOf(message),
    ...timesOf(message),
    error: failure ? { code: failure.code, title: failure.title, hint: hintOf(failure.code) } : null,
    price: message.reported.price ?? null,
  }
}

function receivedStatus(message: ReceivedMessage): z.output<typeof MessageStatusResponse> {
  const { id, wa_message_id, sent_at } = message
  const none = { delivered_at: null, read_at: null, failed_at: null, error: null, price: null }
  return { id, wa_message_id, status: statusOfMessage(message), sent_at, ...none }
}
