import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as xlsx from 'xlsx'
import { parse } from 'csv-parse/sync'
import { RecipientQuery, recipientsPage, type RecipientResponse } from '../../../shared/campaigns/recipients.ts'
import { campaignReport } from '../../../shared/campaigns/report.ts'
import type { FileKind } from '../../../shared/reports/rows.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import type { Deps } from '../../../shared/deps.ts'
import { recipientAddress } from '../../../shared/ids.ts'
import type { StatusKind } from '../../../shared/recipients/fact-row.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

const RECIPIENTS = 600

let w: CampaignWorld
let id: string
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: RECIPIENTS })
  for (const to of ['15551000310', '15551000311', '15551000312']) {
    await w.simulator.fault({ match: { to }, mode: { next: 1 }, effect: { kind: 'answer_lost', ms: 0 } })
  }
  for (const [to, code] of [
    ['15551000300', 131026],
    ['15551000301', 131053],
  ] as const) {
    await w.simulator.fault({ match: { to }, mode: 'always', effect: { kind: 'graph_error', code } })
  }
  id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle()
  // Of those Meta took: which places those with a fault have is up to the ids.
  const sent = (await all({ status: 'sent', limit: '100' })).map(({ message_id }) => recipientAddress(message_id)!)
  const onPage = (number: number) => sent.find(({ page }) => page === number)!.position
  await report(1, onPage(1), 'read')
  await report(2, onPage(2), 'delivered')
  await report(3, onPage(3), 'failed', 131049)
})
afterAll(() => w.close())

function report(page: number, position: number, kind: StatusKind, code = 0): Promise<void> {
  return w.deps.facts.write(w.workspaceId, id, [{ status: { page, position, kind, at: 1_790_000_000, code } }])
}

function list(query: Record<string, string> = {}, deps: Pick<Deps, 'containers' | 'factsTable'> = w.deps) {
  return recipientsPage(deps, w.workspaceId, id, RecipientQuery.parse(query))
}

async function all(query: Record<string, string> = {}): Promise<RecipientResponse[]> {
  const found: RecipientResponse[] = []
  for (let cursor: string | undefined, turns = 0; turns < 100; turns++) {
    const page = await list({ ...query, ...(cursor === undefined ? {} : { cursor }) })
    found.push(...page.data)
    if (page.next_cursor === null) return found
    cursor = page.next_cursor
  }
  throw new Error('The list does not end')
}

describe('the recipients of a campaign', () => {
  it('are the whole of it on pages of any size, nobody twice, in one order', async () => {
    const whole = await all({ limit: '100' })
    expect(new Set(whole.map(({ message_id }) => message_id)).size).toBe(RECIPIENTS)
    for (const limit of ['7', '64']) expect(await all({ limit })).toEqual(whole)
    expect((await list()).total).toBe(RECIPIENTS)
  })

  it('are filtered by status, in any letter case and several at once, with the total of the counters', async () => {
    const counted = await w.counters(id)
    const ofStatus = async (status: string) => {
      const found = await all({ status, limit: '100' })
      expect((await list({ status, limit: '1' })).total).toBe(found.length)
      return found
    }
    expect(await ofStatus('FAILED')).toHaveLength(counted.failed_count)
    expect(await ofStatus('uncertain')).toHaveLength(counted.uncertain_count)
    expect(await ofStatus('read')).toHaveLength(1)
    expect(await ofStatus('delivered')).toHaveLength(1)
    expect(await ofStatus('sent')).toHaveLength(counted.sent_count - 2)
    expect(await ofStatus('Read, delivered,failed')).toHaveLength(5)
    expect(await ofStatus('pending,skipped,cancelled')).toEqual([])
    expect(() => RecipientQuery.parse({ status: 'lost' })).toThrow(/uncertain/)
  })

  it('are filtered by Meta’s code and by our reason, and told what to do', async () => {
    const [blocked] = await all({ code: '131026' })
    expect(blocked).toMatchObject({
      to_number: '+15551000300',
      status: 'failed',
      failed_at: expect.any(String) as string,
      sent_at: null,
      error: {
        code: 131026,
        reason: 'refused_by_meta',
        title: 'The message cannot be delivered: the number may not be on WhatsApp',
        hint: expect.stringContaining('Check the number') as string,
      },
    })
    expect(await all({ code: '131049' })).toMatchObject([{ status: 'failed', error: { code: 131049 } }])
    expect((await list({ code: '131049' })).total).toBe(1)
    expect(await all({ reason: 'REFUSED_BY_META' })).toHaveLength(3)
    expect(await all({ reason: 'answer_lost' })).toHaveLength(3)
    expect(await all({ reason: 'answer_lost', status: 'failed' })).toEqual([])
    expect(await all({ reason: 'no such reason' })).toEqual([])
  })

  it('have been sent and delivered what they have read', async () => {
    const at = '2026-09-21T14:13:20.000Z'
    expect(await all({ status: 'read' })).toMatchObject([
      { sent_at: at, delivered_at: at, read_at: at, failed_at: null, error: null, tries: 1, name: 'Person' },
    ])
  })

  it('costs two Cosmos requests more than the pages it shows, and none for pages without a match', async () => {
    let reads = 0
    const counting = <T extends object>(container: T): T =>
      new Proxy(container, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            reads++
            return Reflect.apply(member, target, args) as unknown
          }
        },
      })
    const { core, contacts, pages, ...others } = w.deps.containers
    const containers = { ...others, core: counting(core), contacts: counting(contacts), pages: counting(pages) }
    const deps = { ...w.deps, containers }
    expect((await list({ status: 'read' }, deps)).data).toHaveLength(1)
    // The campaign, one page of five, the names.
    expect(reads).toBe(3)
    reads = 0
    expect((await list({ status: 'cancelled' }, deps)).data).toEqual([])
    expect(reads).toBe(1)
  })

  it('are not told to another workspace, and a made-up cursor is refused', async () => {
    const query = RecipientQuery.parse({})
    await expect(recipientsPage(w.deps, aWorkspaceId(), id, query)).rejects.toMatchObject({
      code: 'campaign_not_found',
    })
    await expect(campaignReport(w.deps, aWorkspaceId(), id, 'csv')).rejects.toMatchObject({
      code: 'campaign_not_found',
    })
    await expect(list({ cursor: 'bm90IG91cnM' })).rejects.toMatchObject({ status: 422 })
  })

  it('are nobody before the start', async () => {
    const draft = await w.aCampaign()
    const query = RecipientQuery.parse({})
    expect(await recipientsPage(w.deps, w.workspaceId, draft, query)).toEqual({ data: [], total: 0, next_cursor: null })
  })
})

