import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { contactByUserId } from '../../../shared/contacts/for-inbound.ts'
import { contactId, isOptedOut } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { applyPersonChange } from '../../../shared/webhooks/apply-person-events.ts'
import { splitBody, type Change } from '../../../shared/webhooks/split.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { optedOutSince } from '../../support/opted-out.ts'
import { sample } from '../../support/webhooks.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

type Item = Record<string, unknown>
const RECEIVED_AT = '2026-11-20T12:00:00.000Z'
const apply = (change: Change) => applyPersonChange(w.deps, change, RECEIVED_AT)

/** A sample about our number, with its items changed. */
function told(name: string, changes: Item, metaId = w.simulator.phoneNumberId): Change {
  const [change] = splitBody(sample(name))?.get('account') ?? []
  const value = change!.value as Record<string, Item[]>
  const [item] = value[change!.field]!
  return {
    ...change!,
    value: { ...value, metadata: { phone_number_id: metaId }, [change!.field]: [{ ...item, ...changes }] },
  }
}

const found = async (waId: string) =>
  (await contactStore(w.deps.containers).find(w.workspaceId, contactId(w.workspaceId, waId)))?.value
const aWaId = () => w.aStranger().slice(1)
let users = 0
const aUserId = () => `US.9000${++users}`

describe('stop and resume of marketing at Meta', () => {
  it('opt the contact out and in, in the order of Meta’s times, whatever order they come in', async () => {
    const [waId, user_id] = [aWaId(), aUserId()]
    const { id } = await createContact(w.deps, w.workspaceId, { phone_number: `+${waId}` })
    const stop = told('user-preferences-stop', { wa_id: waId, user_id, timestamp: 1_790_000_100 })
    const resume = told('user-preferences-resume', { wa_id: waId, user_id, timestamp: '1790000200' })
    expect(await apply(stop)).toEqual([])
    expect(await getContact(w.deps, w.workspaceId, id)).toMatchObject({
      opted_in: false,
      opted_in_source: 'meta',
      user_id,
      consent_at: '2026-09-21T14:15:00.000Z',
    })
    expect(await optedOutSince(w.deps, w.workspaceId, '2020')).toContain(id)
    for (const change of [resume, stop, resume, stop]) await apply(change)
    expect(await getContact(w.deps, w.workspaceId, id)).toMatchObject({ opted_in: true, opted_in_source: 'meta' })
  })

  it('are known of a stranger before anybody imports them', async () => {
    const waId = aWaId()
    await apply(told('user-preferences-stop', { wa_id: waId, user_id: aUserId() }))
    await expect(createContact(w.deps, w.workspaceId, { phone_number: `+${waId}` })).rejects.toMatchObject({
      code: 'contact_exists',
    })
    expect(isOptedOut((await found(waId))!)).toBe(true)
  })

  it('are known of who hides their number, with a null or an empty text in its place', async () => {
    for (const wa_id of [null, '', undefined]) {
      const user_id = aUserId()
      expect(await apply(told('user-preferences-stop', { wa_id, user_id }))).toEqual([])
      expect(isOptedOut((await contactByUserId(w.deps, w.workspaceId, user_id))!)).toBe(true)
    }
  })

  it('leave a deleted contact deleted, and are kept with it', async () => {
    const waId = aWaId()
    const { id } = await createContact(w.deps, w.workspaceId, { phone_number: `+${waId}` })
    await deleteContact(w.deps, w.workspaceId, id)
    await apply(told('user-preferences-stop', { wa_id: waId, timestamp: 1_790_000_100 }))
    expect(await found(waId)).toMatchObject({ deleted: true, opted_in: false, opted_in_source: 'meta' })
  })

  it('of an unknown number, kind or shape are handed back, and their neighbours are applied', async () => {
    const waId = aWaId()
    const good = told('user-preferences-stop', { wa_id: waId })
    const value = good.value as Record<string, unknown>
    const odd = [
      null,
      'x',
      { wa_id: waId, category: 'newsletters', value: 'stop', timestamp: 1 },
      { category: 'marketing_messages', value: 'stop', timestamp: 1 },
    ]
    const mixed = {
      ...good,
      value: { ...value, user_preferences: [...odd, ...(value['user_preferences'] as unknown[])] },
    }
    expect(await apply(mixed)).toEqual([{ ...good, value: { ...value, user_preferences: odd } }])
    expect(isOptedOut((await found(waId))!)).toBe(true)
    const foreign = told('user-preferences-stop', {}, '999')
    expect(await apply(foreign)).toEqual([foreign])
    expect(await apply({ ...good, value: { metadata: value['metadata'] } })).toHaveLength(1)
    expect(await apply({ ...good, value: null })).toHaveLength(1)
  })
})

describe('a user id that Meta replaced', () => {
  it('leads to the contact as the earlier one did', async () => {
    const waId = aWaId()
    const [previous, current] = [aUserId(), aUserId()]
    const { id } = await createContact(w.deps, w.workspaceId, { phone_number: `+${waId}` })
    const change = told('user-id-update', { wa_id: waId, user_id: { previous, current } })
    expect(await apply(change)).toEqual([])
    const once = await found(waId)
    expect(once).toMatchObject({ id, user_id: current })
    expect(await apply(change)).toEqual([])
    expect(await found(waId)).toEqual(once)
    expect((await contactByUserId(w.deps, w.workspaceId, current))?.id).toBe(id)
    expect((await contactByUserId(w.deps, w.workspaceId, previous))?.id).toBe(id)
  })
})
