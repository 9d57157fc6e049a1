/**
 * One person, one conversation: where two turn out to be one person's, or a person takes another number, the earlier
 * conversation is closed and goes on in the other, which shows its messages and has its window and unread count.
 *
 * They are in two partitions, so this is two writes. The first closes the earlier one, after which nothing is added to it;
 * the second takes over what it came to, once, because it notes whom it took over in the same write. Whoever meets a closed
 * conversation that was not taken over yet, after a crash, does the second write.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { newConversation, withLast } from './conversation.ts'
import type { Conversation } from './schema.ts'
import type { ConversationAddress, MessageStore } from './store.ts'
import type { Stretch } from './store-queries.ts'

/** Where a message belongs: the conversation if there is one, else where it is to begin. */
export interface Place {
  stored: Stored<Conversation> | undefined
  address: ConversationAddress
}

/** More changes of a number than anybody makes. */
const MOST_HOPS = 8

/**
 * The conversation that a message of this time belongs to. After somebody left a number, what comes from it is another
 * person's: its conversation begins anew, without what was before.
 */
export async function placeFor(store: MessageStore, address: ConversationAddress, at: string): Promise<Place> {
  let place: Place = { stored: await store.findConversation(address), address }
  for (let hop = 0; hop < MOST_HOPS; hop++) {
    const { stored } = place
    const next = stored?.value.continued_in
    if (!stored || !next) return place
    if (next.at !== null && next.at < at) {
      return { ...place, stored: { value: reopened(stored.value, next.at), etag: stored.etag } }
    }
    const target = await store.conversation(address.workspaceId, next.conversation_id)
    if (!target) return place
    const taken = await takeOver(store, target, stored.value)
    place = { stored: taken, address: { ...address, person: taken.value.person } }
  }
  return place
}

/** Closes `from` and goes on in the conversation of `to`. Safe to run again. */
export async function goOn(
  store: MessageStore,
  from: Stored<Conversation>,
  to: Place,
  { at, now }: { at: string | null; now: Date },
): Promise<Stored<Conversation>> {
  const target = to.stored ?? (await begun(store, to.address, from.value.contact_id, now))
  const { continued_in: already } = from.value
  const closed: Conversation = {
    ...from.value,
    continued_in: { conversation_id: target.value.id, at },
    updated_at: now.toISOString(),
  }
  if (already?.conversation_id !== target.value.id) await store.replaceConversation(from, closed)
  return takeOver(store, target, closed)
}

async function begun(store: MessageStore, address: ConversationAddress, contactId: string | null, now: Date) {
  return store.createConversation(newConversation(address, contactId, now))
}

/** Once for each closing of `earlier`. */
async function takeOver(
  store: MessageStore,
  target: Stored<Conversation>,
  earlier: Conversation,
): Promise<Stored<Conversation>> {
  const stretch = stretchOf(earlier)
  if (target.value.earlier.some((known) => isSame(known, stretch))) return target
  // Back to a number that this person left before: since then it may have been another's.
  const open = target.value.continued_in?.at ? reopened(target.value, target.value.continued_in.at) : target.value
  return store.replaceConversation(target, withEarlier(open, earlier))
}

function withEarlier(conversation: Conversation, earlier: Conversation): Conversation {
  const wroteLater = (earlier.last_inbound_at ?? '') > (conversation.last_inbound_at ?? '')
  const stretches = [stretchOf(earlier), ...earlier.earlier]
  const next: Conversation = {
    ...conversation,
    contact_id: conversation.contact_id ?? earlier.contact_id,
    // Whoever has that number next gets the contact of its id: nobody looks for its conversations any more.
    former_contact_ids: [
      ...new Set([...conversation.former_contact_ids, ...earlier.former_contact_ids, ...contactOf(earlier)]),
    ],
    unread_count: conversation.unread_count + earlier.unread_count,
    ...(wroteLater
      ? {
          last_inbound_at: earlier.last_inbound_at,
          last_inbound_wamid: earlier.last_inbound_wamid,
          window_refused_at: earlier.window_refused_at,
        }
      : undefined),
    earlier: [
      ...conversation.earlier,
      ...stretches.filter((stretch) => !conversation.earlier.some((known) => isSame(known, stretch))),
    ],
  }
  return earlier.last_message ? withLast(next, earlier.last_message) : next
}

function contactOf({ contact_id }: Conversation): string[] {
  return contact_id === null ? [] : [contact_id]
}

function stretchOf({ id, begins_at, continued_in }: Conversation): Stretch {
  return { conversation_id: id, from: begins_at ?? null, until: continued_in?.at ?? null }
}

function isSame(one: Stretch, other: Stretch): boolean {
  return one.conversation_id === other.conversation_id && one.until === other.until
}

/** As a new one: the person before has gone on elsewhere with everything there was. */
function reopened(
  { continued_in: _left, window_refused_at: _refused, ...conversation }: Conversation,
  since: string,
): Conversation {
  return {
    ...conversation,
    contact_id: null,
    begins_at: since,
    last_inbound_at: null,
    last_inbound_wamid: null,
    read_wamid: null,
    unread_count: 0,
    last_message: null,
    last_activity_at: since,
    earlier: [],
    former_contact_ids: [],
  }
}

/** Everything that a reader of this conversation sees. */
export function stretchesOf({ id, begins_at, earlier }: Conversation): Stretch[] {
  return [{ conversation_id: id, from: begins_at ?? null, until: null }, ...earlier]
}

/** The conversations whose partitions hold what is seen in this one. */
export function conversationIdsOf(conversation: Conversation): string[] {
  return [...new Set(stretchesOf(conversation).map(({ conversation_id }) => conversation_id))]
}

/** A conversation by its id, with the one that goes on from it if it is closed. */
export async function followed(
  store: MessageStore,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Stored<Conversation> | undefined> {
  let stored = await store.conversation(workspaceId, id)
  for (let hop = 0; hop < MOST_HOPS && stored?.value.continued_in; hop++) {
    const target = await store.conversation(workspaceId, stored.value.continued_in.conversation_id)
    stored = target && (await takeOver(store, target, stored.value))
  }
  return stored
}
