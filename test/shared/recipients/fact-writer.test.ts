import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLedger } from '../../../shared/campaigns/counters.ts'
import type { Table } from '../../../shared/azure/tables.ts'
import { campaignMonth, newCampaignId } from '../../../shared/ids.ts'
import { factWriter, type Fact } from '../../../shared/recipients/fact-writer.ts'
import type { StatusKind } from '../../../shared/recipients/fact-row.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

function status(page: number, position: number, kind: StatusKind): Fact {
  return { status: { page, position, kind, at: 1_790_000_000, code: 0 } }
}

function aCampaign() {
  const workspaceId = aWorkspaceId()
  return { workspaceId, campaignId: newCampaignId(workspaceId, new Date()) }
}

describe('the fact writer', () => {
  it('stores facts of more pages than one transaction takes', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const facts = Array.from({ length: 250 }, (_, page) => status(page, page % 128, 'delivered'))
    await world.deps.facts.write(workspaceId, campaignId, facts)
    const { counts } = await readLedger(world.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: 250, delivered: 250, read: 0 })
  })

  it('reads the rows of a large campaign once, and keeps no more than some thousand of all campaigns', async () => {
    let reads = 0
    const factsTable = async (month: string): Promise<Table> => {
      const table = await world.deps.factsTable(month)
      return {
        ...table,
        query: (query) => {
          reads++
          return table.query(query)
        },
      }
    }
    const writer = factWriter({ factsTable })
    const campaigns = Array.from({ length: 4 }, aCampaign)
    const readsFor = async (campaign: number, kind: StatusKind): Promise<number> => {
      const { workspaceId, campaignId } = campaigns[campaign]!
      const before = reads
      const facts = Array.from({ length: 1000 }, (_, page) => status(page, 0, kind))
      await writer.write(workspaceId, campaignId, facts)
      return reads - before
    }
    for (const campaign of [0, 1, 2]) expect(await readsFor(campaign, 'sent')).toBeGreaterThan(0)
    for (const campaign of [0, 1, 2]) expect(await readsFor(campaign, 'delivered')).toBe(0)
    await readsFor(3, 'sent')
    expect(await readsFor(0, 'read')).toBeGreaterThan(0)
    expect(await readsFor(2, 'read')).toBe(0)
  })

  it('changes nothing when the same facts come again, through another instance too', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const facts = [status(0, 1, 'read'), status(0, 1, 'read'), status(3, 9, 'sent')]
    await world.deps.facts.write(workspaceId, campaignId, facts)
    await factWriter(world.deps).write(workspaceId, campaignId, facts)
    await world.deps.facts.write(workspaceId, campaignId, facts)
    const { counts } = await readLedger(world.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: 2, delivered: 1, read: 1 })
  })

  it('loses nothing when several instances write the same pages at the same time', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const writers = Array.from({ length: 4 }, () => factWriter(world.deps))
    const kinds: StatusKind[] = ['sent', 'delivered', 'read', 'delivered']
    await Promise.all(
      writers.flatMap((writer, index) =>
        Array.from({ length: 8 }, (_, chunk) =>
          writer.write(
            workspaceId,
            campaignId,
            Array.from({ length: 64 }, (_, at) => status((chunk + at) % 5, at + (chunk % 2) * 64, kinds[index]!)),
          ),
        ),
      ),
    )
    const distinct = new Set(
      Array.from({ length: 8 }, (_, chunk) =>
        Array.from({ length: 64 }, (_, at) => `${(chunk + at) % 5}/${at + (chunk % 2) * 64}`),
      ).flat(),
    ).size
    const { counts } = await readLedger(world.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: distinct, delivered: distinct, read: distinct, failed: 0 })
  })

  it('keeps the statuses that another instance stored before the outcome of their page came', async () => {
    const { workspaceId, campaignId } = aCampaign()
    await factWriter(world.deps).write(workspaceId, campaignId, [status(2, 0, 'read'), status(2, 1, 'delivered')])
    const outcome = { page: 2, version: 5, states: 'aas', settled: true, nextTry: undefined }
    const first = { outcome: { ...outcome, codes: new Map(), rounds: new Map() } }
    await factWriter(world.deps).write(workspaceId, campaignId, [first])
    const { counts, settled } = await readLedger(world.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: 2, delivered: 2, read: 1, skipped: 1 })
    expect(settled).toEqual(new Set([2]))
  })

  it('joins what comes during a write, and for a moment after it; alone, a fact waits for nothing', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const [asleep, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const table = await world.deps.factsTable(campaignMonth(campaignId))
    const writes: number[] = []
    const write: Table['write'] = (rows) => {
      writes.push(rows.length)
      return table.write(rows)
    }
    const writer = factWriter({
      factsTable: () => Promise.resolve({ ...table, write }),
      sleep: () => {
        asleep.resolve()
        return awake.promise
      },
    })
    await writer.write(workspaceId, campaignId, [status(0, 0, 'sent')])
    const during = [1, 2, 3].map((page) => writer.write(workspaceId, campaignId, [status(page, 0, 'sent')]))
    await asleep.promise
    const after = writer.write(workspaceId, campaignId, [status(4, 0, 'sent')])
    awake.resolve()
    await Promise.all([...during, after])
    expect(writes).toEqual([1, 1, 3])
  })

  it('gathers longer where the table is slow, and while many campaigns are written to', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const table = await world.deps.factsTable(campaignMonth(campaignId))
    let nowMs = 0
    let writeMs = 0
    const write: Table['write'] = async (rows) => {
      const etags = await table.write(rows)
      nowMs += writeMs
      return etags
    }
    const waits: number[] = []
    const sleep = (ms: number) => {
      waits.push(ms)
      return Promise.resolve()
    }
    const factsTable = () => Promise.resolve({ ...table, write })
    const writer = factWriter({ factsTable, now: () => new Date(nowMs), sleep })
    let position = 0
    for (writeMs of [10, 700, 5_000]) {
      await Promise.all([1, 2].map(() => writer.write(workspaceId, campaignId, [status(0, position++, 'sent')])))
    }
    expect(waits).toEqual([200, 700, 1_000])
    writeMs = 0
    const others = Array.from({ length: 8 }, aCampaign).flatMap((other) => [other, other])
    await Promise.all(others.map((other) => writer.write(other.workspaceId, other.campaignId, [status(0, 0, 'sent')])))
    expect(Math.max(...waits.slice(3))).toBe(400)
  })

  it('gathers no longer once many facts wait', async () => {
    const { workspaceId, campaignId } = aCampaign()
    const table = await world.deps.factsTable(campaignMonth(campaignId))
    const begun = Promise.withResolvers<void>()
    const sleep = () => {
      begun.resolve()
      return new Promise<never>(() => undefined)
    }
    const writer = factWriter({ factsTable: () => Promise.resolve(table), sleep })
    const write = (kind: StatusKind) =>
      writer.write(
        workspaceId,
        campaignId,
        Array.from({ length: 128 }, (_, position) => status(0, position, kind)),
      )
    const first = write('sent')
    const second = write('delivered')
    await Promise.all([first, begun.promise])
    await Promise.all([second, write('read')])
    const { counts } = await readLedger(world.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: 128, delivered: 128, read: 128 })
  })

  it('keeps campaigns apart', async () => {
    const one = aCampaign()
    const other = { ...one, campaignId: newCampaignId(one.workspaceId, new Date()) }
    await world.deps.facts.write(one.workspaceId, one.campaignId, [status(0, 0, 'sent')])
    expect((await readLedger(world.deps, other.workspaceId, other.campaignId)).counts.sent).toBe(0)
  })
})
