import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { campaignMonth, newCampaignId, recipientMessageId, type WorkspaceId } from '../../../shared/ids.ts'
import { readLedger } from '../../../shared/campaigns/counters.ts'
import type { OutboundMessage } from '../../../shared/messages/schema.ts'
import { statusOf, timesOf, withReport, withResult, type Report } from '../../../shared/messages/status.ts'
import { factWriter } from '../../../shared/recipients/fact-writer.ts'
import {
  applyOutcome,
  applyStatus,
  countRow,
  emptyRow,
  noCounts,
  type Counts,
  type FactRow,
  type StatusKind,
} from '../../../shared/recipients/fact-row.ts'
import { fromCells, toCells } from '../../../shared/recipients/fact-cells.ts'
import { recipientStatus } from '../../../shared/recipients/status.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { priceLetter, type Price } from '../../../shared/whatsapp/pricing.ts'
import { aPage } from '../../support/builders.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'

const KINDS: StatusKind[] = ['sent', 'delivered', 'read', 'failed']
/** What our own record says in the end; none: it was never written. */
const RECORDS = ['none', 'accepted', 'failed', 'uncertain'] as const
type OurRecord = (typeof RECORDS)[number]
const LETTERS = { none: ' ', accepted: 'a', failed: 'f', uncertain: 'u' } as const

type State = 'read' | 'delivered' | 'failed' | 'sent' | 'uncertain' | 'unknown'

/** The rules as Meta's and ours are written down, said without looking at how they are kept. */
function endOf(kinds: readonly StatusKind[], record: OurRecord): State {
  if (kinds.includes('read')) return 'read'
  if (kinds.includes('delivered')) return 'delivered'
  if (kinds.includes('failed')) return 'failed'
  if (record === 'accepted') return 'sent'
  if (kinds.includes('sent') && record !== 'failed') return 'sent'
  return record === 'none' ? 'unknown' : record
}

const REACHED: { [Each in State]: (keyof Counts)[] } = {
  read: ['sent', 'delivered', 'read'],
  delivered: ['sent', 'delivered'],
  failed: ['failed'],
  sent: ['sent'],
  uncertain: ['uncertain'],
  unknown: [],
}

function countsOf(state: State, code: number): Counts {
  const counts: Counts = { ...noCounts(), failures: state === 'failed' ? { [code]: 1 } : {} }
  for (const name of REACHED[state]) Object.assign(counts, { [name]: 1 })
  return counts
}

/** Every order of every multiset of up to six reports is every sequence of up to six. */
function sequences(most: number): StatusKind[][] {
  const all: StatusKind[][] = [[]]
  for (let from = 0, length = 0; length < most; length++) {
    const to = all.length
    for (const shorter of all.slice(from, to)) for (const kind of KINDS) all.push([...shorter, kind])
    from = to
  }
  return all
}

const ALL = sequences(6)
const META_CODE = 131026
const OUR_CODE = 131000
const BASE = 1_790_000_000

/** Each report has a time of its own, which its place in the order does not give away. */
function timeOf(kind: StatusKind, at: number): number {
  return BASE + KINDS.indexOf(kind) * 10 + (at % 3)
}

/** Every place in the order that the record can be written at. */
function* places(kinds: readonly StatusKind[]) {
  for (const record of RECORDS) {
    for (let place = 0; place <= (record === 'none' ? 0 : kinds.length); place++) yield { record, place }
  }
}

