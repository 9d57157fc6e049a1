import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobService } from '../../../shared/azure/storage.ts'
import { readLedger } from '../../../shared/campaigns/counters.ts'
import { campaignMonth, newCampaignId, newId, recipientMessageId, type WorkspaceId } from '../../../shared/ids.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { factKey, factPartition } from '../../../shared/recipients/fact-writer.ts'
import { fromCells } from '../../../shared/recipients/fact-cells.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { splitBody, type Change } from '../../../shared/webhooks/split.ts'
import { priceLetter, priceOf, type Price } from '../../../shared/whatsapp/pricing.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { sample, sampleNames } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'

interface Tenant {
  workspaceId: WorkspaceId
  metaId: string
  campaignId: string
}

type Item = Record<string, unknown>

let world: World
let acme: Tenant
let globex: Tenant
let numbers = 200_000_000_000_000
beforeAll(async () => {
  world = await aWorld()
})
beforeEach(async () => {
  acme = await aTenant()
  globex = await aTenant()
})
afterAll(() => world.close())

async function aTenant(): Promise<Tenant> {
  const workspaceId = aWorkspaceId()
  const metaId = String(++numbers)
  const claim = { workspaceId, phoneNumberId: newId('phoneNumber', workspaceId), at: new Date().toISOString() }
  await phoneNumberDirectory(world.deps.containers).claimNumber(metaId, claim)
  return { workspaceId, metaId, campaignId: newCampaignId(workspaceId, new Date()) }
}

function messageIdOf({ campaignId }: Tenant, position = 0, page = 0): string {
  return recipientMessageId({ campaignId, page, position })
}

let seconds = 1_790_000_000
function aStatus(tenant: Tenant, position: number, changes: Item = {}): Item {
  const callback = messageIdOf(tenant, position)
  return { id: 'wamid.A', status: 'sent', timestamp: String(++seconds), biz_opaque_callback_data: callback, ...changes }
}

function aChange(metaId: unknown, ...statuses: unknown[]): Change {
  const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: metaId }, statuses }
  return { entry_id: '1', entry_time: null, field: 'messages', value }
}

async function apply(...changes: unknown[]): Promise<void> {
  await applyStatuses(world.deps, { received_at: new Date().toISOString(), changes })
}

async function counts(tenant: Tenant) {
  return (await readLedger(world.deps, tenant.workspaceId, tenant.campaignId)).counts
}

const NOTHING = {
  ...{ sent: 0, delivered: 0, read: 0, replied: 0, failed: 0 },
  ...{ skipped: 0, cancelled: 0, uncertain: 0, failures: {}, priced: {} },
}

async function parkedNames(): Promise<string[]> {
  const names = []
  for await (const { name } of blobService(world.config).getContainerClient('webhook-parked').listBlobsFlat())
    names.push(name)
  return names
}

async function parkedBy(work: () => Promise<void>): Promise<Change[]> {
  const before = await parkedNames()
  await work()
  const added = (await parkedNames()).filter((name) => !before.includes(name))
  const bodies = await Promise.all(added.map((name) => world.deps.blobs.get('webhook-parked', name)))
  // Written by `park` from changes.
  return bodies.flatMap((body) => JSON.parse(body.toString('utf8')) as Change[])
}

/** A sample's status, told by the tenant's number about the tenant's first recipient. */
function ownSample(name: string, tenant: Tenant): { change: Change; item: Item } {
  const change = splitBody(sample(name))?.get('statuses')?.[0]
  const value = change?.value as { metadata: Item; statuses: Item[] }
  const item = { ...value.statuses[0], biz_opaque_callback_data: messageIdOf(tenant) }
  return {
    change: {
      ...change!,
      value: { ...value, metadata: { ...value.metadata, phone_number_id: tenant.metaId }, statuses: [item] },
    },
    item,
  }
}

