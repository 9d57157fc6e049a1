/** Reads a conversation and its messages, with what later messages changed about them. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, type Position } from '../http/paging.ts'
import { wellFormedText } from '../http/text.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { conversationIdsOf, followed, stretchesOf } from './continue.ts'
import { notesId } from './notes.ts'
import type { Conversation, Message, MessageNotes } from './schema.ts'
import { messageStore, type MessageStore } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

/** By its own id, also if it is closed. Throws `conversation_not_found`. */
export async function findConversation(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Conversation> {
  const stored = await messageStore(containers).conversation(workspaceId, id.toLowerCase())
  if (!stored) throw new AppError('conversation_not_found', NOT_FOUND_WORDS)
  return stored.value
}

export interface NotedMessage {
  message: Message
  notes: MessageNotes | undefined
}

export interface ConversationPart {
  /** The latest first. */
  messages: NotedMessage[]
  /** To what is older; null at the beginning. */
  next_cursor: string | null
  /** To what is newer, or will be. */
  newer_cursor: string | null
}

/** A place between two messages, and where to look from there. */
const Cursor = z.object({ created_at: wellFormedText, id: wellFormedText, to: z.enum(['older', 'newer']) })

/** A closed conversation reads as the one that goes on from it. Three requests, whatever the place. */
export async function readConversation(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<ConversationPart> {
  const place = cursor === undefined ? undefined : decodeCursor(Cursor, cursor)
  const store = messageStore(containers)
  const stored = await followed(store, workspaceId, id.toLowerCase())
  if (!stored) throw new AppError('conversation_not_found', NOT_FOUND_WORDS)
  const to = place?.to ?? 'older'
  const found = await store.readStretches(workspaceId, stretchesOf(stored.value), { place, to, take: limit + 1 })
  const page = found.slice(0, limit)
  const latestFirst = to === 'older' ? page : page.reverse()
  const hasOlder = to === 'newer' || found.length > limit
  return {
    messages: await withNotes(store, workspaceId, latestFirst, conversationIdsOf(stored.value)),
    next_cursor: hasOlder ? cursorAt(latestFirst.at(-1), 'older') : null,
    newer_cursor: cursorAt(latestFirst[0] ?? place, 'newer'),
  }
}

function cursorAt(place: Position | undefined, to: 'older' | 'newer'): string | null {
  return place ? encodeCursor({ created_at: place.created_at, id: place.id, to }) : null
}

/** Notes are where they were received: in the conversation of the message, or one that goes on from it. */
export async function withNotes(
  store: MessageStore,
  workspaceId: WorkspaceId,
  messages: readonly Message[],
  conversationIds: readonly string[] = [],
): Promise<NotedMessage[]> {
  const placesOf = ({ conversation_id, wa_message_id: wamid }: Message) =>
    wamid === null
      ? []
      : [...new Set([conversation_id, ...conversationIds])].map((conversationId) => ({ conversationId, wamid }))
  const notes = await store.notesOn(workspaceId, messages.flatMap(placesOf))
  return messages.map((message) => ({
    message,
    notes: placesOf(message)
      .flatMap(({ conversationId, wamid }) => notes.get(notesId(conversationId, wamid)) ?? [])
      .reduce<MessageNotes | undefined>(together, undefined),
  }))
}

function together(one: MessageNotes | undefined, other: MessageNotes): MessageNotes {
  if (!one) return other
  const [earlier, later] = latestOf(one) < latestOf(other) ? [one, other] : [other, one]
  return { ...earlier, ...later, reactions: { ...earlier.reactions, ...later.reactions } }
}

function latestOf({ reactions, edited, revoked }: MessageNotes): string {
  return [...Object.values(reactions), edited, revoked].reduce((at, one) => (one && one.at > at ? one.at : at), '')
}
