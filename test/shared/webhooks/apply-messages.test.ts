import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conversationKey, messageId } from '../../../shared/ids.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { personKey } from '../../../shared/contacts/person.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { messageStore } from '../../../shared/messages/store.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import { receiveWebhook } from '../../../shared/webhooks/receive.ts'
import { splitBody } from '../../../shared/webhooks/split.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { aPost, parkedBy, sample, sampleNames, signatureOf } from '../../support/webhooks.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

const RECEIVED_AT = new Date().toISOString()

function apply(changes: unknown[], deps = w.deps): Promise<void> {
  return applyMessages(deps, { received_at: RECEIVED_AT, changes })
}

function addressOf(person: string) {
  return { workspaceId: w.workspaceId, phoneNumberId: w.phoneNumberId, person: personKey(person.replace('+', '')) }
}

async function windowOf(person: string): Promise<string | null | undefined> {
  return (await messageStore(w.deps.containers).findConversation(addressOf(person)))?.value.last_inbound_at
}

async function stored(person: string, wamid: string) {
  const conversation = conversationKey(w.workspaceId, w.phoneNumberId, personKey(person.replace('+', '')))
  const id = messageId(w.workspaceId, conversation, `${wamid}\n0`)
  return (await messageStore(w.deps.containers).find(w.workspaceId, id))?.value
}

function hoursAgo(hours: number): Date {
  return new Date(Date.parse(RECEIVED_AT) - hours * 3_600_000)
}

/** To the second, as Meta tells times. */
function iso(at: Date): string {
  return new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString()
}

describe('a message from a person', () => {
  it('is stored whole, once, and opens the window', async () => {
    const person = w.aStranger()
    const change = inbound(w, person, hoursAgo(2), { id: 'wamid.once' })
    expect(await parkedBy(w.world, () => apply([change, change]))).toEqual([])
    await Promise.all([apply([change]), apply([change])])
    expect(await stored(person, 'wamid.once')).toMatchObject({
      direction: 'inbound',
      wa_message_id: 'wamid.once',
      sent_at: iso(hoursAgo(2)),
      received: change.value.messages[0],
      sender: change.value.contacts[0],
    })
    expect(await windowOf(person)).toBe(iso(hoursAgo(2)))
  })

  it('asks for the workspace’s words once for all that come together', async () => {
    let asked = 0
    const { core } = w.deps.containers
    const read: typeof core.read = (id, ...rest) => {
      if (id === w.workspaceId) asked++
      return core.read(id, ...rest)
    }
    const deps = { ...w.deps, containers: { ...w.deps.containers, core: { ...core, read } } }
    await apply(
      [1, 2, 3, 4].map(() => inbound(w, w.aStranger(), hoursAgo(1))),
      deps,
    )
    expect(asked).toBe(1)
  })

  it('opens the window by the latest time, in any order', async () => {
    for (const order of [
      [5, 1, 9],
      [1, 9, 5],
      [9, 5, 1],
    ]) {
      const person = w.aStranger()
      for (const hours of order) await apply([inbound(w, person, hoursAgo(hours))])
      expect(await windowOf(person)).toBe(iso(hoursAgo(1)))
    }
  })

  it('of many at once raises it to the latest, and none is lost', async () => {
    const person = w.aStranger()
    const ids = [1, 2, 3, 4, 5, 6].map((each) => `wamid.many${each}`)
    await Promise.all(ids.map((id, index) => apply([inbound(w, person, hoursAgo(index + 1), { id })])))
    expect(await windowOf(person)).toBe(iso(hoursAgo(1)))
    for (const id of ids) expect(await stored(person, id)).toBeDefined()
  })

  it('from the future opens it from now on only', async () => {
    const person = w.aStranger()
    await apply([inbound(w, person, hoursAgo(-48))])
    expect(await windowOf(person)).toBe(RECEIVED_AT)
  })

  it.each(['system', 'edit', 'revoke'])('that is a %s note is stored and opens nothing', async (type) => {
    const person = w.aStranger()
    await apply([inbound(w, person, hoursAgo(1), { id: `wamid.${type}`, type })])
    expect(await stored(person, `wamid.${type}`)).toBeDefined()
    expect(await windowOf(person)).toBeNull()
  })

  it('is taken again when the store failed, with its window', async () => {
    const person = w.aStranger()
    const change = inbound(w, person, hoursAgo(1), { id: 'wamid.again' })
    const failing = interrupted(w.deps, 'messages', 'batch', crash)
    await expect(apply([change], failing)).rejects.toThrow('1 message event(s) failed')
    await apply([change])
    expect(await stored(person, 'wamid.again')).toBeDefined()
    expect(await windowOf(person)).toBe(iso(hoursAgo(1)))
  })

  it.each<[string, string, (item: object, waId: string) => object]>([
    ['the business wrote', 'smb_message_echoes', (item, to) => ({ message_echoes: [{ ...item, to }] })],
    ['WhatsApp told of them', 'messages', (item) => ({ messages: [{ ...item, type: 'system', system: {} }] })],
  ])('brings a deleted contact back, which does not where %s', async (_what, field, make) => {
    const person = w.aStranger()
    await apply([inbound(w, person, hoursAgo(3))])
    const waId = person.slice(1)
    const id = contactId(w.workspaceId, waId)
    const contact = async () => (await contactStore(w.deps.containers).find(w.workspaceId, id))?.value
    await deleteContact({ ...w.deps, now: () => hoursAgo(2) }, w.workspaceId, id)
    const { value, ...change } = inbound(w, person, hoursAgo(1))
    await apply([{ ...change, field, value: { metadata: value.metadata, ...make(value.messages[0]!, waId) } }])
    expect(await contact()).toMatchObject({ deleted: true })
    await apply([inbound(w, person, hoursAgo(1))])
    expect(await contact()).toMatchObject({ deleted: false })
  })

  it('reported with other digits than are dialled is the same person’s', async () => {
    await apply([inbound(w, '+551187654321', hoursAgo(1))])
    await expect(w.text('+5511987654321')).resolves.toBeDefined()
    await apply([inbound(w, '+5215512345678', hoursAgo(1))])
    await expect(w.text('+525512345678')).resolves.toBeDefined()
  })

  it('without a number belongs to their user id', async () => {
    const item = { id: 'wamid.bsuid', from: '', from_user_id: 'US.13491208655302741918' }
    expect(await parkedBy(w.world, () => apply([inbound(w, '+15550100000', hoursAgo(1), item)]))).toEqual([])
    expect(await stored('US.13491208655302741918', 'wamid.bsuid')).toBeDefined()
  })

  it('reaches the window through the signed webhook', async () => {
    const person = w.aStranger()
    await expect(w.text(person)).rejects.toMatchObject({ code: 'outside_service_window' })
    const { entry_id: id, field, value } = inbound(w, person, new Date(Date.now() - 60_000))
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id, changes: [{ field, value }] }] })
    const deps = { ...w.deps, webhookIntake: webhookIntake(w.deps) }
    await receiveWebhook(deps, aPost(body, signatureOf(body, w.simulator.appSecret)))
    const taken: QueueMessage<'webhook-messages'>[] = w.taken('webhook-messages')
    expect(taken).toHaveLength(1)
    for (const entry of [...taken, ...taken]) await applyMessages(w.deps, entry)
    await expect(w.text(person)).resolves.toMatchObject({ to_number: person })
  })
})

