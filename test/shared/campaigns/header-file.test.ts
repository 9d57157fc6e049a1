/** The file in the header of a campaign: given to Meta once for all recipients, and what happens if Meta does not take it. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { gates } from '../../../shared/recipients/gate.ts'
import { reportFailed } from '../../support/campaign-steps.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { approveTemplate, campaignWith, SHAPES } from '../../support/campaign-templates.ts'
import { agedCopies, copiesOf, notingMeta, type NotedCalls } from '../../support/meta-copies.ts'
import { aStoredImage } from '../../support/messages.ts'

const HOUR_MS = 3_600_000
const PEOPLE = 40

let w: CampaignWorld
let meta: NotedCalls
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: PEOPLE })
  meta = notingMeta(w.deps)
  // The world delivers with its own Deps.
  w.deps.graph = meta.deps.graph
})
afterAll(() => w.close())
afterEach(async () => {
  await w.simulator.clearFaults()
  w.queued.splice(0)
})

async function started(media: Media): Promise<string> {
  const template = await approveTemplate(w, SHAPES.image)
  const id = await campaignWith(w, template, { 'header.media': { media_id: media.id } })
  await executeCampaign(w.deps, w.workspaceId, id)
  meta.bodies.splice(0)
  meta.uploads = 0
  return id
}

/** As if what waits had waited. The conductor looks first: the world delivers pages ahead of it, whatever their wait. */
async function settleLater(): Promise<void> {
  w.deps.now = () => new Date(Date.now() + 2 * 60_000)
  w.deps.gates = gates(w.deps)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  await w.settle()
  w.deps.now = () => new Date()
  w.deps.gates = gates(w.deps)
}

/** The headers that messages had, each once. */
function headers(): string[] {
  const of = (body: Record<string, unknown>) =>
    (body['template'] as { components: { parameters: unknown[] }[] }).components
  return [...new Set(meta.bodies.map((body) => JSON.stringify(of(body)[0]!.parameters)))]
}

function header(copy: { id: string }): string {
  return JSON.stringify([{ type: 'image', image: { id: copy.id } }])
}

async function stored(id: string) {
  return (await campaignStore(w.deps).get(w.workspaceId, id)).value
}

it('is given once for two campaigns of a number, and every message names it', async () => {
  const media = await aStoredImage(w.deps, w.workspaceId)
  const id = await started(media)
  await w.settle()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  expect([meta.uploads, meta.bodies.length]).toEqual([1, PEOPLE])
  const [copy] = await copiesOf(w.deps, media)
  expect(headers()).toEqual([header(copy!)])
  await started(media)
  await w.settle()
  expect([meta.uploads, meta.bodies.length, headers()]).toEqual([0, PEOPLE, [header(copy!)]])
})

it('that Meta has lost is given again, and everybody gets one message', async () => {
  const media = await aStoredImage(w.deps, w.workspaceId)
  await started(media)
  await w.settle()
  const [lost] = await copiesOf(w.deps, media)
  await w.deps.graph.call({ method: 'DELETE', path: lost!.id, token: w.simulator.accessToken })
  await agedCopies(w.deps, media, HOUR_MS)
  const id = await started(media)
  const before = await w.simulator.ledger()
  await w.settle(10)
  await settleLater()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  const after = await w.simulator.ledger()
  expect([meta.uploads, after.accepted - before.accepted]).toEqual([1, PEOPLE])
  const copies = await copiesOf(w.deps, media)
  expect(headers()).toEqual(copies.map(header))
})

it('that Meta refuses pauses the campaign with the reason, before anything is sent', async () => {
  const id = await started(await aStoredImage(w.deps, w.workspaceId))
  await w.simulator.fault({ match: { path: '/media$' }, effect: { kind: 'graph_error', code: 131053 } })
  await w.settle(30)
  expect(await stored(id)).toMatchObject({
    status: 'SCHEDULED',
    pause_reason:
      'Meta does not take the file in the header of the template: Meta could not use the media (Meta 131053)',
  })
  expect(meta.bodies).toEqual([])
})

it('that a message is refused for pauses the campaign, with nobody failed, and all get it once it is resumed', async () => {
  const id = await started(await aStoredImage(w.deps, w.workspaceId))
  const before = await w.simulator.ledger()
  const effect = { kind: 'graph_error', code: 131053 }
  await w.simulator.fault({ match: { path: 'messages' }, mode: { next: 1 }, effect })
  await w.settle(30)
  expect(await w.counters(id)).toMatchObject({ state: 'paused', failed_count: 0 })
  expect((await stored(id)).pause_reason).toMatch(/could not use the media \(Meta 131053/)
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: PEOPLE })
  expect((await w.simulator.ledger()).accepted - before.accepted).toBe(PEOPLE)
})

it('that a message fails for later pauses the campaign, and is given again when it is resumed', async () => {
  const media = await aStoredImage(w.deps, w.workspaceId)
  const id = await started(media)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  await agedCopies(w.deps, media, HOUR_MS)
  await reportFailed(w, id, { code: 131053 })
  expect((await stored(id)).pause_reason).toBe('Meta could not use the media (Meta 131053)')
  meta.uploads = 0
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle()
  expect(meta.uploads).toBe(1)
})

it('that Meta cannot be given now holds the campaign, which goes on by itself', async () => {
  const id = await started(await aStoredImage(w.deps, w.workspaceId))
  await w.simulator.fault({ match: { path: '/media$' }, mode: { next: 1 }, effect: { kind: 'http', status: 503 } })
  await w.settle(3)
  const { status, hold } = await stored(id)
  expect({ status, hold }).toMatchObject({ status: 'SENDING', hold: { reason: /could not be given the file/ } })
  expect(meta.bodies).toEqual([])
  await settleLater()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED' })
  expect([meta.uploads, meta.bodies.length]).toEqual([2, PEOPLE])
})
