/**
 * What follows when a person was erased: their messages and files, what the ledger says beyond yes and no, and their number and values in
 * campaigns that are at rest. Each write is a step of its own that finds only what is left, so it may stop anywhere and run again.
 * It looks again later, for what was on its way meanwhile and for campaigns that were still running.
 */
import type { Stored } from '../../azure/cosmos.ts'
import { isConflict } from '../../errors.ts'
import type { Deps } from '../../deps.ts'
import { derivedId, type WorkspaceId } from '../../ids.ts'
import { eraseMedia } from '../../media/delete.ts'
import { erasedConversation, erasedMessage } from '../../messages/erased.ts'
import { notesId } from '../../messages/notes.ts'
import { isGroup } from '../../messages/conversation.ts'
import type { Message } from '../../messages/schema.ts'
import { messageStore } from '../../messages/store.ts'
import type { QueueMessage } from '../../queue/messages.ts'
import { eraseFromCampaigns } from '../../recipients/of-person.ts'
import { erasOf } from '../eras.ts'
import type { Contact, Era } from '../schema.ts'
import { contactStore } from '../store.ts'

const MESSAGES_PER_READ = 100
/** In one invocation, so that none runs for long. */
const READS = 20
const QUARTER_OF_AN_HOUR = 15 * 60
const DAY = 24 * 60 * 60
/** A campaign may take days; none is at work for longer. */
const MOST_LOOKS = 30

type EraseDeps = Pick<Deps, 'containers' | 'queues' | 'blobs' | 'now' | 'log'>

export async function erasePerson(deps: EraseDeps, message: QueueMessage<'contact-erasures'>): Promise<void> {
  const { workspace_id, contact_id, look } = message
  const contact = (await contactStore(deps.containers).find(workspace_id, contact_id))?.value
  if (contact?.erased_at === undefined) return
  const eras = erasOf(contact)
  const person: Person = { workspaceId: workspace_id, eras, until: contact.erased_at }
  await eraseLedger(deps, contact)
  if (!(await eraseMessages(deps, person))) return deps.queues.send('contact-erasures', message)
  await eraseConversations(deps, person)
  const isAtRest = await eraseFromCampaigns(deps, workspace_id, { ids: idsOf(eras), until: contact.erased_at })
  if (look === 0) await again(deps, message, QUARTER_OF_AN_HOUR)
  else if (!isAtRest && look < MOST_LOOKS) await again(deps, message, DAY)
}

function again({ queues }: EraseDeps, message: QueueMessage<'contact-erasures'>, delaySeconds: number): Promise<void> {
  return queues.send('contact-erasures', { ...message, look: message.look + 1 }, { delaySeconds })
}

interface Person {
  workspaceId: WorkspaceId
  eras: readonly Era[]
  /** What came later is of whoever wrote again. */
  until: string
}

function idsOf(eras: readonly Era[]): string[] {
  return [...new Set(eras.map(({ contact_id }) => contact_id))]
}

/** False if there is more. What somebody changes at this moment is found by the next look. */
async function eraseMessages(deps: EraseDeps, { workspaceId, eras, until }: Person): Promise<boolean> {
  const store = messageStore(deps.containers)
  const conversations = (await store.conversationsOf(workspaceId, eras)).map(({ value }) => value.id)
  let after: { created_at: string; id: string } | undefined
  for (let read = 0; read < READS; read++) {
    const found = await store.messagesOf(workspaceId, eras, { until, after, take: MESSAGES_PER_READ, erased: false })
    for (const stored of found) await eraseOne(deps, stored, conversations)
    const last = found.at(-1)?.value
    if (!last || found.length < MESSAGES_PER_READ) return true
    after = { created_at: last.created_at, id: last.id }
  }
  return false
}

/** The message last: as long as it is there, what belongs to it is looked for. */
async function eraseOne(deps: EraseDeps, stored: Stored<Message>, conversations: readonly string[]): Promise<void> {
  const message = stored.value
  const next = erasedMessage(message, deps.now().toISOString())
  if (!next) return
  const { messages } = deps.containers
  if (message.direction !== 'outbound') {
    await eraseMedia(deps, message.workspace_id, derivedId('media', message.workspace_id, message.id))
  }
  for (const id of message.wa_message_id === null ? [] : new Set([message.conversation_id, ...conversations])) {
    const key = id.slice(-message.conversation.length)
    await messages.remove(notesId(id, message.wa_message_id ?? ''), [message.workspace_id, key])
  }
  await unlessConflict(messageStore(deps.containers).replace(stored, next))
}

async function eraseConversations(deps: EraseDeps, { workspaceId, eras, until }: Person): Promise<void> {
  const store = messageStore(deps.containers)
  for (const stored of await store.conversationsOf(workspaceId, eras)) {
    const { value } = stored
    const goesOn = value.last_message !== null && value.last_message.at > until
    if (value.erased_at !== undefined || isGroup(value) || goesOn) continue
    await unlessConflict(store.replaceConversation(stored, erasedConversation(value, deps.now().toISOString())))
  }
}

/** When and that it was said stays, as the reason why nobody may be written to, or could; in whose words, goes. */
async function eraseLedger({ containers }: EraseDeps, contact: Contact): Promise<void> {
  const store = contactStore(containers)
  for (const { value, etag } of await store.provenEntries(contact.workspace_id, erasOf(contact))) {
    if (value.at > (contact.erased_at ?? '')) continue
    const { how: _how, evidence: _evidence, ...rest } = value
    await unlessConflict(containers.contacts.replace({ value, etag }, rest, contact.workspace_id))
  }
}

async function unlessConflict(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}
