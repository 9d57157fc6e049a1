/** The single messages of a workspace, the latest first, and one of them. */
import type { Deps } from '../deps.ts'
import { decodeCursor, encodeCursor, Position } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { findMessage } from './find.ts'
import { withNotes, type NotedMessage } from './read-conversation.ts'
import { messageStore } from './store.ts'
import type { MessageFilter } from './store-queries.ts'

export interface MessageQuery {
  direction?: 'inbound' | 'outbound' | undefined
  status?: string | undefined
  type?: string | undefined
  conversation_id?: string | undefined
  contact_id?: string | undefined
  phone_number_id?: string | undefined
  from?: string | undefined
  until?: string | undefined
  limit: number
  cursor?: string | undefined
}

/** What the business wrote, in Herald or on its phone. */
const DIRECTIONS = { inbound: ['inbound'], outbound: ['outbound', 'echo'] }

/** Two requests. */
export async function listMessages(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  query: MessageQuery,
): Promise<{ messages: NotedMessage[]; next_cursor: string | null }> {
  const after = query.cursor === undefined ? undefined : decodeCursor(Position, query.cursor)
  const filter = await filterOf({ containers }, workspaceId, query)
  if (!filter) return { messages: [], next_cursor: null }
  const store = messageStore(containers)
  const found = await store.listMessages(workspaceId, filter, { after, take: query.limit + 1 })
  const page = found.slice(0, query.limit)
  const last = found.length > query.limit ? page.at(-1) : undefined
  return {
    messages: await withNotes(store, workspaceId, page),
    next_cursor: last ? encodeCursor({ created_at: last.created_at, id: last.id }) : null,
  }
}

/** Undefined if nothing can match. */
async function filterOf(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { direction, status, type: kind, conversation_id, contact_id, phone_number_id: ref, from, until }: MessageQuery,
): Promise<MessageFilter | undefined> {
  const phoneNumberId = ref === undefined ? undefined : (await phoneNumberOrNone(deps, workspaceId, ref))?.id
  if (ref !== undefined && phoneNumberId === undefined) return undefined
  return {
    directions: direction && DIRECTIONS[direction],
    status,
    kind,
    conversationIds: conversation_id === undefined ? undefined : [conversation_id.toLowerCase()],
    contactId: contact_id?.toLowerCase(),
    phoneNumberId,
    from,
    until,
  }
}

/** Throws `message_not_found`. */
export async function readMessage(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<NotedMessage> {
  const message = await findMessage({ containers }, workspaceId, id.toLowerCase())
  const [noted] = await withNotes(messageStore(containers), workspaceId, [message])
  return noted ?? { message, notes: undefined }
}
