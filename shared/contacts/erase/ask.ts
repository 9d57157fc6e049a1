/**
 * Erases a person: at once from the contacts, then, through a queue, from messages, files, the ledger and campaigns. What stays is
 * the contact’s id, which is a hash of the workspace and the number, with an opt-out: whoever asks to be forgotten must not be
 * written to because an old list is imported again.
 */
import { retryingConflicts } from '../../conflicts.ts'
import type { Deps } from '../../deps.ts'
import type { WorkspaceId } from '../../ids.ts'
import { newConsent, given } from '../consent.ts'
import { findUndeleted } from '../find.ts'
import { parsePhone } from '../phone.ts'
import { contactId as idOfNumber, newContact, type Contact } from '../schema.ts'
import { contactStore, type ContactStore } from '../store.ts'

const AFTER_THE_WRITE_SECONDS = 1

type AskDeps = Pick<Deps, 'containers' | 'queues' | 'now' | 'log'> & Partial<Pick<Deps, 'backOff'>>

/** When it was asked for. Throws `contact_not_found`. */
export async function eraseContact(
  deps: AskDeps,
  workspaceId: WorkspaceId,
  contactId: string,
  by: string | undefined,
): Promise<string> {
  const store = contactStore(deps.containers)
  const { value } = await findUndeleted(store, workspaceId, contactId)
  return erased(deps, store, value, by)
}

/**
 * Whoever has this number, a deleted contact too. Who was none yet becomes one that is erased, for the sake of the no: a list with
 * their number may still be on its way. Nothing is said of whether there was one.
 */
export async function eraseNumber(
  deps: AskDeps,
  workspaceId: WorkspaceId,
  phoneNumber: string,
  by: string | undefined,
): Promise<string> {
  const parsed = parsePhone(phoneNumber)
  if (!parsed.ok) return deps.now().toISOString()
  const store = contactStore(deps.containers)
  const { phone } = parsed
  const stored = await retryingConflicts(async () => {
    const known = await store.find(workspaceId, idOfNumber(workspaceId, phone.waId))
    if (known) return known
    const blank = newContact(workspaceId, { phone, name: null, tags: [], optedIn: false, source: 'send' }, deps.now())
    return store.create({ ...blank, deleted: true })
  }, deps.backOff)
  return erased(deps, store, stored.value, by)
}

async function erased(deps: AskDeps, store: ContactStore, { workspace_id, id }: Contact, by: string | undefined) {
  const at = deps.now().toISOString()
  const message = { workspace_id, contact_id: id, look: 0 }
  // Nobody redelivers a request: what follows is queued before the write, and does nothing unless that lands.
  await deps.queues.send('contact-erasures', message, { delaySeconds: AFTER_THE_WRITE_SECONDS })
  await retryingConflicts(async () => {
    const stored = await store.find(workspace_id, id)
    if (!stored) return
    // Asked for again: what was erased then has nothing left to erase.
    if (stored.value.erased_at !== undefined && stored.value.deleted) return
    const left = emptied(stored.value, at)
    await store.replaceWithConsent(stored, left, newConsent(left, at, given({ by })))
  }, deps.backOff)
  deps.log.info('contact.erased', { workspace_id, contact_id: id })
  return at
}

/** Ids are hashes; running campaigns and late messages are known by them. */
function emptied({ id, workspace_id, former_ids, eras, holder_before }: Contact, at: string): Contact {
  return {
    id,
    type: 'contact',
    v: 1,
    workspace_id,
    wa_id: null,
    phone_number: null,
    // What was written before says nothing about who it was.
    profile_at: at,
    ...(holder_before === undefined ? {} : { holder_before }),
    ...(former_ids === undefined ? {} : { former_ids }),
    ...(eras === undefined ? {} : { eras }),
    name: null,
    name_folded: '',
    digits_reversed: '',
    tags: [],
    tags_folded: [],
    attributes: {},
    attributes_folded: {},
    opted_in: false,
    opted_in_source: 'erasure',
    opted_out_at: at,
    consent_at: at,
    deleted: true,
    deleted_at: at,
    erased_at: at,
    created_at: at,
    updated_at: at,
  }
}
