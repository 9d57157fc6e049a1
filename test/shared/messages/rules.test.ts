import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createContact } from '../../../shared/contacts/create.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { rowWriter } from '../../../shared/contacts/import/write.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import { listConversations } from '../../../shared/messages/list-conversations.ts'
import { queueText } from '../../../shared/messages/queue-text.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { applyConsent } from '../../support/consent.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterEach(() => {
  w.queued.splice(0)
})
afterAll(() => w.close())

function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * 3_600_000)
}

function text(changes: Record<string, unknown> = {}, deps: Deps = w.deps, workspaceId = w.workspaceId) {
  const base = { phone_number_id: w.phoneNumberId, to: '+15550100001', text: 'Hello' }
  return queueText(deps, workspaceId, { ...base, ...changes })
}

/** How many conversations with this person the inbox lists as open, and as closed. */
async function foundOpen(person: string) {
  const count = async (window_open: boolean) =>
    (await listConversations(w.deps, w.workspaceId, { window_open, search: person.slice(1), limit: 10 })).conversations
      .length
  return { true: await count(true), false: await count(false) }
}

async function problemOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught as { problems?: { loc: unknown[]; msg: string }[] },
  )
  return error?.problems?.[0]
}

describe('the service window', () => {
  it('is closed for who never wrote: texts are refused with a hint', async () => {
    await expect(w.text(w.aStranger())).rejects.toMatchObject({
      code: 'outside_service_window',
      details: { hint: expect.stringContaining('template') as string },
    })
    expect(w.queued).toEqual([])
  })

  it('is open for 24 hours after the person wrote, by the message’s own time', async () => {
    const [fresh, old] = [w.aStranger(), w.aStranger()]
    await w.writes(fresh, hoursAgo(23.9))
    await w.writes(old, hoursAgo(24.1))
    expect(await w.text(fresh)).toMatchObject({ to_number: fresh })
    await expect(w.text(old)).rejects.toMatchObject({ code: 'outside_service_window' })
  })

  it('does not close again when an older message comes late', async () => {
    const person = w.aStranger()
    await w.writes(person, hoursAgo(1))
    await w.writes(person, hoursAgo(30))
    await expect(w.text(person)).resolves.toBeDefined()
  })

  it('is closed where Meta says so at once or later, until the person writes again', async () => {
    const aMinuteAgo = { ...w.deps, now: () => hoursAgo(1 / 60) }
    const [refused, told] = [w.aStranger(), w.aStranger()]
    for (const person of [refused, told]) await w.writes(person, hoursAgo(1))
    const effect = { kind: 'graph_error', code: 131047, http: 400 } as const
    await w.simulator.fault({ match: { to: refused }, mode: { next: 1 }, effect })
    await w.text(refused, aMinuteAgo)
    await w.deliver()
    const { id } = await w.text(told, aMinuteAgo)
    const failed = { status: 'failed', timestamp: '1790000000', errors: [{ code: 131047 }] }
    await w.told({ ...failed, id: 'wamid.late', biz_opaque_callback_data: id })
    for (const person of [refused, told]) {
      const closed = { code: 'outside_service_window', message: expect.stringContaining('131047') as string }
      await expect(w.text(person)).rejects.toMatchObject(closed)
      await w.writes(person, hoursAgo(0.5))
      await expect(w.text(person)).rejects.toMatchObject(closed)
      await expect(w.template(person)).resolves.toBeDefined()
      expect(await foundOpen(person)).toEqual({ true: 0, false: 1 })
      await w.writes(person)
      await expect(w.text(person)).resolves.toBeDefined()
      expect(await foundOpen(person)).toEqual({ true: 1, false: 0 })
    }
  })

  it('is not asked about when a template is sent', async () => {
    await expect(w.template(w.aStranger())).resolves.toMatchObject({ content: { type: 'template', language: 'en' } })
  })
})

