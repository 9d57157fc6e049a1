import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as xlsx from 'xlsx'
import { startChild, type Child } from '../../../local/process/child.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { campaignReport } from '../../../shared/campaigns/report.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { outcomeOfPage } from '../../../shared/recipients/outcome.ts'
import { PAGE_SIZE, type Page } from '../../../shared/recipients/page.ts'
import { aPage } from '../../support/builders.ts'
import { aMetaWorld, aTenant, bearer, connectNumber, type MetaWorld, type Tenant } from '../../support/tenants.ts'

const PAGES = 80
/** A batch holds 2 MB. */
const PAGES_AT_ONCE = 20

let meta: MetaWorld
let acme: Tenant
let phoneNumberId: string
let host: Child
let url: string
beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  phoneNumberId = (await connectNumber(meta, acme.id)).id
  host = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0'],
    env: meta.world.env,
  })
  // The host's own ready line.
  url = (JSON.parse(host.ready) as { url: string }).url
})
afterAll(async () => {
  await host.stop()
  await meta.close()
})

/** A campaign at rest with so many pages; those of `broken` cannot be read. */
async function aCampaign(broken: number[] = []): Promise<string> {
  const { deps } = meta.world
  const input = { workspace_id: acme.id, phone_number_id: phoneNumberId, name: 'Grüße "Herbst"' }
  const { id } = await createCampaign(deps, acme.id, input)
  const at = deps.now().toISOString()
  const stored = await campaignStore(deps).get(acme.id, id)
  const ended = { status: 'COMPLETED', started_at: at, planned_at: at, completed_at: at } as const
  const size = { total: PAGES * PAGE_SIZE, pages: PAGES }
  await campaignStore(deps).replace(stored, { ...stored.value, ...ended, ...size })
  const pages = Array.from({ length: PAGES }, (_, number) => pageOf(id, number))
  for (let from = 0; from < PAGES; from += PAGES_AT_ONCE) {
    const documents = pages
      .slice(from, from + PAGES_AT_ONCE)
      .map((page) => (broken.includes(page.number) ? { ...page, states: 7 } : page))
    await deps.containers.pages.batch(
      documents.map((document) => ({ kind: 'create', document })),
      pages[0]!.pk,
    )
  }
  const facts = pages.map((page) => ({ outcome: outcomeOfPage(page) }))
  await deps.facts.write(acme.id, id, facts)
  return id
}

function pageOf(campaignId: string, number: number): Page {
  const page = aPage('a'.repeat(PAGE_SIZE), { workspace_id: acme.id, campaign_id: campaignId, number })
  return {
    ...page,
    wamids: Object.fromEntries(page.contacts.map((contact, position) => [position, `wamid.${contact}`])),
  }
}

function ask(campaignId: string, kind: 'csv' | 'xlsx', path = 'campaigns'): Promise<Response> {
  return fetch(`${url}/api/${path}/${campaignId}/report.${kind}`, { headers: bearer(acme.owner.token) })
}

describe('a report over HTTP', () => {
  it('is whole under both paths and in both forms, and named after the campaign', async () => {
    const id = await aCampaign()
    const csv = await ask(id, 'csv')
    expect(csv.status).toBe(200)
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(csv.headers.get('content-disposition')).toBe(
      `attachment; filename="Gr__e _Herbst_.csv"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20_Herbst_.csv`,
    )
    const rows: Record<string, string>[] = parse(await csv.text(), { bom: true, columns: true })
    expect(rows).toHaveLength(PAGES * PAGE_SIZE)
    expect(new Set(rows.map((row) => row['message_id'])).size).toBe(PAGES * PAGE_SIZE)

    const answer = await ask(id, 'xlsx', `workspaces/${acme.id}/campaigns`)
    const book = xlsx.read(Buffer.from(await answer.arrayBuffer()), { dense: true })
    const sheet = xlsx.utils.sheet_to_json<Record<string, unknown>>(book.Sheets['Recipients']!)
    expect(sheet.map((row) => row['message_id'])).toEqual(rows.map((row) => row['message_id']))
  })

  it('reads no further than it is read itself', async () => {
    let reads = 0
    const { pages } = meta.world.deps.containers
    const counting = { ...pages, read: ((...args) => (reads++, pages.read(...args))) as typeof pages.read }
    const deps = { ...meta.world.deps, containers: { ...meta.world.deps.containers, pages: counting } }
    const { content } = await campaignReport(deps, acme.id, await aCampaign(), 'csv')
    for await (const _chunk of content) break
    expect(reads).toBeGreaterThan(0)
    expect(reads).toBeLessThan(PAGES / 4)
  })

  it('is an error where it cannot begin, and breaks off where it cannot go on', async () => {
    const early = await ask(await aCampaign([0]), 'csv')
    expect(early.status).toBe(500)
    expect(await early.json()).toMatchObject({ code: 'internal' })
    for (const kind of ['csv', 'xlsx'] as const) {
      const late = await ask(await aCampaign([60]), kind)
      expect(late.status).toBe(200)
      await expect(late.arrayBuffer()).rejects.toThrow('terminated')
    }
  })
})
