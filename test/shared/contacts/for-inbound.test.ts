import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { contactByUserId, contactForInbound, type InboundPerson } from '../../../shared/contacts/for-inbound.ts'
import { contactWithNumber } from '../../../shared/contacts/for-send.ts'
import { contactId, isOptedOut, isSilent, userContactId } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { optedOutSince } from '../../support/opted-out.ts'
import { aContactsWorld, allContacts, importText, withContacts, type ContactsWorld } from './support.ts'

let at: ContactsWorld
let workspace: WorkspaceId
let deps: Deps

beforeAll(async () => {
  at = await aContactsWorld()
  deps = at.deps
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

const WA_ID = '12025550123'
const PHONE = { waId: WA_ID, e164: `+${WA_ID}` }
const USER_ID = 'US.13491208655302741918'

/** Messages come in this order unless a test says otherwise. */
let minutes = 0
function writes(person: Omit<InboundPerson, 'at'> & { at?: string }, given = deps) {
  const sentAt = new Date(Date.now() + ++minutes * 1000).toISOString()
  return contactForInbound(given, workspace, { at: sentAt, ...person })
}

async function requestsOf(work: (counted: Deps) => Promise<unknown>): Promise<Record<string, number>> {
  const made: Record<string, number> = {}
  let counted = deps
  for (const method of ['read', 'create', 'replace', 'batch', 'query'] as const) {
    counted = withContacts(counted, method, () => {
      made[method] = (made[method] ?? 0) + 1
    })
  }
  await work(counted)
  return made
}

const optedOutIds = () => optedOutSince(deps, workspace, '2020')

describe('who writes with a number', () => {
  it('becomes a contact that has not opted in, with the name of the profile', async () => {
    const contact = await writes({ waId: WA_ID, profileName: ' Ada  Lovelace ' })
    expect(contact).toMatchObject({
      id: contactId(workspace, WA_ID),
      phone_number: `+${WA_ID}`,
      name: 'Ada Lovelace',
      opted_in: false,
      opted_in_source: 'wrote',
    })
    expect(isOptedOut(contact)).toBe(false)
    expect(await getContact(deps, workspace, contact.id)).toEqual(contact)
    expect(await contactStore(deps.containers).audiencePage(workspace, { limit: 10 })).toEqual([])
  })

  it('may still be opted in by an import or by the API, as nobody has said anything yet', async () => {
    const { id } = await writes({ waId: WA_ID })
    await importText(deps, workspace, `phone\n+${WA_ID}\n`)
    expect(await getContact(deps, workspace, id)).toMatchObject({ opted_in: true, opted_in_source: 'import' })
  })

  it('keeps consent, tags and the name that somebody gave, and is read once and written never', async () => {
    const created = await createContact(deps, workspace, {
      phone_number: `+${WA_ID}`,
      name: 'Ms Lovelace',
      tags: ['vip'],
    })
    const requests = await requestsOf((counted) => writes({ waId: WA_ID, profileName: 'ada' }, counted))
    expect(requests).toEqual({ read: 1 })
    expect(await getContact(deps, workspace, created.id)).toEqual(created)
  })

  it('is the same person in every spelling of the number', async () => {
    const first = await writes({ waId: '5511987654321' })
    const second = await writes({ waId: '551187654321' })
    expect(second).toEqual(first)
    expect((await writes({ waId: '5215512345678' })).id).toBe((await writes({ waId: '525512345678' })).id)
  })

  it('is a contact even with a number no rule of ours knows', async () => {
    expect(await writes({ waId: '16315551' })).toMatchObject({ phone_number: '+16315551' })
    expect(await writes({ waId: '999' })).toMatchObject({ wa_id: '999', phone_number: '+999' })
  })
})

describe('who writes with a user id alone', () => {
  it('becomes a contact without a number, found by the user id', async () => {
    const contact = await writes({ userId: USER_ID, username: '@ada', profileName: 'Ada', parentUserId: 'US.ENT.1' })
    expect(contact).toMatchObject({
      id: userContactId(workspace, USER_ID),
      wa_id: null,
      phone_number: null,
      user_id: USER_ID,
      parent_user_id: 'US.ENT.1',
      username: 'ada',
      opted_in: false,
    })
    expect(await contactByUserId(deps, workspace, USER_ID)).toEqual(contact)
    expect(await requestsOf((counted) => writes({ userId: USER_ID, username: 'ada' }, counted))).toEqual({ read: 1 })
    expect(await contactByUserId(deps, aWorkspaceId(), USER_ID)).toBeUndefined()
  })

  it('is in no audience, whatever they agreed to, and is counted as having no number', async () => {
    const { id } = await writes({ userId: USER_ID })
    await updateContact(deps, workspace, id, { opted_in: true, source: 'api' })
    const store = contactStore(deps.containers)
    expect(await store.audiencePage(workspace, { limit: 10 })).toEqual([])
    expect(await store.countAudience(workspace)).toBe(0)
    expect(await store.countAudience(workspace, { consent: 'no_number' })).toBe(1)
  })

  it('has the name they use now; older messages change nothing', async () => {
    await writes({ userId: USER_ID, username: 'ada', at: '2026-11-01T10:00:00.000Z' })
    await writes({ userId: USER_ID, username: 'countess', at: '2026-11-03T10:00:00.000Z' })
    const known = await writes({ userId: USER_ID, username: 'ada', at: '2026-11-01T10:00:00.000Z' })
    expect(known).toMatchObject({ username: 'countess' })
  })
})

describe('number and user id in one message', () => {
  const both = { waId: WA_ID, userId: USER_ID }

  it('of a stranger make one contact, found by either with one read, or two', async () => {
    const contact = await writes(both)
    expect(contact).toMatchObject({ id: contactId(workspace, WA_ID), user_id: USER_ID })
    expect(await contactByUserId(deps, workspace, USER_ID)).toEqual(contact)
    expect(await contactWithNumber(deps, workspace, PHONE)).toEqual(contact)
    expect(await requestsOf((counted) => writes(both, counted))).toEqual({ read: 1 })
    expect(await requestsOf((counted) => writes({ userId: USER_ID }, counted))).toEqual({ read: 2 })
    expect(await allContacts(deps, workspace)).toHaveLength(1)
  })

  it('of a contact known by number name its user id', async () => {
    const known = await createContact(deps, workspace, { phone_number: `+${WA_ID}`, tags: ['vip'] })
    expect(await writes(both)).toMatchObject({ id: known.id, opted_in: true, tags: ['vip'], user_id: USER_ID })
    expect((await contactByUserId(deps, workspace, USER_ID))?.id).toBe(known.id)
  })

  it('of a contact known by user id give it its number, and its old id leads there', async () => {
    const before = await writes({ userId: USER_ID, profileName: 'Ada' })
    await updateContact(deps, workspace, before.id, { tags: ['vip'], attributes: { City: 'Rome' }, source: 'api' })
    const after = await writes(both)
    expect(after).toMatchObject({
      id: contactId(workspace, WA_ID),
      phone_number: `+${WA_ID}`,
      name: 'Ada',
      tags: ['vip'],
      attributes: { City: 'Rome' },
      created_at: before.created_at,
      former_ids: [before.id],
    })
    expect(await getContact(deps, workspace, before.id)).toEqual(after)
    expect(await allContacts(deps, workspace)).toEqual([after])
    expect(await allContacts(deps, workspace, { search: WA_ID })).toEqual([after])
  })

  it('join two contacts: nothing entered is lost, and both ids lead to the one', async () => {
    const byUser = await writes({ userId: USER_ID, username: 'ada' })
    await updateContact(deps, workspace, byUser.id, {
      tags: ['app', 'VIP'],
      attributes: { City: 'Rome', a: '1' },
      source: 'api',
    })
    const byPhone = await createContact(deps, workspace, {
      phone_number: `+${WA_ID}`,
      name: 'Ms Lovelace',
      tags: ['vip'],
      attributes: { city: 'London' },
    })
    const one = await writes(both)
    expect(one).toMatchObject({
      id: byPhone.id,
      name: 'Ms Lovelace',
      username: 'ada',
      tags: ['vip', 'app'],
      attributes: { city: 'London', a: '1' },
      created_at: byUser.created_at,
      opted_in: true,
    })
    expect(await getContact(deps, workspace, byUser.id)).toEqual(one)
    expect(await allContacts(deps, workspace)).toEqual([one])
    expect(await writes(both)).toEqual(one)
  })

  it.each([
    ['the number', 'phone'],
    ['the user id', 'user'],
  ] as const)('keep a no that was said under %s, and campaigns already planned hear of it', async (_under, where) => {
    const byUser = await writes({ userId: USER_ID })
    const byPhone = await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    await updateContact(deps, workspace, byUser.id, { opted_in: true, source: 'api' })
    const outId = where === 'phone' ? byPhone.id : byUser.id
    await updateContact(deps, workspace, outId, { opted_in: false, source: 'api' })
    expect(await optedOutIds()).toEqual([outId])
    const one = await writes(both)
    expect(one).toMatchObject({ id: byPhone.id, opted_in: false })
    expect(isOptedOut(one)).toBe(true)
    expect(await optedOutIds()).toEqual(expect.arrayContaining([byPhone.id, byUser.id]))
  })

  it('from many messages at once end as one contact', async () => {
    await writes({ userId: USER_ID })
    await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    const found = await Promise.all(Array.from({ length: 8 }, () => writes(both)))
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([contactId(workspace, WA_ID)]))
    expect(await allContacts(deps, workspace)).toHaveLength(1)
  })

  it('reach nothing of another workspace', async () => {
    const foreign = aWorkspaceId()
    const theirs = await createContact(deps, foreign, { phone_number: `+${WA_ID}` })
    const ours = await writes(both)
    expect(ours.id).not.toBe(theirs.id)
    expect(await getContact(deps, foreign, theirs.id)).toEqual(theirs)
    await expect(getContact(deps, foreign, ours.id)).rejects.toMatchObject({ code: 'contact_not_found' })
  })
})

describe('a deleted contact', () => {
  it('comes back when they write after that, without its opt-in', async () => {
    const { id } = await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    await deleteContact(deps, workspace, id)
    const back = await writes({ waId: WA_ID })
    expect(back).toMatchObject({ id, deleted: false, opted_in: false })
    expect(isSilent(back)).toBe(true)
  })

  it('comes back with its opt-out', async () => {
    const { id } = await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    await updateContact(deps, workspace, id, { opted_in: false, source: 'api' })
    await deleteContact(deps, workspace, id)
    expect(isOptedOut(await writes({ waId: WA_ID }))).toBe(true)
  })

  it('stays deleted when an older message is told again', async () => {
    const { id } = await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    await deleteContact(deps, workspace, id)
    expect(await writes({ waId: WA_ID, at: '2026-01-01T00:00:00.000Z' })).toMatchObject({ id, deleted: true })
    await expect(getContact(deps, workspace, id)).rejects.toMatchObject({ code: 'contact_not_found' })
  })

  it('stays deleted where they did nothing: WhatsApp told of them, or the business wrote', async () => {
    const { id } = await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    await deleteContact(deps, workspace, id)
    expect(await writes({ waId: WA_ID, isPassive: true })).toMatchObject({ id, deleted: true })
    expect(await writes({ waId: WA_ID, userId: USER_ID, isPassive: true })).toMatchObject({ id, deleted: true })
    expect(await writes({ waId: WA_ID })).toMatchObject({ id, deleted: false, user_id: USER_ID })
  })

  it('keeps an opt-out for the person it turns out to be', async () => {
    const { id } = await writes({ userId: USER_ID })
    await updateContact(deps, workspace, id, { opted_in: false, source: 'api' })
    await deleteContact(deps, workspace, id)
    await createContact(deps, workspace, { phone_number: `+${WA_ID}` })
    expect(isOptedOut(await writes({ waId: WA_ID, userId: USER_ID }))).toBe(true)
  })
})

it('ends the same whatever order messages come in, and a replay changes nothing', async () => {
  const person = fc.record({
    waId: fc.constantFrom(undefined, WA_ID),
    userId: fc.constantFrom(undefined, USER_ID),
    profileName: fc.constantFrom(undefined, 'Ada'),
  })
  const usable = person.filter(({ waId, userId }) => waId !== undefined || userId !== undefined)
  await fc.assert(
    fc.asyncProperty(fc.array(usable, { minLength: 1, maxLength: 6 }), async (told) => {
      workspace = aWorkspaceId()
      const messages = told.map((one, index) => ({ ...one, at: `2026-11-01T10:00:0${index}.000Z` }))
      for (const message of messages) await writes(message)
      const people = await allContacts(deps, workspace)
      const isJoined = told.some(({ waId, userId }) => waId !== undefined && userId !== undefined)
      const kinds =
        Number(told.some(({ waId }) => waId !== undefined)) + Number(told.some(({ userId }) => userId !== undefined))
      expect(people).toHaveLength(isJoined ? 1 : kinds)
      for (const message of messages) await writes(message)
      expect(await allContacts(deps, workspace)).toEqual(people)
    }),
    { numRuns: 60 },
  )
})
