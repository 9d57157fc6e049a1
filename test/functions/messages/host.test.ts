import { afterAll, beforeAll, expect, it } from 'vitest'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { aHostBehindMeta, type HostBehindMeta } from '../../support/host-behind-meta.ts'
import { aMetaWorld, aTenant, connectNumber, type MetaWorld, type Tenant } from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let number: PhoneNumber
let host: HostBehindMeta
beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  number = await connectNumber(meta, acme.id)
  host = await aHostBehindMeta(meta)
  await meta.control('PATCH', 'behaviour', { delivered: 1, failed: 0, read: 1, duplicated: 1, reordered: 1 })
})
afterAll(async () => {
  await host.child.stop()
  await meta.close()
})

async function ask(
  method: string,
  path: string,
  json?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${acme.owner.token}`, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  // Both endpoints answer objects.
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

it(
  'answers a person who wrote, from the webhook that opens the window to the status read',
  { timeout: 60_000 },
  async () => {
    const text = { workspace_id: acme.id, phone_number_id: number.id, to: '+15550100042', text: 'Good day, Ada' }
    expect((await ask('POST', '/api/messages/send/text', text)).body).toMatchObject({ code: 'outside_service_window' })
    await meta.control('POST', 'inbound', { from: '+15550100042' })
    const sent = () => ask('POST', '/api/messages/send/text', text)
    let answer = await sent()
    const opened = async () => (answer.status === 201 ? answer : (answer = await sent())).status
    await expect.poll(opened, { timeout: 30_000, interval: 200 }).toBe(201)
    const id = String(answer.body['id'])
    const status = async () => (await ask('GET', `/api/messages/${id}/status`)).body
    await expect.poll(async () => (await status())['status'], { timeout: 30_000, interval: 200 }).toBe('read')
    const end = await status()
    expect(end).toMatchObject({ id, wa_message_id: expect.stringMatching(/^wamid\./) as string, error: null })
    for (const at of ['sent_at', 'delivered_at', 'read_at']) expect(end[at]).toEqual(expect.any(String))
    expect(await meta.control('GET', `ledger?callback_prefix=${id}`)).toMatchObject({ accepted: 1 })
    expect(host.lines.join('\n')).not.toContain('Good day')
    expect(host.lines.join('\n')).not.toContain('5550100042')
  },
)
