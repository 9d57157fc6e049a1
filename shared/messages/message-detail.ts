/** A message as a reader of the inbox sees it, whoever wrote it and whatever it is. */
import * as z from 'zod'
import { Price } from '../whatsapp/pricing.ts'
import { contentOf, errorsIn, surroundingsOf, wamidAnswered } from './content.ts'
import { hintOf } from './failures.ts'
import { WAITING } from './inbound-media.ts'
import { targetOf } from './kinds.ts'
import { asItReadsNow } from './notes.ts'
import type { NotedMessage } from './read-conversation.ts'
import { MetaConversation, type MessageNotes, type OutboundMessage, type ReceivedMessage } from './schema.ts'
import { failureOf, timesOf } from './status.ts'
import { kindOfMessage, statusOfMessage } from './store.ts'
import { wordsOf } from './words.ts'

const words = z.string().nullable()

const Media = z.object({
  mime_type: words,
  sha256: words,
  file_name: words,
  is_voice: z.boolean(),
  is_animated: z.boolean(),
  media_id: z.uuid().nullable().describe('The media file that has the bytes; null until it was fetched'),
  state: z.enum(['waiting', 'kept', 'failed']).describe('Whether the file was fetched from Meta'),
  problem: words.describe('Why it was not, for people'),
})

const Place = z.object({
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  name: words,
  address: words,
  url: words,
})

const Card = z.object({
  name: words,
  company: words,
  phones: z.array(z.object({ phone: words, wa_id: words, type: words })),
  emails: z.array(z.string()),
  vcard: words,
  origin: words,
})

const Reply = z
  .object({ kind: z.string(), id: words, title: words, description: words, response: words })
  .describe('A pressed button, a chosen row, a filled form')

const Order = z.object({
  catalog_id: words,
  text: words,
  items: z.array(
    z.object({
      product_retailer_id: words,
      quantity: z.number().nullable(),
      item_price: z.number().nullable(),
      currency: words,
    }),
  ),
})

const System = z.object({
  type: words,
  body: words,
  new_wa_id: words,
  new_user_id: words,
  identity_changed: z.boolean(),
})

const Referral = z.object({
  source_type: words,
  source_id: words,
  source_url: words,
  headline: words,
  body: words,
  media_type: words,
  media_url: words,
  thumbnail_url: words,
  ctwa_clid: words,
  welcome_text: words,
})

export const MessageDetail = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    conversation_id: z.uuid(),
    phone_number_id: z.uuid(),
    contact_id: z.uuid().nullable(),
    wa_message_id: words,
    direction: z.enum(['inbound', 'outbound']),
    sent_by: z.enum(['person', 'herald', 'phone_app']).describe('`phone_app`: the business wrote it on its phone'),
    type: z.string().meta({ description: 'Meta’s type of the message', example: 'text' }),
    status: z.string().meta({ example: 'received' }),
    text: words.describe('The words in it: a text, a caption, the label of a pressed button'),
    media: Media.optional(),
    location: Place.optional(),
    contacts: z.array(Card).optional(),
    reply: Reply.optional(),
    reaction: z.object({ emoji: words.describe('null: taken back'), wa_message_id: words }).optional(),
    order: Order.optional(),
    system: System.optional(),
    unsupported: z.object({ type: words }).optional().describe('What WhatsApp does not hand on to businesses'),
    content: z.record(z.string(), z.unknown()).optional().describe('Of a message that Herald sent: what was sent'),
    changes_message: words.describe('Meta’s id of the message that a reaction, an edit or a deletion is about'),
    answers: z
      .object({ wa_message_id: z.string(), message_id: z.uuid().nullable(), campaign_id: z.uuid().nullable() })
      .nullable()
      .describe('The message it quotes or reacts to; `campaign_id` if that was one of a campaign'),
    forwarded: z.enum(['once', 'many_times']).nullable(),
    product: z.object({ catalog_id: words, product_retailer_id: words }).nullable(),
    referral: Referral.nullable().describe('The ad or post that led to the message'),
    group_id: words,
    errors: z.array(z.object({ code: z.number().nullable(), title: words, details: words })),
    reactions: z.array(z.object({ by: z.string(), emoji: z.string(), at: z.iso.datetime() })),
    edited_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable().describe('When the sender deleted it for everybody'),
    is_history: z.boolean().describe('From before the number was connected'),
    sent_at: z.iso.datetime().nullable(),
    delivered_at: z.iso.datetime().nullable(),
    read_at: z.iso.datetime().nullable(),
    error: z.object({ code: z.string(), title: z.string(), hint: z.string() }).nullable(),
    price: Price.nullable().describe('What Meta says it charges the message as; null until it does'),
    meta_conversation: MetaConversation.nullable().describe(
      'The conversation that Meta counts the message to, where it tells one: for answers to an ad, free until `expires_at`',
    ),
    created_at: z.iso.datetime(),
    received: z.unknown().optional().describe('The message as Meta sent it'),
  })
  .meta({
    id: 'MessageDetail',
    description: 'A message of either direction, with what later messages changed about it',
  })
