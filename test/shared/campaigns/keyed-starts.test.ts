/** A retry that is run again under its Idempotency-Key after a crash: it retries nothing again. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { CampaignRetry, retryCampaign } from '../../../shared/campaigns/retry.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { Once } from '../../../shared/idempotency/once.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 5 })
})
afterAll(() => w.close())

function keyed(key: string, isRepeat: boolean): Deps {
  const once: Once = { seed: (purpose) => `${key} ${purpose}`, mark: key, isRepeat, since: new Date() }
  return { ...w.deps, once }
}

it('promises the same and sends to nobody again', async () => {
  const code = 131026
  await w.simulator.fault({ match: { to: '15551000003' }, mode: { next: 2 }, effect: { kind: 'graph_error', code } })
  const id = await w.aCampaign()
  await executeCampaign(keyed('start', false), w.workspaceId, id)
  await w.settle()
  const all = CampaignRetry.parse({ force: true })
  const retry = (key: string, isRepeat: boolean) => retryCampaign(keyed(key, isRepeat), w.workspaceId, id, all)
  const first = await retry('one', false)
  expect(first.retried).toMatchObject({ failed: 1, uncertain: 0 })
  expect(await retry('one', true)).toEqual(first)
  await w.settle()
  // Failed again, so there is somebody whom another retry would send to.
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 1 })
  const accepted = (await w.simulator.ledger()).accepted
  const late = await retry('one', true)
  expect([late.campaign.status, late.retried]).toEqual(['COMPLETED', first.retried])
  await w.settle()
  expect((await w.simulator.ledger()).accepted).toBe(accepted)
  expect((await executeCampaign(keyed('start', true), w.workspaceId, id)).status).toBe('COMPLETED')
  expect((await retry('two', false)).retried.failed).toBe(1)
  await w.settle()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 0, sent_count: 5 })
})
