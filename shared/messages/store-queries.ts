/**
 * The inbox's questions to the messages of a workspace. A list goes through every conversation of the workspace, which are
 * partitions of their own: the condition on `workspace_id`, the first part of the partition key, is what confines it.
 */
import type { DocumentContainer } from '../azure/cosmos.ts'
import type { Position } from '../http/paging.ts'
import { keyOfConversation, type WorkspaceId } from '../ids.ts'
import { notesId } from './notes.ts'
import { Conversation, Message, MessageNotes } from './schema.ts'
import { WROTE_AFTER } from './window-queries.ts'

export interface ConversationFilter {
  isUnread: boolean | undefined
  /** The window is open if the person wrote after this. */
  wroteAfter: { at: string; isOpen: boolean } | undefined
  phoneNumberId: string | undefined
  contactIds: string[] | undefined
}

export interface MessageFilter {
  directions: string[] | undefined
  status: string | undefined
  kind: string | undefined
  conversationIds: string[] | undefined
  contactId: string | undefined
  phoneNumberId: string | undefined
  from: string | undefined
  until: string | undefined
}

/** A part of one conversation, from the one time to the other. */
export type Stretch = Conversation['earlier'][number]

interface Condition {
  text: string
  parameters: Record<string, unknown>
}

export function messageQueries(messages: DocumentContainer) {
  return { ...lists(messages), ...reading(messages), ...lookUps(messages) }
}

function inWorkspace(workspaceId: WorkspaceId, conditions: (Condition | undefined)[]): Condition {
  return allOf([{ text: 'c.workspace_id = @workspace', parameters: { workspace: workspaceId } }, ...conditions])
}

interface ListPart {
  after: Position | undefined
  take: number
}

function lists(messages: DocumentContainer) {
  return {
    /** By their last activity, the latest first. One request. */
    listConversations(
      workspaceId: WorkspaceId,
      filter: ConversationFilter,
      { after, take }: ListPart,
    ): Promise<Conversation[]> {
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'conversation' AND NOT IS_DEFINED(c.continued_in.conversation_id)", parameters: {} },
        { text: 'NOT IS_DEFINED(c.erased_at)', parameters: {} },
        ...conversationConditions(filter),
        after && behind('last_activity_at', after),
      ])
      const order = 'ORDER BY c.last_activity_at DESC, c.id DESC OFFSET 0 LIMIT @take'
      return messages.query(
        { text: `SELECT * FROM c WHERE ${text} ${order}`, parameters: { ...parameters, take }, maxItems: take },
        (document) => Conversation.parse(document),
      )
    },

    /** By their own time, the latest first. One request. */
    listMessages(workspaceId: WorkspaceId, filter: MessageFilter, { after, take }: ListPart): Promise<Message[]> {
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'message'", parameters: {} },
        ...messageConditions(filter),
        after && behind('created_at', after),
      ])
      const order = 'ORDER BY c.created_at DESC, c.id DESC OFFSET 0 LIMIT @take'
      return messages.query(
        { text: `SELECT * FROM c WHERE ${text} ${order}`, parameters: { ...parameters, take }, maxItems: take },
        (document) => Message.parse(document),
      )
    },
  }
}

function reading(messages: DocumentContainer) {
  return {
    /** Messages of these stretches beyond `place`: older ones the latest first, newer ones the earliest first. One request. */
    readStretches(
      workspaceId: WorkspaceId,
      stretches: readonly Stretch[],
      { place, to, take }: { place: Position | undefined; to: 'older' | 'newer'; take: number },
    ): Promise<Message[]> {
      const isOlder = to === 'older'
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'message'", parameters: {} },
        stretchCondition(stretches),
        place && (isOlder ? behind('created_at', place) : before('created_at', place)),
      ])
      const direction = isOlder ? 'DESC' : 'ASC'
      const order = `ORDER BY c.created_at ${direction}, c.id ${direction} OFFSET 0 LIMIT @take`
      return messages.query(
        {
          text: `SELECT * FROM c WHERE ${text} ${order}`,
          parameters: { ...parameters, take },
          ...onePartition(workspaceId, stretches),
          maxItems: take,
        },
        (document) => Message.parse(document),
      )
    },

    /** What is noted about messages, by conversation and wamid. One request. */
    async notesOn(
      workspaceId: WorkspaceId,
      wanted: readonly { conversationId: string; wamid: string }[],
    ): Promise<Map<string, MessageNotes>> {
      if (wanted.length === 0) return new Map()
      const ids = wanted.map(({ conversationId, wamid }) => notesId(conversationId, wamid))
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'notes'", parameters: {} },
        among('c.id', 'id', [...new Set(ids)]),
      ])
      const found = await messages.query({ text: `SELECT * FROM c WHERE ${text}`, parameters }, (document) =>
        MessageNotes.parse(document),
      )
      return new Map(found.map((notes) => [notes.id, notes]))
    },
  }
}

