/**
 * A retry under its Idempotency-Key: run again after a crash it retries nothing again; twins at once retry once, and a day
 * later it is another one.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { monthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { CampaignRetry, retryCampaign } from '../../../shared/campaigns/retry.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { Once } from '../../../shared/idempotency/once.ts'
import { idempotencyRecords } from '../../../shared/idempotency/records.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { send } from '../../support/every-endpoint.ts'
import { DAY_MS, GENERIC, KEYED } from '../../support/keyed-world.ts'
import { oneAnswerOf } from '../../support/twins.ts'

let w: CampaignWorld
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 5 })
})
afterAll(() => w.close())

function keyed(key: string, isRepeat: boolean): Deps {
  const once: Once = { seed: (purpose) => `${key} ${purpose}`, mark: key, isRepeat, since: new Date() }
  return { ...w.deps, once }
}

/** A campaign at rest, that Meta refused to one person. */
async function refusedToOne(deps: Deps): Promise<string> {
  const code = 131026
  await w.simulator.fault({ match: { to: '15551000003' }, mode: { next: 1 }, effect: { kind: 'graph_error', code } })
  const id = await w.aCampaign()
  await executeCampaign(deps, w.workspaceId, id)
  await w.settle()
  expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', failed_count: 1 })
  return id
}

const retries = KEYED.filter((endpoint) => !GENERIC.includes(endpoint))

it.each(retries.map((endpoint) => [endpoint.name, endpoint] as const))(
  '%s sends once again for fifty twins, and a day later as if it was never asked',
  async (_name, endpoint) => {
    const clock = { ms: Date.parse('2026-11-15T12:00:00Z') }
    const tables = monthlyTables(w.world.config, 'idempotency')
    const records = idempotencyRecords({ tables, config: w.world.config, now: () => new Date(clock.ms) })
    const caller = {
      userId: randomUUID(),
      email: undefined,
      memberships: [{ workspaceId: w.workspaceId, role: 'OWNER' as const }],
    }
    const deps: Deps = { ...w.deps, idempotency: records, authenticate: () => Promise.resolve(caller) }
    const params = { workspace_id: w.workspaceId, campaign_id: await refusedToOne(deps) }
    const key = { 'idempotency-key': randomUUID() }
    const ask = () => send(deps, endpoint, { params, query: {}, body: { force: true } }, key)
    const { accepted } = await w.simulator.ledger()
    const answer = oneAnswerOf(await Promise.all(Array.from({ length: 50 }, ask)))
    expect(JSON.parse(answer.text)).toMatchObject({ retried: { failed: 1 } })
    await w.settle()
    expect((await w.simulator.ledger()).accepted).toBe(accepted + 1)
    clock.ms += DAY_MS - 1
    expect((await ask()).text).toBe(answer.text)
    clock.ms += 1
    // Everybody has it by now.
    expect((await ask()).text).toContain('"campaign_not_sendable"')
  },
)

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
