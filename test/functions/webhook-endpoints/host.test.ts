/** The whole way, through a host and its queues: what Meta reports and what people do reaches a customer's receiver. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { webhookSecretOf } from '../../../shared/workspaces/webhook-secret.ts'
import { aHostBehindMeta, type HostBehindMeta } from '../../support/host-behind-meta.ts'
import { aReceiver, type Receiver } from '../../support/receiver.ts'
import { aMetaWorld, aTenant, connectNumber, type MetaWorld, type Tenant } from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let number: PhoneNumber
let receiver: Receiver
let host: HostBehindMeta
beforeAll(async () => {
  meta = await aMetaWorld()
  receiver = await aReceiver()
  acme = await aTenant(meta.world)
  number = await connectNumber(meta, acme.id)
  host = await aHostBehindMeta(meta)
  await meta.control('PATCH', 'behaviour', { delivered: 1, failed: 0, read: 1, duplicated: 1, reordered: 1 })
})
afterAll(async () => {
  await host.child.stop()
  await meta.close()
  await receiver.close()
})

async function ask(method: string, path: string, json: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${acme.owner.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
  // All of these answer objects.
  return { http: answer.status, ...((await answer.json()) as Record<string, unknown>) }
}

interface Told {
  type: string
  data: Record<string, unknown>
}

function told(type: string): Told[] {
  return receiver.received.map(({ body }) => JSON.parse(body) as Told).filter((event) => event.type === type)
}

const until = { timeout: 30_000, interval: 200 }

it('tells of a test, a message, its answer’s statuses and an opt-out, each signed', { timeout: 120_000 }, async () => {
  const endpoints = `/api/workspaces/${acme.id}/webhook-endpoints`
  const { id } = await ask('POST', endpoints, { url: `${receiver.url}?token=hush-hush` })
  expect(await ask('POST', `${endpoints}/${String(id)}/test`, {})).toMatchObject({ http: 202 })
  await expect.poll(() => told('endpoint.test').length, until).toBe(1)

  await meta.control('POST', 'inbound', { from: '+15550100042', text: 'A good day to you' })
  await expect.poll(() => told('message.received').length, until).toBe(1)
  expect(told('message.received')[0]!.data).toMatchObject({ phone_number_id: number.id })

  const text = { workspace_id: acme.id, phone_number_id: number.id, to: '+15550100042', text: 'Good day, Ada' }
  const { id: messageId } = await ask('POST', '/api/messages/send/text', text)
  const changes = () =>
    told('message.status').flatMap(({ data }) => data['changes'] as { message_id: string; status: string }[])
  await expect
    .poll(() => [...new Set(changes().map(({ status }) => status))].sort(), until)
    .toEqual(['delivered', 'read', 'sent'])
  expect(new Set(changes().map(({ message_id }) => message_id))).toEqual(new Set([messageId]))

  const contact = { workspace_id: acme.id, phone_number: '+12015550123' }
  const { id: contactId } = await ask('POST', '/api/contacts', contact)
  await ask('PATCH', `/api/contacts/${String(contactId)}`, { opted_in: false })
  await expect.poll(() => told('contact.opted_out').map(({ data }) => data['contact_id']), until).toEqual([contactId])

  const secret = (await webhookSecretOf(meta.deps, acme.id)) ?? ''
  for (const { headers, body } of receiver.received) {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    const signature = createHmac('sha256', secret).update(signed).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${signature}`)
  }
  for (const word of ['Good day', 'good day', '5550100042', 'hush-hush', secret]) {
    expect(host.lines.join('\n')).not.toContain(word)
  }
})