function lookUps(messages: DocumentContainer) {
  return {
    /** The one whose id begins so, in whichever conversation. Only when a request is run again. */
    async findByStem(workspaceId: WorkspaceId, stem: string): Promise<Message | undefined> {
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'message' AND STARTSWITH(c.id, @stem)", parameters: { stem } },
      ])
      const query = { text: `SELECT * FROM c WHERE ${text}`, parameters, maxItems: 1 }
      return (await messages.query(query, (document) => Message.parse(document)))[0]
    },

    /** The message with this wamid, of ours or not. For an answer, and inside one conversation only. */
    async findByWamid(workspaceId: WorkspaceId, conversationId: string, wamid: string): Promise<Message | undefined> {
      const key = keyOfConversation(workspaceId, conversationId)
      if (key === undefined) return undefined
      const [found] = await messages.query(
        {
          text: "SELECT * FROM c WHERE c.type = 'message' AND c.wa_message_id = @wamid AND c.conversation_id = @id",
          parameters: { wamid, id: conversationId },
          partition: [workspaceId, key],
          maxItems: 1,
        },
        (document) => Message.parse(document),
      )
      return found
    },

    /** Conversations of a number with these contacts that nothing went on from. When contacts became one, once. */
    openConversationsOf(
      workspaceId: WorkspaceId,
      phoneNumberId: string,
      contactIds: string[],
    ): Promise<Conversation[]> {
      const { text, parameters } = inWorkspace(workspaceId, [
        { text: "c.type = 'conversation' AND NOT IS_DEFINED(c.continued_in.conversation_id)", parameters: {} },
        equal('phone_number_id', phoneNumberId),
        among('c.contact_id', 'contact', contactIds),
      ])
      return messages.query({ text: `SELECT * FROM c WHERE ${text}`, parameters }, (document) =>
        Conversation.parse(document),
      )
    },
  }
}

function conversationConditions(filter: ConversationFilter): (Condition | undefined)[] {
  const { isUnread, wroteAfter, phoneNumberId, contactIds } = filter
  return [
    isUnread === undefined ? undefined : { text: `c.unread_count ${isUnread ? '>' : '='} 0`, parameters: {} },
    wroteAfter && {
      text: wroteAfter.isOpen ? WROTE_AFTER : `NOT (${WROTE_AFTER})`,
      parameters: { wroteAfter: wroteAfter.at },
    },
    equal('phone_number_id', phoneNumberId),
    contactIds && among('c.contact_id', 'contact', contactIds),
  ]
}

function messageConditions(filter: MessageFilter): (Condition | undefined)[] {
  const { directions, status, kind, conversationIds, contactId, phoneNumberId, from, until } = filter
  return [
    directions && among('c.direction', 'direction', directions),
    equal('status', status),
    equal('kind', kind),
    conversationIds && among('c.conversation_id', 'conversation', conversationIds),
    equal('contact_id', contactId),
    equal('phone_number_id', phoneNumberId),
    from === undefined ? undefined : { text: 'c.created_at >= @from', parameters: { from } },
    until === undefined ? undefined : { text: 'c.created_at < @until', parameters: { until } },
  ]
}

function stretchCondition(stretches: readonly Stretch[]): Condition {
  const each = stretches.map(({ conversation_id, from, until }, index) =>
    allOf([
      { text: `c.conversation_id = @of${index}`, parameters: { [`of${index}`]: conversation_id } },
      from === null ? undefined : { text: `c.created_at > @from${index}`, parameters: { [`from${index}`]: from } },
      until === null ? undefined : { text: `c.created_at <= @until${index}`, parameters: { [`until${index}`]: until } },
    ]),
  )
  return {
    text: `(${each.map(({ text }) => `(${text})`).join(' OR ')})`,
    parameters: Object.assign({}, ...each.map(({ parameters }) => parameters)) as Record<string, unknown>, // of these
  }
}

function onePartition(workspaceId: WorkspaceId, stretches: readonly Stretch[]) {
  const [first] = stretches
  const key = first && stretches.length === 1 ? keyOfConversation(workspaceId, first.conversation_id) : undefined
  return key === undefined ? {} : { partition: [workspaceId, key] }
}

function allOf(conditions: (Condition | undefined)[]): Condition {
  const given = conditions.filter((condition) => condition !== undefined)
  return {
    text: given.map(({ text }) => text).join(' AND '),
    parameters: given.reduce<Condition['parameters']>((all, { parameters }) => ({ ...all, ...parameters }), {}),
  }
}

/** Field names are ours and never come from a request. */
function equal(field: string, value: string | undefined): Condition | undefined {
  return value === undefined ? undefined : { text: `c.${field} = @${field}`, parameters: { [field]: value } }
}

/** True of nothing if there are no values. */
function among(path: string, prefix: string, values: string[]): Condition {
  if (values.length === 0) return { text: 'false', parameters: {} }
  const names = values.map((_value, index) => `@${prefix}${index}`)
  return {
    text: `${path} IN (${names.join(', ')})`,
    parameters: Object.fromEntries(values.map((value, index) => [`${prefix}${index}`, value])),
  }
}

function behind(field: string, { created_at: at, id }: Position): Condition {
  return { text: `(c.${field} < @at OR (c.${field} = @at AND c.id < @beyond))`, parameters: { at, beyond: id } }
}

function before(field: string, { created_at: at, id }: Position): Condition {
  return { text: `(c.${field} > @at OR (c.${field} = @at AND c.id > @beyond))`, parameters: { at, beyond: id } }
}
