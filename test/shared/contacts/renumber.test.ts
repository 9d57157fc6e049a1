import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { contactByUserId, contactForInbound, phoneOf } from '../../../shared/contacts/for-inbound.ts'
import { contactForSend, contactWithNumber } from '../../../shared/contacts/for-send.ts'
import { contactId, isOptedOut, userContactId } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { applySystemNote } from '../../../shared/contacts/system-notes.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { optedOutSince } from '../../support/opted-out.ts'
import { sample } from '../../support/webhooks.ts'
import { aContactsWorld, allContacts, importText, type ContactsWorld } from './support.ts'

let at: ContactsWorld
let deps: Deps
let workspace: WorkspaceId

beforeAll(async () => {
  at = await aContactsWorld()
  deps = at.deps
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

const OLD = '12025550111'
const NEW = '12025550222'
const USER = 'US.1'
const LATER_USER = 'US.2'
const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T10:00:00.000Z`

const known = (waId: string, details: object = {}) =>
  createContact(deps, workspace, { phone_number: `+${waId}`, ...details })
const changed = (when: number, system: object = { wa_id: NEW }, person: object = { waId: OLD }) =>
  applySystemNote(deps, workspace, { ...person, at: day(when), system: { type: 'user_changed_number', ...system } })
const writes = (when: number, person: object) => contactForInbound(deps, workspace, { at: day(when), ...person })

describe('a changed number', () => {
  it('as in the sample takes the contact along, with all that is known; its old id leads to it', async () => {
    const [change] = sample('message-system-number-changed').entry[0]!.changes
    // As the sample is.
    const [message] = change!.value['messages'] as { from: string; timestamp: string; system: { wa_id: string } }[]
    const { from, timestamp, system } = message!
    const before = await known(from, { name: 'Ada', tags: ['vip'], attributes: { city: 'Rome' } })
    const note = { waId: from, at: new Date(Number(timestamp) * 1000).toISOString(), system }
    expect(await applySystemNote(deps, workspace, note)).toBe(true)
    const after = await getContact(deps, workspace, before.id)
    expect(after).toMatchObject({
      id: contactId(workspace, system.wa_id),
      phone_number: `+${system.wa_id}`,
      name: 'Ada',
      tags: ['vip'],
      attributes: { city: 'Rome' },
      opted_in: true,
      created_at: before.created_at,
    })
    expect(await allContacts(deps, workspace)).toEqual([after])
    expect(await allContacts(deps, workspace, { search: from })).toEqual([])
  })

  it('is told in the words of older versions, and again, with the same end', async () => {
    const { id } = await known(OLD)
    await changed(2, { wa_id: undefined, new_wa_id: `+${NEW}` })
    const after = await getContact(deps, workspace, id)
    await changed(2)
    await changed(1)
    expect(await allContacts(deps, workspace)).toEqual([after])
  })

  it('of a person who is no contact changes nothing', async () => {
    await known(NEW)
    const before = await allContacts(deps, workspace)
    await changed(1)
    expect(await allContacts(deps, workspace)).toEqual(before)
  })

  it('makes one contact with who is there already, and the stricter consent holds', async () => {
    const old = await known(OLD, { tags: ['a'] })
    await updateContact(deps, workspace, old.id, { opted_in: false, source: 'api' })
    const there = await known(NEW, { name: 'Ada', tags: ['b'] })
    await changed(1)
    const one = await getContact(deps, workspace, there.id)
    expect(one).toMatchObject({ id: there.id, name: 'Ada', tags: ['b', 'a'], created_at: old.created_at })
    expect(isOptedOut(one)).toBe(true)
    expect(await optedOutSince(deps, workspace, '2020')).toContain(there.id)
    expect(await allContacts(deps, workspace)).toEqual([one])
  })

  it('takes a no along even from a deleted contact', async () => {
    const old = await known(OLD)
    await updateContact(deps, workspace, old.id, { opted_in: false, source: 'api' })
    await deleteContact(deps, workspace, old.id)
    await changed(1)
    expect(await allContacts(deps, workspace)).toEqual([])
    const created = await known(NEW)
    expect(isOptedOut(created)).toBe(true)
  })

  it('takes no yes over from a contact that was deleted', async () => {
    const there = await known(NEW, { name: 'Ada' })
    await deleteContact(deps, workspace, there.id)
    await writes(1, { waId: OLD })
    await changed(2)
    const one = await getContact(deps, workspace, there.id)
    expect(one).toMatchObject({ name: 'Ada', opted_in: false, first_consent: { kind: 'opt_in', source: 'api' } })
    expect(isOptedOut(one)).toBe(false)
  })

  it('makes whoever writes from the old number afterwards somebody else; what was sent before is still theirs', async () => {
    await known(OLD, { name: 'Ada' })
    await changed(5)
    expect(await writes(4, { waId: OLD })).toMatchObject({ name: 'Ada', phone_number: `+${NEW}` })
    const stranger = await writes(6, { waId: OLD, profileName: 'Bob' })
    expect(stranger).toMatchObject({ id: contactId(workspace, OLD), name: 'Bob', opted_in: false })
    expect(await allContacts(deps, workspace)).toHaveLength(2)
    // Told again: Bob stays who he is.
    await changed(5)
    expect(await getContact(deps, workspace, stranger.id)).toEqual(stranger)
  })

  it('and back again ends at the old number', async () => {
    const { id } = await known(OLD, { name: 'Ada' })
    await changed(1)
    await changed(3, { wa_id: OLD }, { waId: NEW })
    await changed(1)
    const [one, ...more] = await allContacts(deps, workspace)
    expect(more).toEqual([])
    expect(one).toMatchObject({ id, name: 'Ada', phone_number: `+${OLD}` })
    expect((await contactWithNumber(deps, workspace, phoneOf(NEW)))?.id).toBe(id)
  })

  it('shows by the user id alone, where the note never came', async () => {
    await writes(1, { waId: OLD, userId: USER, profileName: 'Ada' })
    const after = await writes(2, { waId: NEW, userId: USER })
    expect(after).toMatchObject({ id: contactId(workspace, NEW), name: 'Ada' })
    expect((await contactByUserId(deps, workspace, USER))?.id).toBe(after.id)
    expect(await allContacts(deps, workspace)).toEqual([after])
  })

  it('leaves the old number to nobody in imports and sends: the person is known there', async () => {
    await known(OLD)
    await changed(1)
    const { results } = await importText(deps, workspace, `phone\n+${OLD}\n+12025550333\n`)
    expect(results).toMatchObject([
      { status: 'skipped', reason: expect.stringContaining('another number') as string },
      { status: 'imported' },
    ])
    await expect(known(OLD)).rejects.toMatchObject({
      code: 'contact_exists',
      details: { contact_id: contactId(workspace, NEW) },
    })
    const to = phoneOf(OLD)
    const contact = await contactForSend(deps, workspace, to, await contactWithNumber(deps, workspace, to))
    expect(contact.id).toBe(contactId(workspace, NEW))
  })
})

describe('a changed user id', () => {
  const note = (when: number) =>
    applySystemNote(deps, workspace, {
      userId: USER,
      at: day(when),
      system: { type: 'user_changed_user_id', user_id: LATER_USER },
    })

  it('leads to the contact as the earlier one does', async () => {
    const before = await writes(1, { userId: USER })
    await note(2)
    await note(2)
    expect(await contactByUserId(deps, workspace, LATER_USER)).toMatchObject({ id: before.id, user_id: LATER_USER })
    expect(await writes(3, { userId: LATER_USER })).toMatchObject({ id: before.id })
    expect((await contactByUserId(deps, workspace, USER))?.id).toBe(before.id)
    expect(await allContacts(deps, workspace)).toHaveLength(1)
  })

  it('joins who wrote under the new one before the note came', async () => {
    const before = await writes(1, { waId: OLD, userId: USER })
    await writes(3, { userId: LATER_USER, username: 'ada' })
    await note(2)
    const [one, ...more] = await allContacts(deps, workspace)
    expect(more).toEqual([])
    expect(one).toMatchObject({ id: before.id, username: 'ada', user_id: LATER_USER })
    expect(await contactByUserId(deps, workspace, LATER_USER)).toEqual(one)
  })

  it('of a stranger changes nothing', async () => {
    await note(1)
    expect(await allContacts(deps, workspace)).toEqual([])
    expect(await contactStore(deps.containers).look(workspace, userContactId(workspace, LATER_USER))).toBeUndefined()
  })
})

describe('other notes', () => {
  it('about a changed identity are kept with the contact, the latest of them', async () => {
    const { id } = await known(OLD)
    const identity = (hash: string) => ({ acknowledged: true, created_timestamp: 1, hash })
    const told = (when: number, hash: string) =>
      applySystemNote(deps, workspace, {
        waId: OLD,
        at: day(when),
        system: { type: 'customer_identity_changed' },
        identity: identity(hash),
      })
    expect(await told(2, 'abc')).toBe(true)
    await told(1, 'old')
    expect(await getContact(deps, workspace, id)).toMatchObject({ identity: { hash: 'abc', changed_at: day(2) } })
  })

  it('of an unknown kind or shape say so', async () => {
    for (const system of [
      null,
      {},
      { type: 'user_grew_wings' },
      { type: 'user_changed_number' },
      { type: 'user_changed_user_id' },
    ]) {
      expect(await applySystemNote(deps, workspace, { waId: OLD, at: day(1), system })).toBe(false)
    }
  })

  it('reach nobody of another workspace', async () => {
    const theirs = aWorkspaceId()
    const contact = await createContact(deps, theirs, { phone_number: `+${OLD}` })
    await changed(1)
    expect(await getContact(deps, theirs, contact.id)).toEqual(contact)
  })
})
