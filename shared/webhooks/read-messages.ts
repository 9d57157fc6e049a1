/**
 * Messages out of a webhook change: what people wrote, what the business wrote in the app on its phone, and what was
 * written before the number was connected. Each item is read by itself: one that cannot be read never holds up the others.
 */
import * as z from 'zod'
import { parsePhone } from '../contacts/phone.ts'
import type { Received } from '../messages/receive.ts'
import type { Change } from './split.ts'

const MessageChange = z.looseObject({
  metadata: z.looseObject({ phone_number_id: z.string() }),
  messages: z.array(z.unknown()).catch([]),
  message_echoes: z.array(z.unknown()).catch([]),
  history: z.array(z.unknown()).catch([]),
  contacts: z.array(z.unknown()).catch([]),
})
type MessageChange = z.output<typeof MessageChange>

const text = z.string().min(1).optional().catch(undefined)

/** Meta leaves the number out, or empty, for people with a username. */
const Item = z.looseObject({
  id: z.string().min(1).max(512),
  timestamp: z.coerce.number().int().positive().max(0xffff_ffff),
  type: z.string().catch('unknown'),
  from: text,
  from_user_id: text,
  to: text,
  to_user_id: text,
  group_id: text,
})
type Item = z.output<typeof Item>

/** What one item says, before anybody knows whose it is. */
export interface ReadMessage extends Omit<Received, 'contactId' | 'formerContactIds'> {
  /** Absent where Meta told only the user id. */
  waId: string | undefined
  userId: string | undefined
  groupId: string | undefined
  /** The name in the person's WhatsApp profile. */
  profileName: string | undefined
  username: string | undefined
}

export interface ReadChange {
  /** Of the number, Meta's. */
  metaId: string
  messages: ReadMessage[]
  /** What could not be read, in the shape it came in; undefined if there is nothing. */
  rest: Change | undefined
}

/** Undefined if it is not about one of anybody's numbers. */
export function readMessages(change: Change, receivedAt: string): ReadChange | undefined {
  const parsed = MessageChange.safeParse(change.value)
  if (!parsed.success) return undefined
  const { value, messages } = readAll(parsed.data, change.value, receivedAt)
  return {
    metaId: parsed.data.metadata.phone_number_id,
    messages,
    rest: value === undefined ? undefined : { ...change, value },
  }
}

function readAll(change: MessageChange, given: unknown, receivedAt: string) {
  const odd: Record<string, unknown[]> = {}
  const read: ReadMessage[] = []
  const take = (
    list: string,
    items: unknown[],
    direction: Received['direction'] | ((item: Item) => Received['direction']),
  ) => {
    for (const item of items) {
      const message = readItem(item, { change, receivedAt, isHistory: list === 'history', direction })
      if (message) read.push(message)
      else (odd[list] ??= []).push(item)
    }
  }
  take('messages', change.messages, 'inbound')
  take('message_echoes', change.message_echoes, 'echo')
  // In a thread, what has a recipient was written by the business.
  take('history', change.history.flatMap(messagesOfHistory), ({ to }) => (to === undefined ? 'inbound' : 'echo'))
  return { messages: withErrors(read, change), value: restOf(change, given, odd) }
}

const History = z.looseObject({ threads: z.array(z.looseObject({ messages: z.array(z.unknown()) })).min(1) })

/** A chunk that has no threads, such as one that says history is not shared, is an item that cannot be read. */
function messagesOfHistory(chunk: unknown): unknown[] {
  const parsed = History.safeParse(chunk)
  return parsed.success ? parsed.data.threads.flatMap(({ messages }) => messages) : [chunk]
}

/** Errors that Meta tells beside one message may be about it: they are kept with it, too. */
function withErrors(read: ReadMessage[], change: MessageChange): ReadMessage[] {
  const [only, ...others] = read
  return only && others.length === 0 && 'errors' in change ? [{ ...only, errorsBeside: change['errors'] }] : read
}

/** Nothing is left of a change whose items were all read. Errors beside the messages are nobody's message. */
function restOf(
  { metadata, contacts, ...lists }: MessageChange,
  given: unknown,
  odd: Record<string, unknown[]>,
): unknown {
  const isEmpty = lists.messages.length + lists.message_echoes.length + lists.history.length === 0
  if (isEmpty) return given
  if (Object.keys(odd).length === 0 && !('errors' in lists)) return undefined
  const { messages: _messages, message_echoes: _echoes, history: _history, ...others } = lists
  return { metadata, ...others, contacts, ...odd }
}

interface Reading {
  change: MessageChange
  receivedAt: string
  isHistory: boolean
  direction: Received['direction'] | ((item: Item) => Received['direction'])
}

/** With what Meta sent, more than this is no message that anybody wrote, and would not fit a document. */
const MOST_LENGTH = 400_000

function readItem(
  given: unknown,
  { change, receivedAt, isHistory, direction: told }: Reading,
): ReadMessage | undefined {
  const parsed = Item.safeParse(given)
  if (!parsed.success || JSON.stringify(given).length > MOST_LENGTH) return undefined
  const item = parsed.data
  const direction = typeof told === 'function' ? told(item) : told
  const person = personOf(item, direction, change.contacts)
  // A time ahead of ours would hold the window open longer than Meta does.
  const at = Math.min(item.timestamp * 1000, Date.parse(receivedAt))
  return (
    person && {
      ...person,
      direction,
      wamid: item.id,
      sentAt: new Date(at).toISOString(),
      item: given,
      by: reactorOf(item, direction),
      isHistory,
    }
  )
}

/** Who wrote, or whom the business wrote to; undefined if Meta does not tell. */
function personOf(item: Item, direction: Received['direction'], contacts: unknown[]) {
  const [waId, userId] = direction === 'inbound' ? [item.from, item.from_user_id] : [item.to, item.to_user_id]
  if ((waId ?? userId ?? item.group_id) === undefined) return undefined
  const sender = senderOf(contacts, waId, userId)
  const { user_id: told, profile } = Sender.safeParse(sender).data ?? {}
  return {
    sender,
    waId: waId === undefined ? undefined : waIdOfNumber(waId),
    userId: userId ?? told,
    groupId: item.group_id,
    profileName: profile?.name,
    username: profile?.username,
  }
}

/** In a conversation of two, the one person has two names at times. */
function reactorOf({ group_id, from, from_user_id }: Item, direction: Received['direction']): string {
  if (direction === 'echo') return 'business'
  return group_id === undefined ? 'contact' : (from ?? from_user_id ?? 'contact')
}

/** As a number that is sent to is written. */
function waIdOfNumber(waId: string): string {
  const parsed = parsePhone(`+${waId}`)
  return parsed.ok ? parsed.phone.waId : waId
}

const profile = z.looseObject({ name: text, username: text }).optional().catch(undefined)
const Sender = z.looseObject({ wa_id: text, user_id: text, profile })

/** The entry of `contacts` about the person; null if Meta sent none. */
function senderOf(contacts: unknown[], waId: string | undefined, userId: string | undefined): unknown {
  const isSender = (contact: unknown) => {
    const { wa_id, user_id } = Sender.safeParse(contact).data ?? {}
    return (wa_id !== undefined && wa_id === waId) || (user_id !== undefined && user_id === userId)
  }
  return contacts.find(isSender) ?? null
}