describe('all orders of up to six reports, with our record at any place among them', () => {
  it('are as many as there can be', () => {
    expect(ALL).toHaveLength(1 + 4 + 16 + 64 + 256 + 1024 + 4096)
  })

  it('end in the right state and counts for a recipient of a campaign', () => {
    let cases = 0
    for (const kinds of ALL) {
      for (const { record, place } of places(kinds)) {
        const row = emptyRow()
        const write = () => outcome(row, record)
        kinds.forEach((kind, at) => {
          if (at === place) write()
          applyStatus(row, { page: 0, position: 0, kind, at: timeOf(kind, at), code: META_CODE })
        })
        if (place >= kinds.length) write()
        // Meta's word that it has taken the message outranks what we recorded of a campaign's recipient.
        const state = record === 'failed' && kinds.includes('sent') ? endOf(kinds, 'accepted') : endOf(kinds, record)
        const expected = countsOf(state, kinds.includes('failed') ? META_CODE : OUR_CODE)
        if (JSON.stringify(countRow(row)) !== JSON.stringify(expected)) {
          expect.fail(`${kinds.join()} and "${record}" at ${place}: ${JSON.stringify(countRow(row))}`)
        }
        cases++
      }
    }
    expect(cases).toBeGreaterThan(100_000)
  })

  it('leave a recipient the earliest time of each, and the reason of the earliest failure', () => {
    const ends = new Map<string, string>()
    for (const kinds of sequences(4)) {
      const reports = kinds.map((kind, at) => ({ kind, at: BASE + ((at * 7) % 5), code: META_CODE + ((at * 3) % 4) }))
      for (const list of [reports, reports.toReversed(), [...reports.slice(1), ...reports.slice(0, 1)]]) {
        const row = emptyRow()
        for (const each of list) applyStatus(row, { page: 0, position: 0, ...each })
        const end = [row.sent, row.delivered, row.read, row.failed, row.failedCodes].map(([first]) => first).join()
        const known = ends.get(kinds.join()) ?? end
        ends.set(kinds.join(), known)
        expect(end, kinds.join()).toBe(known)
      }
    }
  })
})

describe('prices, told in any order and however often', () => {
  it('come to the highest for a recipient of a campaign', () => {
    const told: (Price | undefined)[] = [
      undefined,
      { category: 'marketing', type: 'regular' },
      { category: 'marketing', type: 'free_entry_point' },
      { category: 'loyalty', type: 'half_price' },
    ]
    const letters = told.map((price) => price && priceLetter(price))
    const orders = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => [a, b, c])))
    for (const order of orders) {
      const row = emptyRow()
      const changed = order.map((price, at) =>
        applyStatus(row, { page: 0, position: 7, kind: 'sent', at: BASE + at, code: 0, price }),
      )
      const highest = order
        .filter((letter) => letter !== undefined)
        .sort()
        .at(-1)
      expect(countRow(row).priced).toEqual(highest === undefined ? {} : { [highest]: 1 })
      expect(changed).toEqual(
        order.map((letter, at) => at === 0 || order.slice(0, at).every((each) => isHigher(letter, each))),
      )
      expect(fromCells(toCells(row)).prices).toBe(row.prices)
    }
  })
})

function isHigher(letter: string | undefined, than: string | undefined): boolean {
  return letter !== undefined && (than === undefined || letter > than)
}

function outcome(row: FactRow, record: OurRecord): void {
  if (record === 'none') return
  const codes = new Map(record === 'failed' ? [[0, OUR_CODE]] : [])
  applyOutcome(row, { page: 0, version: 1, states: LETTERS[record], settled: true, codes })
}

function withRecord(message: OutboundMessage, record: OurRecord, now: Date): OutboundMessage {
  switch (record) {
    case 'none':
      return message
    case 'accepted':
      return withResult(message, 'a worker', { kind: 'accepted', wamid: 'wamid.A' }, now)
    case 'failed':
      return withResult(message, 'a worker', { kind: 'failed', code: OUR_CODE, reason: 'refused' }, now)
    case 'uncertain':
      return withResult(message, 'a worker', { kind: 'uncertain', reason: 'answer_lost' }, now)
  }
}