describe('the sender and the recipient', () => {
  it.each([
    ['+1 (555) 010-0001', '+15550100001'],
    ['0015550100001', '+15550100001'],
  ])('%s is read as E.164', async (to, e164) => {
    await w.writes('+15550100001')
    expect(await text({ to })).toMatchObject({
      to_number: e164,
      from_number: expect.stringMatching(/^\+\d+$/) as string,
    })
  })

  it.each([['15550100001'], ['0151 5550100'], ['hello'], [''], ['+1'], ['+15550100001;+15550100002']])(
    '%j is no number to send to',
    async (to) => {
      expect(await problemOf(text({ to }))).toMatchObject({ loc: ['body', 'to'] })
    },
  )

  it('a number of another workspace and one of nobody are refused alike', async () => {
    const other = aWorkspaceId()
    const foreign = await problemOf(text({ phone_number_id: w.phoneNumberId }, w.deps, other))
    const unknown = await problemOf(text({ phone_number_id: newId('phoneNumber', w.workspaceId) }))
    const odd = await problemOf(text({ phone_number_id: newUuid() }))
    expect(foreign).toMatchObject({ loc: ['body', 'phone_number_id'] })
    expect(unknown).toEqual(foreign)
    expect(odd).toEqual(foreign)
  })

  it('Meta’s id names the number too', async () => {
    await w.writes('+15550100001')
    const message = await text({ phone_number_id: w.simulator.phoneNumberId })
    expect(message.phone_number_id).toBe(w.phoneNumberId)
  })

  it('a number that is not active cannot send', async () => {
    const store = phoneNumberStore(w.deps.containers)
    const stored = await store.find(w.workspaceId, w.phoneNumberId)
    const disabled = await store.replace(stored!, { ...stored!.value, status: 'disabled' })
    await expect(w.template(w.aStranger())).rejects.toMatchObject({ code: 'phone_number_not_active' })
    await store.replace(disabled, stored!.value)
  })
})

describe('the contact', () => {
  it('is made by a send, without an opt-in to campaigns', async () => {
    const message = await w.template(w.aStranger())
    const contact = await getContact(w.deps, w.workspaceId, message.contact_id)
    expect(contact).toMatchObject({ opted_in: false, opted_in_source: 'send', name: null, deleted: false })
    const audience = await contactStore(w.deps.containers).audiencePage(w.workspaceId, { limit: 100 })
    expect(audience.map(({ id }) => id)).not.toContain(contact.id)
  })

  it('that was only sent to can be sent to again, marketing included', async () => {
    const to = w.aStranger()
    const [one, two] = [await w.template(to), await w.template(to)]
    expect(two.contact_id).toBe(one.contact_id)
    expect(two.conversation_id).toBe(one.conversation_id)
    expect(two.id).not.toBe(one.id)
  })

  it('is the one there is', async () => {
    const to = w.aStranger()
    const contact = await createContact(w.deps, w.workspaceId, { phone_number: to, name: 'Ada' })
    expect((await w.template(to)).contact_id).toBe(contact.id)
    expect(await getContact(w.deps, w.workspaceId, contact.id)).toMatchObject({ name: 'Ada', opted_in: true })
  })

  it('who opted out gets no marketing, and replies inside an open window still', async () => {
    const to = w.aStranger()
    const contact = await createContact(w.deps, w.workspaceId, { phone_number: to })
    await applyConsent(w.deps, w.workspaceId, contact.id, false)
    await w.writes(to)
    await expect(w.template(to)).rejects.toMatchObject({
      code: 'contact_opted_out',
      details: { hint: expect.stringContaining('Set opted_in of the contact') as string },
    })
    await expect(w.text(to)).resolves.toMatchObject({ contact_id: contact.id })
  })

  it.each([
    ['+5511987654321', '+551187654321'],
    ['+551187650001', '+5511987650001'],
    ['+5491123450001', '+541123450001'],
    ['+541123450002', '+5491123450002'],
  ])('who opted out as %s gets no marketing as %s', async (out, to) => {
    const { id } = await createContact(w.deps, w.workspaceId, { phone_number: out })
    const early = await w.template(to)
    await applyConsent(w.deps, w.workspaceId, id, false)
    await expect(w.template(to)).rejects.toMatchObject({ code: 'contact_opted_out' })
    await w.deliver()
    expect(await w.status(early.id)).toMatchObject({ status: 'failed', error: { code: 'contact_opted_out' } })
  })

  it('who was only sent to opts out like any other', async () => {
    const to = w.aStranger()
    const { contact_id: id } = await w.template(to)
    const out = await updateContact(w.deps, w.workspaceId, id, { opted_in: false, source: 'api' })
    expect(out).toMatchObject({ opted_in: false, opted_in_source: 'api', opted_out_at: expect.any(String) as string })
    await expect(w.template(to)).rejects.toMatchObject({ code: 'contact_opted_out' })
  })

  it('that was deleted comes back without its opt-in, and never without its opt-out', async () => {
    const [willing, unwilling] = [w.aStranger(), w.aStranger()]
    const ids = []
    for (const to of [willing, unwilling])
      ids.push((await createContact(w.deps, w.workspaceId, { phone_number: to })).id)
    await applyConsent(w.deps, w.workspaceId, ids[1]!, false)
    for (const id of ids) await deleteContact(w.deps, w.workspaceId, id)
    await w.template(willing)
    expect(await getContact(w.deps, w.workspaceId, ids[0]!)).toMatchObject({ opted_in: false, opted_in_source: 'send' })
    await expect(w.template(unwilling)).rejects.toMatchObject({ code: 'contact_opted_out' })
  })

  it('that was only sent to is opted in by the first import, and one that opted out is not', async () => {
    const [neutral, out] = [w.aStranger(), w.aStranger()]
    const ids = []
    for (const to of [neutral, out]) ids.push((await w.template(to)).contact_id)
    await applyConsent(w.deps, w.workspaceId, ids[1]!, false)
    const write = rowWriter({
      store: contactStore(w.deps.containers),
      workspaceId: w.workspaceId,
      optedIn: true,
      mode: 'merge',
      columns: { names: [], tags: [] },
      now: w.deps.now,
    })
    const profile = { name: null, tags: [] }
    const phones = [neutral, out].map((e164) => ({ e164, waId: e164.slice(1) }))
    await write(phones.map((phone) => ({ phone, profile, attributes: {} })))
    expect(await getContact(w.deps, w.workspaceId, ids[0]!)).toMatchObject({
      opted_in: true,
      opted_in_source: 'import',
    })
    expect(await getContact(w.deps, w.workspaceId, ids[1]!)).toMatchObject({ opted_in: false, opted_in_source: 'api' })
  })

  it('is not made by a send that is refused', async () => {
    const to = w.aStranger()
    await expect(w.text(to)).rejects.toMatchObject({ code: 'outside_service_window' })
    await expect(createContact(w.deps, w.workspaceId, { phone_number: to })).resolves.toMatchObject({
      phone_number: to,
    })
  })
})

