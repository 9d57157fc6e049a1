/**
 * Messages and conversations as stored. A conversation is one of our numbers with one person; all of it is in one
 * partition, and every id in it ends with the partition's key (see ids.ts).
 */
import * as z from 'zod'
import { WorkspaceId } from '../ids.ts'
import { MediaType } from '../media/file-types.ts'
import { Price } from '../whatsapp/pricing.ts'
import { InboundMedia } from './inbound-media.ts'

const address = { workspace_id: WorkspaceId, conversation: z.string(), v: z.literal(1) }

const LastMessage = z.object({
  id: z.uuid(),
  direction: z.enum(['inbound', 'outbound']),
  kind: z.string(),
  /** Shortened; null where there are no words. */
  text: z.string().nullable(),
  at: z.string(),
  /** Of a received one: what edits and deletions name. */
  wamid: z.string().nullable(),
})
export type LastMessage = z.output<typeof LastMessage>

export const Conversation = z.object({
  ...address,
  id: z.uuid(),
  type: z.literal('conversation'),
  phone_number_id: z.uuid(),
  /** Digits in the form of `personKey` (contacts/person.ts), a business-scoped user id, or `group:` and a group's id. */
  person: z.string(),
  contact_id: z.string().nullable().default(null),
  /** When the person last wrote, by the message's own time: opens the service window. */
  last_inbound_at: z.string().nullable(),
  /** What the person wrote before this opens no window any more: Meta said so of a message that was made then. */
  window_refused_at: z.string().optional(),
  /** Meta's id of that message, and of the one that Meta was last told to be read. */
  last_inbound_wamid: z.string().nullable().default(null),
  read_wamid: z.string().nullable().default(null),
  /** Messages of the person since somebody marked the conversation as read. */
  unread_count: z.int().default(0),
  last_message: LastMessage.nullable().default(null),
  /** The time of the last message: the order of the inbox. */
  last_activity_at: z.string().default(''),
  /** The conversation that goes on with this person: see continue.ts. `at`, if the number may be somebody else's since. */
  continued_in: z.object({ conversation_id: z.uuid(), at: z.string().nullable() }).optional(),
  /** Stretches of conversations that this one goes on from. */
  earlier: z
    .array(z.object({ conversation_id: z.uuid(), from: z.string().nullable(), until: z.string().nullable() }))
    .default([]),
  /** Other contacts that turned out to be this person, and whose conversations go on in this one. */
  former_contact_ids: z.array(z.string()).default([]),
  /** What is older is somebody else's, who had this number before. */
  begins_at: z.string().optional(),
  /** When the person was erased who it was with: nothing of it is left to read. */
  erased_at: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Conversation = z.output<typeof Conversation>

const TextContent = z.object({ type: z.literal('text'), text: z.string() })
const TemplateContent = z.object({
  type: z.literal('template'),
  template_id: z.uuid(),
  name: z.string(),
  language: z.string(),
  /** In Meta's form. */
  components: z.array(z.unknown()),
  /** Our file for the header, which is then not among `components`: Meta is given it when the message is sent. */
  header_media_id: z.uuid().optional(),
})
export type TemplateContent = z.output<typeof TemplateContent>
const MediaContent = z.object({ type: MediaType, media_id: z.uuid(), caption: z.string().nullable() })
export type MediaContent = z.output<typeof MediaContent>

/** In Meta's form, which the API checks. */
const InteractiveContent = z.object({
  type: z.literal('interactive'),
  interactive: z.record(z.string(), z.unknown()),
  /** Our file for the header: Meta is given it when the message is sent. */
  header_media_id: z.uuid().optional(),
})
export type InteractiveContent = z.output<typeof InteractiveContent>
const LocationContent = z.object({ type: z.literal('location'), location: z.record(z.string(), z.unknown()) })
const ContactsContent = z.object({ type: z.literal('contacts'), contacts: z.array(z.unknown()) })
/** Without an emoji: takes ours back. */
const ReactionContent = z.object({ type: z.literal('reaction'), wamid: z.string(), emoji: z.string().nullable() })

export const Content = z.discriminatedUnion('type', [
  TextContent,
  TemplateContent,
  MediaContent,
  InteractiveContent,
  LocationContent,
  ContactsContent,
  ReactionContent,
])
export type Content = z.output<typeof Content>

/** Why a message was not sent: Meta's code as text, or one of ours. */
const Failure = z.object({ code: z.string(), title: z.string() })
export type Failure = z.output<typeof Failure>

/** What came of the call to Meta. Null while there was none that settled it. */
const Outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accepted'), at: z.string() }),
  Failure.extend({ kind: z.literal('failed'), at: z.string() }),
  /** Whether it went out, nobody knows: never sent again by itself. */
  z.object({ kind: z.literal('uncertain'), at: z.string(), reason: z.string() }),
])