describe('reports, through the queue handler and the stores', () => {
  let w: MessageWorld
  beforeAll(async () => {
    w = await aMessageWorld()
  })
  afterAll(() => w.close())

  /** A sample of all: one out of 43, of every length: 128 recipients are a page. */
  const SAMPLE = ALL.filter((_, at) => at % 43 === 7).slice(0, 128)
  const settledAs = (place: number) => RECORDS[place % RECORDS.length] ?? 'none'

  const statusesOf = (ids: readonly string[], kinds: readonly StatusKind[][], step: number) =>
    kinds.flatMap((list, index) => {
      const kind = list[step]
      const data = ids[index]
      if (kind === undefined || data === undefined) return []
      const errors = kind === 'failed' ? { errors: [{ code: META_CODE }] } : {}
      const timestamp = String(timeOf(kind, step))
      return [{ id: 'wamid.A', status: kind, timestamp, biz_opaque_callback_data: data, ...errors }]
    })

  function apply(...statuses: unknown[]): Promise<void> {
    const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses }
    const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
    return applyStatuses(w.deps, { received_at: new Date().toISOString(), changes })
  }

  it.each([
    ['before', true],
    ['after', false],
  ])('ends a campaign’s recipients right with the page written %s', async (_when, isFirst) => {
    const workspaceId: WorkspaceId = w.workspaceId
    const campaignId = newCampaignId(workspaceId, new Date())
    const states = SAMPLE.map((_, position) => LETTERS[settledAs(position)])
      .join('')
      .replaceAll(' ', 'p')
    const page = aPage(states, { workspace_id: workspaceId, campaign_id: campaignId })
    const write = () => w.deps.containers.pages.create(page, page.pk)
    if (isFirst) await write()
    const ids = SAMPLE.map((_, position) => recipientMessageId({ campaignId, page: 0, position }))
    for (let step = 0; step < 6; step++) await apply(...statusesOf(ids, SAMPLE, step))
    if (!isFirst) await write()
    const ends = await Promise.all(ids.map((id) => recipientStatus(w.deps, workspaceId, id)))
    const expected = SAMPLE.map((kinds, position) => {
      const record = settledAs(position)
      const state = record === 'failed' && kinds.includes('sent') ? endOf(kinds, 'accepted') : endOf(kinds, record)
      return state === 'unknown' ? 'pending' : state
    })
    expect(ends.map((end) => end?.status)).toEqual(expected)
  })

  it('ends a single message in the right state with the earliest times, in all orders', async () => {
    const stored = await w.template(w.aStranger())
    const now = new Date((BASE + 5) * 1000)
    const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
    let cases = 0
    for (const kinds of ALL) {
      for (const { record, place } of places(kinds)) {
        let message: OutboundMessage = { ...stored, claim: { holder: 'a worker', until: iso(BASE + 60) } }
        const write = () => {
          message = withRecord(message, record, now)
        }
        kinds.forEach((kind, at) => {
          if (at === place) write()
          const report: Report = { kind, at: iso(timeOf(kind, at)), code: META_CODE, wamid: 'wamid.A' }
          message = withReport(message, report)
        })
        if (place >= kinds.length) write()
        const state = endOf(kinds, record)
        if (statusOf(message) !== (state === 'unknown' ? 'queued' : state)) {
          expect.fail(`${kinds.join()} and "${record}" at ${place}: ${statusOf(message)}`)
        }
        const read = kinds.flatMap((kind, at) => (kind === 'read' ? [timeOf(kind, at)] : []))
        if (timesOf(message).read_at !== (read.length === 0 ? null : iso(Math.min(...read)))) {
          expect.fail(`${kinds.join()}: ${JSON.stringify(timesOf(message))}`)
        }
        cases++
      }
    }
    expect(cases).toBeGreaterThan(100_000)
  })

  it('ends single messages right, told to each in its order', async () => {
    const kinds = SAMPLE.slice(0, 24)
    const ids = await Promise.all(kinds.map(async () => (await w.template(w.aStranger())).id))
    for (let step = 0; step < 6; step++) await apply(...statusesOf(ids, kinds, step))
    const ends = await Promise.all(ids.map((id) => w.status(id)))
    expect(ends.map(({ status }) => status)).toEqual(
      kinds.map((list) => endOf(list, 'none')).map((state) => (state === 'unknown' ? 'queued' : state)),
    )
  })

  it('applies 1,000 statuses of one body in one transaction for every hundred pages, and none the second time', async () => {
    const { workspaceId } = w
    const campaignId = newCampaignId(workspaceId, new Date())
    let writes = 0
    let rows = 0
    const table = await w.deps.factsTable(campaignMonth(campaignId))
    const counting: typeof table = {
      ...table,
      write: (list) => {
        if (list.length > 0) writes++
        rows += list.length
        return table.write(list)
      },
    }
    const facts = factWriter({ factsTable: () => Promise.resolve(counting) })
    const statuses = Array.from({ length: 1000 }, (_, at) => ({
      id: 'wamid.A',
      status: KINDS[at % 3],
      timestamp: String(BASE + at),
      biz_opaque_callback_data: recipientMessageId({ campaignId, page: at % 8, position: Math.floor(at / 8) }),
    }))
    const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses }
    const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
    const message = { received_at: new Date().toISOString(), changes }
    await applyStatuses({ ...w.deps, facts }, message)
    expect([writes, rows]).toEqual([1, 8])
    await applyStatuses({ ...w.deps, facts }, message)
    expect([writes, rows]).toEqual([1, 8])
    const { counts } = await readLedger(w.deps, workspaceId, campaignId)
    expect(counts).toMatchObject({ sent: 1000, delivered: 666, read: 333, failed: 0 })
  })
})