describe('statuses', () => {
  const MARKETING = { category: 'marketing', type: 'regular' }
  const FACTS: Record<string, { kinds: ('sent' | 'delivered' | 'read' | 'failed')[]; code?: number; price?: Price }> = {
    'status-sent': { kinds: ['sent'], price: MARKETING },
    'status-sent-with-conversation': {
      kinds: ['sent'],
      price: { category: 'referral_conversion', type: 'free_entry_point' },
    },
    'status-with-callback-data': { kinds: ['sent'], price: MARKETING },
    'status-delivered': { kinds: ['sent', 'delivered'], price: MARKETING },
    'status-delivered-free-service': {
      kinds: ['sent', 'delivered'],
      price: { category: 'service', type: 'free_customer_service' },
    },
    'status-read': { kinds: ['sent', 'delivered', 'read'] },
    'status-group-read': { kinds: ['sent', 'delivered', 'read'] },
    'status-played': { kinds: ['sent', 'delivered', 'read'] },
    'status-failed-131026-undeliverable': { kinds: ['failed'], code: 131026 },
    'status-failed-131047-reengagement': { kinds: ['failed'], code: 131047 },
    'status-failed-131049-ecosystem': { kinds: ['failed'], code: 131049 },
    'status-failed-131050-opted-out': { kinds: ['failed'], code: 131050 },
  }

  it('are tested with every sample there is', () => {
    expect(Object.keys(FACTS).sort()).toEqual(sampleNames('status-'))
  })

  it.each(Object.keys(FACTS))('as in the sample %s become the facts they tell', async (name) => {
    const { kinds, code, price } = FACTS[name]!
    const { change, item } = ownSample(name, acme)
    await apply(change)
    const expected = Object.fromEntries(kinds.map((kind) => [kind, 1]))
    const failures = code === undefined ? {} : { [code]: 1 }
    const priced = price ? { [priceLetter(price)]: 1 } : {}
    expect(await counts(acme)).toEqual({ ...NOTHING, ...expected, failures, priced })
    const table = await world.deps.factsTable(campaignMonth(acme.campaignId))
    const row = fromCells((await table.read(factPartition(acme.workspaceId, acme.campaignId), factKey(0)))!.cells)
    for (const kind of kinds) expect(row[kind][0]).toBe(Number(item['timestamp']))
    expect(priceOf(row.prices.charAt(0))).toEqual(price)
  })

  it('change nothing the second time, in the same message or another', async () => {
    const statuses = ['sent', 'delivered', 'read'].map((status) => aStatus(acme, 3, { status }))
    await apply(aChange(acme.metaId, ...statuses, ...statuses), aChange(acme.metaId, ...statuses))
    const once = await counts(acme)
    expect(once).toMatchObject({ sent: 1, delivered: 1, read: 1 })
    const rest = await parkedBy(async () => {
      await apply(aChange(acme.metaId, ...statuses.toReversed()))
      await apply(aChange(acme.metaId, aStatus(acme, 3, { status: 'sent' })))
    })
    expect(rest).toEqual([])
    expect(await counts(acme)).toEqual(once)
  })

  it('of several tenants in one body reach only their own', async () => {
    await apply(
      aChange(acme.metaId, aStatus(acme, 0), aStatus(acme, 1, { status: 'read' })),
      aChange(globex.metaId, aStatus(globex, 0, { status: 'delivered' })),
      aChange(acme.metaId, aStatus(acme, 2, { status: 'failed', errors: [{ code: 131026 }] })),
    )
    expect(await counts(acme)).toEqual({
      ...NOTHING,
      sent: 2,
      delivered: 1,
      read: 1,
      failed: 1,
      failures: { 131026: 1 },
    })
    expect(await counts(globex)).toEqual({ ...NOTHING, sent: 1, delivered: 1 })
  })

  it('with another workspace’s message id are parked and touch nobody', async () => {
    const forged = aStatus(globex, 0, { status: 'read' })
    const rest = await parkedBy(() => apply(aChange(acme.metaId, forged, aStatus(acme, 0))))
    expect(rest).toEqual([aChange(acme.metaId, forged)])
    expect(await counts(globex)).toEqual(NOTHING)
    expect(await counts(acme)).toMatchObject({ sent: 1 })
  })

  it('of a number nobody connected are parked whole', async () => {
    const change = aChange('123456123', aStatus(acme, 0))
    expect(await parkedBy(() => apply(change, change, aChange(acme.metaId, aStatus(acme, 1))))).toEqual([
      change,
      change,
    ])
    expect(await counts(acme)).toMatchObject({ sent: 1 })
  })

  const garbage: [string, (tenant: Tenant) => unknown][] = [
    ['null', () => null],
    ['a text', () => 'sent'],
    ['no callback data', (tenant) => ({ ...aStatus(tenant, 0), biz_opaque_callback_data: undefined })],
    ['callback data of somebody else’s', (tenant) => aStatus(tenant, 0, { biz_opaque_callback_data: 'campaign=42' })],
    [
      'a campaign’s id for a recipient’s',
      (tenant) => aStatus(tenant, 0, { biz_opaque_callback_data: tenant.campaignId }),
    ],
    ['a position beyond any page', (tenant) => aStatus(tenant, 128)],
    ['an unknown status', (tenant) => aStatus(tenant, 0, { status: 'deleted' })],
    ['no time', (tenant) => aStatus(tenant, 0, { timestamp: null })],
    ['a time of words', (tenant) => aStatus(tenant, 0, { timestamp: 'yesterday' })],
    ['a time before all time', (tenant) => aStatus(tenant, 0, { timestamp: '-1' })],
    ['a time in milliseconds', (tenant) => aStatus(tenant, 0, { timestamp: '1790000000123' })],
    ['a time that fits 32 bits as nothing', (tenant) => aStatus(tenant, 0, { timestamp: String(2 ** 32) })],
  ]
  it.each(garbage)('with %s are parked, and their neighbours are applied', async (_what, make) => {
    const item = JSON.parse(JSON.stringify(make(acme))) as unknown
    const rest = await parkedBy(() => apply(aChange(acme.metaId, aStatus(acme, 1), item, aStatus(acme, 2))))
    expect(rest).toEqual([aChange(acme.metaId, item)])
    expect(await counts(acme)).toEqual({ ...NOTHING, sent: 2 })
  })

  it.each([
    ['no value', null],
    ['no metadata', { statuses: [] }],
    ['a number that is no text', { metadata: { phone_number_id: 5 }, statuses: [] }],
    ['statuses that are no list', { metadata: { phone_number_id: '1' }, statuses: {} }],
  ])('in a change with %s are parked, and their neighbours are applied', async (_what, value) => {
    const odd = { entry_id: '1', entry_time: null, field: 'messages', value }
    expect(await parkedBy(() => apply(odd, aChange(acme.metaId, aStatus(acme, 0))))).toEqual([odd])
    expect(await counts(acme)).toMatchObject({ sent: 1 })
  })

  const nothing = undefined
  it.each<[unknown, Price | undefined]>([
    [null, nothing],
    ['free', nothing],
    [{}, nothing],
    [{ category: null, type: 'regular' }, nothing],
    [{ category: 'x'.repeat(65), type: 'regular' }, nothing],
    [
      { category: 'marketing', type: 7, billable: 'yes' },
      { category: 'marketing', type: 'other' },
    ],
    [
      { category: 'loyalty', type: 'half_price' },
      { category: 'other', type: 'other' },
    ],
    [
      { category: 'utility', billable: true, pricing_model: 'CBP' },
      { category: 'utility', type: 'regular' },
    ],
  ])('count whatever their price looks like: %j', async (pricing, price) => {
    expect(await parkedBy(() => apply(aChange(acme.metaId, aStatus(acme, 0, { pricing }))))).toEqual([])
    expect(await counts(acme)).toEqual({ ...NOTHING, sent: 1, priced: price ? { [priceLetter(price)]: 1 } : {} })
  })

  it.each([[null], [[]], [[{ code: '131026' }]], [[{ title: 'no code' }]], [[{ code: -5 }]], ['x'], [undefined]])(
    'of a failure count whatever its errors look like: %j',
    async (errors) => {
      const odd = { status: 'failed', errors }
      expect(await parkedBy(() => apply(aChange(acme.metaId, aStatus(acme, 0, odd))))).toEqual([])
      const code = JSON.stringify([errors]).includes('131026') ? '131026' : '0'
      expect(await counts(acme)).toEqual({ ...NOTHING, failed: 1, failures: { [code]: 1 } })
    },
  )

  it('in a blob are applied like others', async () => {
    const statuses = Array.from({ length: 128 }, (_, position) => aStatus(acme, position, { status: 'delivered' }))
    const body = Buffer.from(JSON.stringify([aChange(acme.metaId, ...statuses)]))
    await world.deps.blobs.put('webhook-bodies', 'a/large.json', body, 'application/json')
    const message = { received_at: new Date().toISOString(), blob: 'a/large.json' }
    await applyStatuses(world.deps, message)
    await applyStatuses(world.deps, message)
    expect(await counts(acme)).toEqual({ ...NOTHING, sent: 128, delivered: 128 })
  })

  it('are tried again when facts cannot be written, and none of them is lost', async () => {
    const message = { received_at: new Date().toISOString(), changes: [aChange(acme.metaId, aStatus(acme, 0), 'odd')] }
    const broken = { ...world.deps, facts: { write: () => Promise.reject(new Error('the table is down')) } }
    await expect(applyStatuses(broken, message)).rejects.toThrow('the table is down')
    expect(await parkedBy(() => applyStatuses(world.deps, message))).toEqual([aChange(acme.metaId, 'odd')])
    expect(await counts(acme)).toMatchObject({ sent: 1 })
  })

  it('are the new workspace’s of a number that moved a moment ago', async () => {
    await apply(aChange(acme.metaId, aStatus(acme, 0)))
    const directory = phoneNumberDirectory(world.deps.containers)
    const { phone_number_id } = (await directory.findNumber(acme.metaId))!.value
    await directory.releaseNumber(acme.metaId, phone_number_id)
    const { workspaceId } = globex
    const claim = { workspaceId, phoneNumberId: newId('phoneNumber', workspaceId), at: new Date().toISOString() }
    await directory.claimNumber(acme.metaId, claim)
    const moved = aChange(acme.metaId, aStatus(globex, 0), 'odd')
    expect(await parkedBy(() => apply(moved))).toEqual([aChange(acme.metaId, 'odd')])
    expect(await counts(globex)).toEqual({ ...NOTHING, sent: 1 })
  })

  it('ask for the owner of a number once, however many changes it sent', async () => {
    const asked: string[] = []
    const numberOwners = {
      ...world.deps.numberOwners,
      find: (metaId: string) => {
        asked.push(metaId)
        return world.deps.numberOwners.find(metaId)
      },
    }
    const changes = Array.from({ length: 50 }, (_, at) => aChange(at % 2 ? acme.metaId : '404', aStatus(acme, at)))
    await applyStatuses({ ...world.deps, numberOwners }, { received_at: new Date().toISOString(), changes })
    expect(asked.sort()).toEqual([acme.metaId, '404'].sort())
  })
})
