import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { sendMessage } from '../../../shared/messages/send.ts'
import { LEASE_MS } from '../../../shared/messages/status.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { submitTemplate } from '../../../shared/templates/submit.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { applyConsent } from '../../support/consent.ts'
import { aMessageWorld, type Entry, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterEach(() => w.simulator.clearFaults())
afterAll(() => w.close())

/** How often Meta accepted something for this person. */
async function acceptedFor(to: string): Promise<number> {
  const { accepted } = (await w.simulator.control('GET', `ledger?to=${to.replace('+', '')}`)) as { accepted: number }
  return accepted
}

/** The same world, so many milliseconds later. */
function later(ms: number, deps: Deps = w.deps): Deps {
  return { ...deps, now: () => new Date(Date.now() + ms) }
}

async function fault(to: string, effect: Record<string, unknown>, n = 1): Promise<void> {
  await w.simulator.fault({ match: { to }, mode: { next: n }, effect })
}

/** A queued template message and its two queue entries. */
async function queued() {
  const to = w.aStranger()
  const { id } = await w.template(to)
  const [entry] = w.entries()
  const [guard] = w.guards()
  return { to, id, entry: entry!, guard: guard! }
}

describe('sending a queued message', () => {
  it('hands it to Meta once and records its id', async () => {
    const { to, id, entry } = await queued()
    expect(await w.status(id)).toMatchObject({ status: 'queued', wa_message_id: null, sent_at: null })
    await sendMessage(w.deps, entry)
    const status = await w.status(id)
    expect(status).toMatchObject({ status: 'sent', delivered_at: null, error: null })
    expect(status.wa_message_id).toMatch(/^wamid\./)
    expect(status.sent_at).not.toBeNull()
    const lines = (await w.simulator.control('GET', `ledger?callback_prefix=${id}`)) as { accepted: number }
    expect(lines.accepted).toBeGreaterThanOrEqual(1)
    expect(await acceptedFor(to)).toBe(1)
  })

  it('sends once, however often and by however many its queue message is taken', async () => {
    const { to, id, entry, guard } = await queued()
    await Promise.all([entry, entry, guard, entry, entry, entry].map((each) => sendMessage(w.deps, each)))
    await sendMessage(w.deps, entry)
    expect(await acceptedFor(to)).toBe(1)
    expect(await w.status(id)).toMatchObject({ status: 'sent' })
  })

  it('ends its guard once it is settled', async () => {
    const { entry, guard } = await queued()
    await sendMessage(w.deps, entry)
    await sendMessage(w.deps, guard)
    expect(w.guards()).toEqual([])
  })

  it('is done by the guard when the other queue message was lost', async () => {
    const { to, id, guard } = await queued()
    await sendMessage(later(60_000), guard)
    expect(await acceptedFor(to)).toBe(1)
    expect(await w.status(id)).toMatchObject({ status: 'sent' })
    expect(w.guards()).toEqual([])
  })

  it('does not send what waited for more than an hour', async () => {
    const { to, id, entry } = await queued()
    await sendMessage(later(61 * 60_000), entry)
    expect(await w.status(id)).toMatchObject({ status: 'failed', error: { code: 'expired' } })
    expect(await acceptedFor(to)).toBe(0)
  })

  it('does nothing for a message that was never stored', async () => {
    const { entry } = await queued()
    const other: Entry = { ...entry, message_id: entry.message_id.replace(/^(.{24})./, '$10') }
    await sendMessage(w.deps, { ...other, guard: true })
    expect([...w.entries(), ...w.guards()]).toEqual([])
  })
})

describe('what Meta refuses for a reason about the person', () => {
  it('fails for certain, also where that cannot be noted with them', async () => {
    const { id, entry } = await queued()
    const effect = { kind: 'graph_error', code: 131050 }
    await w.simulator.fault({ match: { path: 'messages' }, mode: { next: 1 }, effect })
    await sendMessage(interrupted(w.deps, 'contacts', 'batch', crash), entry)
    expect(await w.status(id)).toMatchObject({ status: 'failed', error: { code: '131050' } })
  })
})

describe('a worker that dies', () => {
  it('before its claim leaves the message to be sent', async () => {
    const { to, entry } = await queued()
    await expect(sendMessage(interrupted(w.deps, 'messages', 'replace', crash), entry)).rejects.toThrow('killed')
    expect(await acceptedFor(to)).toBe(0)
    await sendMessage(w.deps, entry)
    expect(await acceptedFor(to)).toBe(1)
  })

  it('before the call leaves it uncertain, and nobody sends it again', async () => {
    const { to, id, entry, guard } = await queued()
    const dying = { ...w.deps, graph: { ...w.deps.graph, call: () => Promise.reject(new Error('killed')) } }
    await expect(sendMessage(dying, entry)).rejects.toThrow('killed')
    await sendMessage(w.deps, entry)
    await sendMessage(w.deps, guard)
    // Claimed: whoever holds it may still be calling. The guard keeps watching.
    expect(await w.status(id)).toMatchObject({ status: 'queued' })
    const [next] = w.guards()
    await sendMessage(later(LEASE_MS + 1000), next!)
    expect(await w.status(id)).toMatchObject({ status: 'uncertain', error: null })
    await sendMessage(later(LEASE_MS + 1000), entry)
    expect(await acceptedFor(to)).toBe(0)
    expect(w.guards()).toEqual([])
  })

  it('after the call leaves it uncertain until a status tells, and nobody sends it again', async () => {
    const { to, id, entry, guard } = await queued()
    const dying = interrupted(w.deps, 'messages', 'replace', (call) => (call > 1 ? crash() : undefined))
    await expect(sendMessage(dying, entry)).rejects.toThrow('killed')
    expect(await acceptedFor(to)).toBe(1)
    await sendMessage(later(LEASE_MS + 1000), guard)
    await sendMessage(later(LEASE_MS + 1000), entry)
    expect(await w.status(id)).toMatchObject({ status: 'uncertain', wa_message_id: null })
    await w.told({ id: 'wamid.told', status: 'sent', timestamp: '1790000000', biz_opaque_callback_data: id })
    expect(await w.status(id)).toMatchObject({ status: 'sent', wa_message_id: 'wamid.told' })
    expect(await acceptedFor(to)).toBe(1)
  })

  it('as a guard is not missed: the guard comes back', async () => {
    const { guard } = await queued()
    await sendMessage(interrupted(w.deps, 'messages', 'read', crash), guard)
    expect(w.guards()).toEqual([guard])
  })
})

describe('Meta’s answer', () => {
  it('that is lost leaves the message uncertain until a status binds it', async () => {
    const { to, id, entry } = await queued()
    await fault(to, { kind: 'answer_lost', ms: 0 })
    await sendMessage(w.deps, entry)
    await sendMessage(w.deps, entry)
    expect(await w.status(id)).toMatchObject({ status: 'uncertain', wa_message_id: null })
    expect(await acceptedFor(to)).toBe(1)
    const told = { id: 'wamid.bound', timestamp: '1790000000', biz_opaque_callback_data: id }
    await w.told({ ...told, status: 'delivered' })
    expect(await w.status(id)).toMatchObject({ status: 'delivered', wa_message_id: 'wamid.bound' })
  })

  it('that comes after the first status changes nothing it told', async () => {
    const { id, entry } = await queued()
    const call: Deps['graph']['call'] = async (request) => {
      const answer = await w.deps.graph.call(request)
      await w.told({ status: 'delivered', timestamp: '1790000000', biz_opaque_callback_data: id })
      return answer
    }
    await sendMessage({ ...w.deps, graph: { ...w.deps.graph, call } }, entry)
    const status = await w.status(id)
    expect(status).toMatchObject({ status: 'delivered', delivered_at: '2026-09-21T14:13:20.000Z' })
    expect(status.wa_message_id).toMatch(/^wamid\./)
  })

  it('of passing trouble is tried again after a wait, and not before', async () => {
    const { to, id, entry } = await queued()
    await fault(to, { kind: 'graph_error', code: 131016 }, 2)
    await sendMessage(w.deps, entry)
    expect(w.queued.map(({ delaySeconds }) => delaySeconds)).toEqual([1])
    const [again] = w.entries()
    await sendMessage(w.deps, again!)
    expect(await acceptedFor(to)).toBe(0)
    await sendMessage(later(2_000), again!)
    const [third] = w.entries()
    await sendMessage(later(10_000), third!)
    expect(await acceptedFor(to)).toBe(1)
    expect(await w.status(id)).toMatchObject({ status: 'sent' })
  })

  it('of trouble that does not pass fails the message in the end', async () => {
    const { to, id, entry } = await queued()
    await fault(to, { kind: 'graph_error', code: 131016 }, 50)
    await sendMessage(w.deps, entry)
    for (let round = 1; round < 10; round++) await w.deliver(later(round * 60_000))
    expect(await w.status(id)).toMatchObject({
      status: 'failed',
      error: { code: '131016', title: 'A service at Meta was unavailable', hint: 'Send it again later' },
    })
    expect(w.entries()).toEqual([])
  })

  it('of a number that sends too fast gives up after a quarter of an hour', async () => {
    const { to, id, entry } = await queued()
    await fault(to, { kind: 'graph_error', code: 130429 }, 50)
    await sendMessage(later(16 * 60_000), entry)
    expect(await w.status(id)).toMatchObject({ status: 'failed', error: { code: '130429' } })
  })

  it.each([
    [131026, 'Check that the number is on WhatsApp, and that the person uses a current version of it'],
    [190, 'Check the WhatsApp account and the access token at Meta'],
    [132001, 'Check the template at Meta'],
    [131008, 'Correct the message before sending it again'],
  ])('%i fails the message at once and tells what to do', async (code, hint) => {
    const { to, id, entry } = await queued()
    await fault(to, { kind: 'graph_error', code })
    await sendMessage(w.deps, entry)
    const status = await w.status(id)
    expect(status).toMatchObject({ status: 'failed', wa_message_id: null, error: { code: String(code), hint } })
    expect(status.failed_at).not.toBeNull()
    await sendMessage(w.deps, entry)
    expect(await acceptedFor(to)).toBe(0)
  })
})

describe('a template that Meta refuses as another one than ours', () => {
  it.each([132000, 132001])('is asked about (%i), and not again for a while', async (code) => {
    const { to, entry } = await queued()
    await fault(to, { kind: 'graph_error', code, http: 400 })
    await sendMessage(later(180_000), entry)
    const [asked, ...others] = w.taken('template-submissions')
    expect([asked, others]).toEqual([expect.objectContaining({ refresh: true }), []])
    await submitTemplate(w.deps, asked!)
    const other = await queued()
    await fault(other.to, { kind: 'graph_error', code, http: 400 })
    await sendMessage(w.deps, other.entry)
    expect(w.taken('template-submissions')).toEqual([])
  })

  it('is asked about too where that is told later', async () => {
    const { id, entry } = await queued()
    await sendMessage(w.deps, entry)
    const failed = { id: 'wamid.misfit', status: 'failed', timestamp: '1790000000', errors: [{ code: 132000 }] }
    const value = {
      metadata: { phone_number_id: w.simulator.phoneNumberId },
      statuses: [{ ...failed, biz_opaque_callback_data: id }],
    }
    const change = { entry_id: '1', entry_time: null, field: 'messages', value }
    await applyStatuses(later(180_000), { received_at: new Date().toISOString(), changes: [change] })
    expect(w.taken('template-submissions')).toHaveLength(1)
  })
})

describe('what changed between the request and the sending', () => {
  it('an opt-out keeps marketing back', async () => {
    const to = w.aStranger()
    const message = await w.template(to)
    await applyConsent(w.deps, w.workspaceId, message.contact_id, false)
    await w.deliver()
    expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: 'contact_opted_out' } })
    expect(await acceptedFor(to)).toBe(0)
  })

  it('an opt-out does not keep a reply back', async () => {
    const to = w.aStranger()
    await w.writes(to)
    const message = await w.text(to)
    await updateContact(w.deps, w.workspaceId, message.contact_id, { opted_in: false, source: 'inbound' })
    await w.deliver()
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
  })

  it('a paused template fails the message', async () => {
    const { id, to, entry } = await queued()
    const store = templateStore(w.deps.containers)
    const stored = await store.find(w.workspaceId, w.templateId)
    const paused = await store.replace(stored!, { ...stored!.value, status: 'PAUSED' })
    await sendMessage(w.deps, entry)
    await store.replace(paused, stored!.value)
    expect(await w.status(id)).toMatchObject({ status: 'failed', error: { code: 'template_not_approved' } })
    expect(await acceptedFor(to)).toBe(0)
  })

  it('a disabled number fails the message', async () => {
    const { id, to, entry } = await queued()
    const store = phoneNumberStore(w.deps.containers)
    const stored = await store.find(w.workspaceId, w.phoneNumberId)
    const disabled = await store.replace(stored!, { ...stored!.value, status: 'disabled' })
    await sendMessage(w.deps, entry)
    await store.replace(disabled, stored!.value)
    expect(await w.status(id)).toMatchObject({ status: 'failed', error: { code: 'phone_number_not_active' } })
    expect(await acceptedFor(to)).toBe(0)
  })
})

describe('the pace', () => {
  it('lets a message wait for its slot, and comes back when that is far away', async () => {
    const { to, id, entry } = await queued()
    const waits: number[] = []
    const sleep = (ms: number) => Promise.resolve(void waits.push(ms))
    const pacer: Deps['pacer'] = { ...w.deps.pacer, reserve: () => Promise.resolve({ waitMs: 20_000 }) }
    await sendMessage({ ...w.deps, pacer }, entry)
    expect(w.queued.map(({ delaySeconds }) => delaySeconds)).toEqual([20])
    const near: Deps['pacer'] = {
      ...w.deps.pacer,
      reserve: () => Promise.resolve({ startMs: Date.now() + 3_000, intervalMs: 13 }),
    }
    const [again] = w.entries()
    await sendMessage({ ...w.deps, sleep, pacer: near }, again!)
    expect(waits[0]).toBeGreaterThan(2_000)
    expect(await w.status(id)).toMatchObject({ status: 'sent' })
    expect(await acceptedFor(to)).toBe(1)
  })
})