describe('taking a message in', () => {
  it('queues a guard first, then stores, then queues the sending', async () => {
    const { id } = await w.template(w.aStranger())
    const entry = { workspace_id: w.workspaceId, message_id: id }
    expect(w.queued).toEqual([
      { queue: 'outbound-messages', message: { ...entry, guard: true }, delaySeconds: 60 },
      { queue: 'outbound-messages', message: { ...entry, guard: false }, delaySeconds: 0 },
    ])
    expect(await w.status(id)).toMatchObject({ id, status: 'queued' })
  })

  it('stores nothing when its guard cannot be queued', async () => {
    const to = w.aStranger()
    const queues = { send: () => Promise.reject(new Error('no queue')) }
    let writes = 0
    const counting = interrupted({ ...w.deps, queues }, 'messages', 'batch', () => {
      writes++
    })
    await expect(w.template(to, counting)).rejects.toThrow('no queue')
    expect(writes).toBe(0)
  })

  it('leaves the message to its guard when the sending cannot be queued', async () => {
    let calls = 0
    const queues: Deps['queues'] = {
      send: (...parameters) =>
        ++calls > 1 ? Promise.reject(new Error('no queue')) : w.deps.queues.send(...parameters),
    }
    const { id } = await w.template(w.aStranger(), { ...w.deps, queues })
    expect(w.guards()).toMatchObject([{ message_id: id }])
    expect(await w.status(id)).toMatchObject({ status: 'queued' })
  })

  it('sends nothing when it dies before the write', async () => {
    const to = w.aStranger()
    await expect(w.template(to, interrupted(w.deps, 'messages', 'batch', crash))).rejects.toThrow('killed')
    const before = (await w.simulator.ledger()).accepted
    for (const guard of w.guards()) await w.deliverOne(guard)
    expect((await w.simulator.ledger()).accepted).toBe(before)
    expect(w.queued).toEqual([])
  })

  it('makes one conversation for first messages that come at once', async () => {
    const to = w.aStranger()
    const messages = await Promise.all([1, 2, 3, 4].map(() => w.template(to)))
    expect(new Set(messages.map(({ conversation_id }) => conversation_id)).size).toBe(1)
    expect(new Set(messages.map(({ id }) => id)).size).toBe(4)
    expect(new Set(messages.map(({ contact_id }) => contact_id)).size).toBe(1)
  })
})