describe('the report of a campaign', () => {
  async function reportRows(kind: FileKind): Promise<Record<string, unknown>[]> {
    const bytes = Buffer.concat(await Array.fromAsync((await campaignReport(w.deps, w.workspaceId, id, kind)).content))
    if (kind === 'csv') return parse(bytes, { bom: true, columns: true })
    const book = xlsx.read(bytes)
    return xlsx.utils.sheet_to_json(book.Sheets[book.SheetNames[0]!]!, { defval: '' })
  }

  it.each(['csv', 'xlsx'] as const)('has everybody of the list as %s, in its order', async (kind) => {
    const rows = await reportRows(kind)
    const listed = await all({ limit: '100' })
    expect(rows.map((row) => [row['message_id'], row['status'], row['to_number'], row['name']])).toEqual(
      listed.map(({ message_id, status, to_number, name }) => [message_id, status, to_number, name]),
    )
    const failed = rows.find((row) => String(row['error_code']) === '131026')
    expect(failed).toMatchObject({ error_reason: 'refused_by_meta', to_number: '+15551000300' })
  })

  it('does not let a name calculate', async () => {
    const store = contactStore(w.deps.containers)
    const [{ contact_id }] = (await all()) as [RecipientResponse]
    const stored = await store.find(w.workspaceId, contact_id)
    await store.replace(stored!, { ...stored!.value, name: '=HYPERLINK("http://x","y")' })
    const name = async (kind: FileKind) =>
      (await reportRows(kind)).find((row) => row['contact_id'] === contact_id)?.['name']
    expect(await name('csv')).toBe(`'=HYPERLINK("http://x","y")`)
    expect(await name('xlsx')).toBe('=HYPERLINK("http://x","y")')
    await store.replace((await store.find(w.workspaceId, contact_id))!, stored!.value)
  })

  it('throws what keeps its first rows from being read, and breaks off at what comes later', async () => {
    const { pages } = w.deps.containers
    const failingAt = (number: number): Pick<Deps, 'containers' | 'factsTable'> => {
      const read: typeof pages.read = (pageId, ...place) =>
        pageId.endsWith(String(number)) ? Promise.reject(new Error('the store is away')) : pages.read(pageId, ...place)
      return { ...w.deps, containers: { ...w.deps.containers, pages: { ...pages, read } } }
    }
    await expect(campaignReport(failingAt(0), w.workspaceId, id, 'csv')).rejects.toThrow('the store is away')
    const { content } = await campaignReport(failingAt(4), w.workspaceId, id, 'csv')
    await expect(Array.fromAsync(content)).rejects.toThrow('the store is away')
  })
})