export type MessageDetail = z.output<typeof MessageDetail>

export function messageDetail({ message, notes }: NotedMessage): MessageDetail {
  const { media: _media, ...rest } = { media: undefined, ...message }
  const common = {
    ...rest,
    type: kindOfMessage(message),
    status: statusOfMessage(message),
    ...noted(notes),
  }
  return message.direction === 'outbound'
    ? { ...common, ...ours(message) }
    : { ...common, ...fromWhatsApp(message, notes) }
}

function noted(notes: MessageNotes | undefined) {
  const reactions = Object.entries(notes?.reactions ?? {}).flatMap(([by, { emoji, at }]) =>
    emoji === null ? [] : [{ by, emoji, at }],
  )
  return { reactions, edited_at: notes?.edited?.at ?? null, revoked_at: notes?.revoked?.at ?? null }
}

function ours(message: OutboundMessage) {
  const failure = failureOf(message)
  const { content, quotes, quoted_id } = message
  const { type: _type, ...sent } = content
  const { sent_at, delivered_at, read_at } = timesOf(message)
  return {
    direction: 'outbound' as const,
    sent_by: 'herald' as const,
    text: wordsOf(content),
    content: sent,
    ...(content.type === 'reaction'
      ? { reaction: { emoji: content.emoji, wa_message_id: content.wamid }, changes_message: content.wamid }
      : { changes_message: null }),
    answers: quotes === null ? null : { wa_message_id: quotes, message_id: quoted_id, campaign_id: null },
    forwarded: null,
    product: null,
    referral: null,
    group_id: null,
    errors: [],
    is_history: false,
    sent_at,
    delivered_at,
    read_at,
    error: failure ? { code: failure.code, title: failure.title, hint: hintOf(failure.code) } : null,
    price: message.reported.price ?? null,
    meta_conversation: message.reported.conversation ?? null,
    received: undefined,
  }
}

function fromWhatsApp(message: ReceivedMessage, notes: MessageNotes | undefined) {
  // What was taken back is kept as Meta sent it, and shown as nothing.
  const { quotes: _quotes, errors, ...surroundings } = surroundingsOf(message.received)
  const wamid = wamidAnswered(message.received)
  const beside = Array.isArray(message.errors_beside) ? errorsIn(message.errors_beside) : []
  return {
    ...(message.direction === 'inbound' ? BY_PERSON : BY_BUSINESS),
    ...shownContent(message, notes),
    ...surroundings,
    changes_message: targetOf(message.received),
    answers: wamid === null ? null : { wa_message_id: wamid, ...answeredIn(message) },
    errors: [...errors, ...beside],
    is_history: message.is_history,
    sent_at: message.sent_at,
    delivered_at: null,
    read_at: null,
    error: null,
    price: null,
    meta_conversation: null,
    received: message.received,
  }
}

const BY_PERSON = { direction: 'inbound', sent_by: 'person' } as const
const BY_BUSINESS = { direction: 'outbound', sent_by: 'phone_app' } as const

/** What was taken back is kept as Meta sent it, and shown as nothing. */
function shownContent({ received, media }: ReceivedMessage, notes: MessageNotes | undefined) {
  if (notes?.revoked) return { text: null }
  const { file, ...content } = contentOf(asItReadsNow(received, notes))
  const { state, media_id, problem } = media ?? WAITING
  return { ...content, ...(file ? { media: { ...file, state, media_id, problem } } : {}) }
}

function answeredIn(message: ReceivedMessage) {
  const answers = message.direction === 'inbound' ? message.answers : null
  return { message_id: answers?.message_id ?? null, campaign_id: answers?.campaign_id ?? null }
}
