/**
 * Messages and conversations as stored. A conversation is one of our numbers with one person; all of it is in one
 * partition, and every id in it ends with the partition's key (see ids.ts).
 */
import { z } from 'zod'
import { WorkspaceId } from '../ids.ts'
import { MediaType } from '../media/file-types.ts'

const address = { workspace_id: WorkspaceId, conversation: z.string(), v: z.literal(1) }

export const Conversation = z.object({
  ...address,
  id: z.uuid(),
  type: z.literal('conversation'),
  phone_number_id: z.uuid(),
  /** The person: digits in the form of `personKey` (contacts/person.ts), or a business-scoped user id. */
  person: z.string(),
  /** When the person last wrote, by the message's own time: opens the service window. */
  last_inbound_at: z.string().nullable(),
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
  /** Our file for the header, which is then not among `components`: its link is made when the message is sent. */
  header_media_id: z.uuid().optional(),
})
export type TemplateContent = z.output<typeof TemplateContent>
const MediaContent = z.object({ type: MediaType, media_id: z.uuid(), caption: z.string().nullable() })
export type MediaContent = z.output<typeof MediaContent>

export const Content = z.discriminatedUnion('type', [TextContent, TemplateContent, MediaContent])
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

/** What Meta's webhooks told, each kind once with its earliest time. Everything else is computed from it: see status.ts. */
const Reported = z.object({
  sent: z.string().optional(),
  delivered: z.string().optional(),
  read: z.string().optional(),
  failed: Failure.extend({ at: z.string() }).optional(),
})

const message = {
  ...address,
  id: z.uuid(),
  type: z.literal('message'),
  conversation_id: z.uuid(),
  phone_number_id: z.uuid(),
  created_at: z.string(),
}

export const OutboundMessage = z.object({
  ...message,
  direction: z.literal('outbound'),
  contact_id: z.uuid(),
  from_number: z.string(),
  to_number: z.string(),
  content: Content,
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

export const InboundMessage = z.object({
  ...message,
  direction: z.literal('inbound'),
  wa_message_id: z.string(),
  /** Meta's time of the message. */
  sent_at: z.string(),
  /** `messages[i]` and its `contacts[j]` as Meta sent them. */
  received: z.unknown(),
  sender: z.unknown(),
})
export type InboundMessage = z.output<typeof InboundMessage>

export const Message = z.discriminatedUnion('direction', [OutboundMessage, InboundMessage])
export type Message = z.output<typeof Message>
