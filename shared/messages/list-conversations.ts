/** The inbox of a workspace: its conversations, the one with the latest message first. */
import type { Contact } from '../contacts/schema.ts'
import { contactsById } from '../contacts/find-many.ts'
import { listContacts } from '../contacts/list.ts'
import type { Deps } from '../deps.ts'
import { decodeCursor, encodeCursor, Position } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { WINDOW_MS } from './conversation.ts'
import type { Conversation } from './schema.ts'
import { messageStore } from './store.ts'
import type { ConversationFilter } from './store-queries.ts'

export interface InboxQuery {
  unread?: boolean | undefined
  window_open?: boolean | undefined
  phone_number_id?: string | undefined
  search?: string | undefined
  limit: number
  cursor?: string | undefined
}

export interface InboxPage {
  conversations: Conversation[]
  /** By their ids. */
  contacts: ReadonlyMap<string, Contact>
  next_cursor: string | null
}

/** Contacts that a search looks for conversations with: one that finds more is one to be narrowed. */
const MOST_FOUND = 500
/** Ids that they had before: few have any. */
const MOST_FORMER = 200

/** Two requests: the conversations and their contacts. With a search it is the contacts first. */
export async function listConversations(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  query: InboxQuery,
): Promise<InboxPage> {
  const after = query.cursor === undefined ? undefined : decodeCursor(Position, query.cursor)
  const found = await foundContacts(deps, workspaceId, query.search)
  const filter = await filterOf(deps, workspaceId, query, found)
  if (!filter) return { conversations: [], contacts: new Map(), next_cursor: null }
  const read = await messageStore(deps.containers).listConversations(workspaceId, filter, {
    after,
    take: query.limit + 1,
  })
  const conversations = read.slice(0, query.limit)
  const last = read.length > query.limit ? conversations.at(-1) : undefined
  return {
    conversations,
    contacts: found ?? (await contactsOf(deps, workspaceId, conversations)),
    next_cursor: last ? encodeCursor({ created_at: last.last_activity_at, id: last.id }) : null,
  }
}

/** Undefined if nothing can match. */
async function filterOf(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
  { phone_number_id: ref, unread: isUnread, window_open: isOpen }: InboxQuery,
  found: ReadonlyMap<string, Contact> | undefined,
): Promise<ConversationFilter | undefined> {
  const phoneNumberId = ref === undefined ? undefined : (await phoneNumberOrNone(deps, workspaceId, ref))?.id
  if (found?.size === 0 || (ref !== undefined && phoneNumberId === undefined)) return undefined
  const at = new Date(deps.now().getTime() - WINDOW_MS).toISOString()
  return {
    isUnread,
    wroteAfter: isOpen === undefined ? undefined : { at, isOpen },
    phoneNumberId,
    contactIds: found && [...found.keys()],
  }
}

/** By every id that still leads to them: a former one may be somebody else's by now. Undefined without a search. */
async function foundContacts(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  search: string | undefined,
): Promise<Map<string, Contact> | undefined> {
  if ((search ?? '').trim() === '') return undefined
  const { data } = await listContacts(deps, workspaceId, { search, tags_match: 'any', limit: MOST_FOUND, offset: 0 })
  const formerIds = data.flatMap(({ former_ids = [] }) => former_ids).slice(0, MOST_FORMER)
  const former = formerIds.length === 0 ? [] : await contactsById(deps, workspaceId, formerIds)
  const ids = new Set(data.map(({ id }) => id))
  const led = [...former].filter(([, contact]) => ids.has(contact.id))
  return new Map([...data.map((contact) => [contact.id, contact] as const), ...led])
}

export function contactsOf(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  items: readonly { contact_id: string | null }[],
): Promise<Map<string, Contact>> {
  return contactsById(
    deps,
    workspaceId,
    items.flatMap(({ contact_id }) => contact_id ?? []),
  )
}