/** A stretch of time in which Meta counts messages together, as it tells of it: since July 2025 only where answers to an ad are free. */
export const MetaConversation = z.object({
  id: z.string(),
  origin: z.string().nullable(),
  expires_at: z.string().nullable(),
})
export type MetaConversation = z.output<typeof MetaConversation>

/** What Meta's webhooks told, each kind once with its earliest time. Everything else is computed from it: see status.ts. */
const Reported = z.object({
  sent: z.string().optional(),
  delivered: z.string().optional(),
  read: z.string().optional(),
  failed: Failure.extend({ at: z.string() }).optional(),
  price: Price.optional(),
  conversation: MetaConversation.optional(),
})

const message = {
  ...address,
  id: z.uuid(),
  type: z.literal('message'),
  conversation_id: z.uuid(),
  phone_number_id: z.uuid(),
  /** Its own time: Meta's where it came from WhatsApp, ours where it was made here. */
  created_at: z.string(),
  /** When its content was taken out, because its person was erased. */
  erased_at: z.string().optional(),
}

export const OutboundMessage = z.object({
  ...message,
  direction: z.literal('outbound'),
  contact_id: z.uuid(),
  from_number: z.string(),
  /** Where the person shows no number, their user id. */
  to_number: z.string(),
  content: Content,
  /** The message that this one quotes, by its wamid. */
  quotes: z.string().nullable().default(null),
  /** The same, by our id. */
  quoted_id: z.string().nullable().default(null),
  wa_message_id: z.string().nullable(),
  tries: z.int(),
  /** No other try before this. */
  not_before: z.string().nullable(),
  /** Who is calling Meta, and until when others keep away. */
  claim: z.object({ holder: z.string(), until: z.string() }).nullable(),
  outcome: Outcome.nullable(),
  reported: Reported,
  updated_at: z.string(),
})
export type OutboundMessage = z.output<typeof OutboundMessage>

/** Our file that goes with it. */
export function fileIdOf({ content }: Pick<OutboundMessage, 'content'>): string | undefined {
  if ('header_media_id' in content) return content.header_media_id
  return 'media_id' in content ? content.media_id : undefined
}

/** The message of ours that a person answers, as far as it is known. */
const Answered = z.object({
  wamid: z.string(),
  /** Of a single message or of the recipient of a campaign. */
  message_id: z.uuid().nullable(),
  campaign_id: z.uuid().nullable(),
})
export type Answered = z.output<typeof Answered>

const fromWhatsApp = {
  ...message,
  contact_id: z.string().nullable().default(null),
  wa_message_id: z.string(),
  /** Meta's time of the message. */
  sent_at: z.string(),
  /** `messages[i]` and its `contacts[j]` as Meta sent them. */
  received: z.unknown(),
  sender: z.unknown(),
  /** Errors that Meta told beside this message, as it sent them. */
  errors_beside: z.unknown().optional(),
  /** From before the number was connected. */
  is_history: z.boolean().default(false),
  received_at: z.string().optional(),
}

export const InboundMessage = z.object({
  ...fromWhatsApp,
  direction: z.literal('inbound'),
  answers: Answered.nullable().default(null),
  media: InboundMedia.optional(),
})
export type InboundMessage = z.output<typeof InboundMessage>

/** What the business wrote in the WhatsApp Business app on its phone, past Herald. */
export const EchoMessage = z.object({ ...fromWhatsApp, direction: z.literal('echo'), media: InboundMedia.optional() })
export type EchoMessage = z.output<typeof EchoMessage>

export type ReceivedMessage = InboundMessage | EchoMessage

export const Message = z.discriminatedUnion('direction', [OutboundMessage, InboundMessage, EchoMessage])
export type Message = z.output<typeof Message>

const Change = z.object({ at: z.string(), wamid: z.string() })

/**
 * What later messages changed about a message, by its wamid: made by whichever of them comes first, also before the
 * message itself. Of each kind of change the latest counts, so that any order gives the same end.
 */
export const MessageNotes = z.object({
  ...address,
  id: z.string(),
  type: z.literal('notes'),
  conversation_id: z.uuid(),
  wamid: z.string(),
  /** By whom: the number or user id of the person, or `business`. No emoji: taken back. */
  reactions: z.record(z.string(), Change.extend({ emoji: z.string().nullable() })),
  /** The message as it is now, as Meta sent it. */
  edited: Change.extend({ message: z.unknown() }).optional(),
  revoked: Change.optional(),
})
export type MessageNotes = z.output<typeof MessageNotes>