describe('what is no message of a known person', () => {
  it('is kept for inspection, and its neighbours are stored', async () => {
    const person = w.aStranger()
    const good = inbound(w, person, hoursAgo(1), { id: 'wamid.good' })
    const odd = [
      'odd',
      null,
      { id: 'wamid.x' },
      { ...good.value.messages[0], id: 'wamid.huge', more: 'x'.repeat(400_000) },
    ]
    const mixed = { ...good, value: { ...good.value, messages: [...odd, ...good.value.messages] } }
    const foreign = { ...good, value: { ...good.value, metadata: { phone_number_id: '404' } } }
    const rest = await parkedBy(w.world, () => apply([mixed, foreign, { ...good, value: null }]))
    expect(rest).toEqual([{ ...good, value: { ...good.value, messages: odd } }, foreign, { ...good, value: null }])
    expect(await stored(person, 'wamid.good')).toBeDefined()
  })

  it('of every sample there is, is taken in, whatever it looks like', async () => {
    for (const name of sampleNames('message-')) {
      const changes = splitBody(sample(name))?.get('messages') ?? []
      const own = changes.map((change) => {
        const value = change.value as Record<string, unknown>
        return { ...change, value: { ...value, metadata: { phone_number_id: w.simulator.phoneNumberId } } }
      })
      expect(await parkedBy(w.world, () => apply(own)), name).toEqual([])
    }
  })

  it('is not lost when it cannot be parked: the queue message comes again', async () => {
    const blobs = { ...w.deps.blobs, put: () => Promise.reject(new Error('no blobs')) }
    await expect(
      apply([{ ...inbound(w, '+15550100000', hoursAgo(1)), value: {} }], { ...w.deps, blobs }),
    ).rejects.toThrow('no blobs')
  })
})
