/** Requests with an Idempotency-Key over real HTTP, at two hosts that share one world, one of which is killed. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tableClient } from '../../shared/azure/storage.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { campaignStore } from '../../shared/campaigns/store.ts'
import type { Ids } from '../support/every-endpoint.ts'
import { aHostBehindMeta, type HostBehindMeta } from '../support/host-behind-meta.ts'
import { approveTemplate, oneOfEach } from '../support/one-of-each.ts'
import { aMetaWorld, aTenant, type MetaWorld, type Tenant } from '../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let ids: Ids
let hosts: HostBehindMeta[]
let onLine: (line: string) => void = () => undefined

beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  ids = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  await approveTemplate(meta, acme.id, ids.template_id)
  hosts = await Promise.all([aHostBehindMeta(meta, {}, (line) => onLine(line)), aHostBehindMeta(meta)])
})
afterAll(async () => {
  await Promise.all(hosts.map(({ child }) => child.stop()))
  await meta.close()
})

interface HttpAnswer {
  status: number
  isReplayed: boolean
  text: string
}

async function post(host: number, path: string, key: string, json?: unknown): Promise<HttpAnswer> {
  const answer = await fetch(`${hosts[host]?.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${acme.owner.token}`,
      'idempotency-key': key,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const isReplayed = answer.headers.get('idempotency-replayed') === 'true'
  return { status: answer.status, isReplayed, text: await answer.text() }
}

it('sends one message and gives one answer to fifty twins', async () => {
  const { workspace_id, phone_number_id } = ids
  const body = { workspace_id, phone_number_id, to: '+1 201 555 0123', text: 'Good day' }
  await meta.control('POST', 'inbound', { from: '+12015550123' })
  const key = randomUUID()
  const twins = Array.from({ length: 50 }, (_, index) => post(index % 2, '/api/messages/send/text', key, body))
  const answers = await Promise.all(twins)
  const taken = answers.filter(({ status }) => status === 201)
  expect(taken.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1)
  expect(new Set(taken.map(({ text }) => text)).size).toBe(1)
  for (const { status, text } of answers) if (status !== 201) expect(text).toContain('idempotency_key_in_use')
  const again = await Promise.all([0, 1].map((host) => post(host, '/api/messages/send/text', key, body)))
  expect(again).toEqual([0, 1].map(() => ({ status: 201, isReplayed: true, text: taken[0]?.text })))
  const { id } = JSON.parse(again[0]?.text ?? '') as { id: string }
  const accepted = async () => (await meta.control('GET', `ledger?callback_prefix=${id}`))['accepted']
  await expect.poll(accepted, { timeout: 30_000, interval: 100 }).toBe(1)
})

it('starts a campaign once although the host is killed right after the start, before it answers', async () => {
  const { workspace_id, phone_number_id, template_id } = ids
  const variables = { 'body.1': { value: 'you' } }
  const wanted = { workspace_id, phone_number_id, template_id, name: 'Own', variables }
  const { id } = await createCampaign(meta.deps, acme.id, wanted)
  const started = new Promise<void>((resolve) => {
    onLine = (line) => {
      if (!line.includes('"campaign.started"')) return
      hosts[0]?.child.process.kill('SIGKILL')
      resolve()
    }
  })
  const path = `/api/campaigns/${id}/start`
  const key = randomUUID()
  const lost = post(0, path, key).catch(() => undefined)
  await started
  await hosts[0]?.child.ended
  await lost
  const { execution_id } = (await campaignStore(meta.deps).get(acme.id, id)).value
  expect(execution_id).toEqual(expect.any(String))
  await leasesRunOut()
  const second = await post(1, path, key)
  expect(second.status).toBe(200)
  expect((await campaignStore(meta.deps).get(acme.id, id)).value.execution_id).toBe(execution_id)
  expect(await post(1, path, key)).toEqual({ ...second, isReplayed: true })
  expect((await campaignStore(meta.deps).get(acme.id, id)).value.keyed_starts).toHaveLength(1)
})

/** What a minute does. */
async function leasesRunOut(): Promise<void> {
  const month = new Date().toISOString().slice(0, 7).replace('-', '')
  const table = tableClient(meta.world.config, `idempotency${month}`)
  for await (const { partitionKey = '', rowKey = '' } of table.listEntities()) {
    await table.updateEntity({ partitionKey, rowKey, leaseUntilMs: 0 }, 'Merge')
  }
}
