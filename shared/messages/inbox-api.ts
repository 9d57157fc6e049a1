/** The inbox as the API's users see it: conversations, and messages of both directions in one shape. */
import * as z from 'zod'
import type { Contact } from '../contacts/schema.ts'
import { PageQuery } from '../http/paging.ts'
import { queryBoolean } from '../http/query-boolean.ts'
import { inLowerCase, wordFilter } from '../http/word-filter.ts'
import { PhoneNumberRef } from '../phone-numbers/api.ts'
import { isGroup, isWindowOpen, windowClosesAt } from './conversation.ts'
import { MessageDetail } from './message-detail.ts'
import type { Conversation } from './schema.ts'

const page = PageQuery.omit({ offset: true })
const next_cursor = z.string().nullable().describe('Give it as `cursor` to get what is older; null at the end')

export const ConversationPath = z.object({ workspace_id: z.uuid(), conversation_id: z.uuid() })
export const WorkspaceMessagePath = z.object({ workspace_id: z.uuid(), message_id: z.uuid() })

export const ConversationListQuery = page.extend({
  unread: queryBoolean.optional().describe('Only conversations with unread messages, or only those without'),
  window_open: queryBoolean.optional().describe('Only where anything may be sent now, or only where templates may'),
  phone_number_id: PhoneNumberRef.optional().describe('Only of this number of the workspace'),
  search: z
    .string()
    .max(200)
    .optional()
    .describe(
      'The contact’s name, user name or last digits; of more than 500 contacts that fit, the newest are looked at',
    ),
})

export const ConversationMessagesQuery = page.extend({
  cursor: z
    .string()
    .optional()
    .describe('`next_cursor` of an answer for what is older, `newer_cursor` for what is newer'),
})

const day = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString())

export const MessageListQuery = page.extend({
  direction: wordFilter(z.enum(['inbound', 'outbound']), inLowerCase).describe('`inbound` or `outbound`'),
  status: wordFilter(
    z.enum(['queued', 'sent', 'delivered', 'read', 'failed', 'uncertain', 'received']),
    inLowerCase,
  ).describe('As in the answers'),
  type: z.string().max(40).optional().describe('Such as `text`, `image` or `template`'),
  conversation_id: z.uuid().optional(),
  contact_id: z.uuid().optional(),
  phone_number_id: PhoneNumberRef.optional(),
  from: day.optional().describe('Not before this time'),
  until: day.optional().describe('Before this time'),
})

export const ConversationResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    phone_number_id: z.uuid(),
    contact: z
      .object({
        id: z.uuid(),
        name: z.string().nullable(),
        phone_number: z.string().nullable().describe('null for a person who hides it'),
        username: z.string().nullable(),
        opted_in: z.boolean(),
      })
      .nullable()
      .describe('null for a group'),
    group_id: z.string().nullable().describe('Of a group of people, Meta’s'),
    unread_count: z.int().describe('Messages of the person since the conversation was marked as read'),
    is_window_open: z.boolean().describe('Whether anything may be sent now, or only templates'),
    window_closes_at: z.iso
      .datetime()
      .nullable()
      .describe('null if the person never wrote; sooner than after 24 hours where Meta said so (131047)'),
    last_inbound_at: z.iso.datetime().nullable(),
    last_message: z
      .object({
        id: z.uuid(),
        direction: z.enum(['inbound', 'outbound']),
        type: z.string(),
        text: z.string().nullable().describe('Shortened; null where there are no words, or none any more'),
        at: z.iso.datetime(),
      })
      .nullable(),
    last_activity_at: z.iso.datetime(),
    continued_in: z.uuid().nullable().describe('The conversation that goes on with this person, if this one ended'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ConversationResponse', description: 'One of our numbers with one person' })

export const ConversationListResponse = z
  .object({ data: z.array(ConversationResponse), limit: z.int(), next_cursor })
  .meta({ id: 'ConversationListResponse', description: 'Conversations, the one with the latest message first' })

export const ConversationMessagesResponse = z
  .object({
    data: z.array(MessageDetail),
    limit: z.int(),
    next_cursor,
    newer_cursor: z
      .string()
      .nullable()
      .describe(
        'Give it as `cursor` to get what is newer than this page, now or later; null while there are no messages',
      ),
  })
  .meta({ id: 'ConversationMessagesResponse', description: 'Messages of a conversation, the latest first' })

export const MessageListResponse = z
  .object({ data: z.array(MessageDetail), limit: z.int(), next_cursor })
  .meta({ id: 'MessageListResponse', description: 'Single messages, the latest first' })

export function conversationResponse(
  conversation: Conversation,
  contacts: ReadonlyMap<string, Contact>,
  now: Date,
): z.output<typeof ConversationResponse> {
  const { last_message: last, continued_in: continued, contact_id } = conversation
  const contact = contact_id === null ? undefined : contacts.get(contact_id)
  return {
    ...conversation,
    contact: contact
      ? {
          id: contact.id,
          name: contact.name,
          phone_number: contact.phone_number,
          username: contact.username ?? null,
          opted_in: contact.opted_in,
        }
      : null,
    group_id: isGroup(conversation) ? conversation.person.slice('group:'.length) : null,
    unread_count: continued ? 0 : conversation.unread_count,
    is_window_open: isWindowOpen(conversation, now),
    window_closes_at: windowClosesAt(conversation),
    last_message: last ? { ...last, type: last.kind } : null,
    last_activity_at: conversation.last_activity_at || conversation.updated_at,
    continued_in: continued?.conversation_id ?? null,
  }
}
