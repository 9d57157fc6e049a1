import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newUuid } from '../../../shared/ids.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { deleteWorkspace } from '../../../shared/workspaces/delete.ts'
import { memberId, type Workspace, type WorkspaceStatus } from '../../../shared/workspaces/schema.ts'
import { sealSecret } from '../../../shared/workspaces/secrets.ts'
import { settleChange } from '../../../shared/workspaces/settle.ts'
import { workspaceStore } from '../../../shared/workspaces/store.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let world: CampaignWorld
let deps: Deps

beforeAll(async () => {
  world = await aCampaignWorld({ contacts: 200 })
  deps = world.deps
  await makeWorkspace()
  // Each of its pages is a queue message of its own.
  await world.simulator.control('PATCH', `phone-numbers/${world.simulator.phoneNumberId}`, { throughput: 'STANDARD' })
  await syncPhoneNumber(deps, world.workspaceId, world.phoneNumberId)
})
afterAll(() => world.close())

async function makeWorkspace(): Promise<void> {
  const { workspaceId } = world
  const at = deps.now().toISOString()
  const userId = newUuid()
  const common = { workspace_id: workspaceId, v: 1, created_at: at } as const
  const seal = (name: 'api_key' | 'webhook_secret') => sealSecret(deps.config, workspaceId, name, newUuid())
  const workspace: Workspace = {
    ...common,
    ...{ id: workspaceId, type: 'workspace', name: 'Acme', slug: 'acme', plan: 'free', status: 'active' },
    ...{ settings: {}, created_by: userId, updated_at: at },
    api_key: seal('api_key'),
    webhook_secret: seal('webhook_secret'),
  }
  const owner = { id: memberId(workspaceId, userId), type: 'member', user_id: userId, role: 'OWNER' } as const
  await workspaceStore(deps.containers).create(workspace, { ...common, ...owner, status: 'active', joined_at: at })
}

/** As somebody who may: nobody inside can lift a suspension. */
async function backToActive(): Promise<void> {
  const store = workspaceStore(deps.containers)
  const stored = (await store.find(world.workspaceId))!
  await store.replace(stored, { ...stored.value, status: 'active' })
}

async function sentTo(): Promise<number> {
  return (await world.simulator.ledger()).accepted
}

/** Planned, with its pages in the queue, and `sent` of them sent. */
async function aRunningCampaign(sent = 0): Promise<string> {
  world.queued.splice(0)
  const id = await world.aCampaign()
  await executeCampaign(deps, world.workspaceId, id)
  await world.settle(2 + sent)
  expect(await campaign(id)).toMatchObject({ status: 'SENDING' })
  return id
}

async function campaign(id: string) {
  return (await campaignStore(deps).get(world.workspaceId, id)).value
}

describe.each(['suspended', 'cancelled'] as const)('a workspace that becomes %s', (status: WorkspaceStatus) => {
  it('pauses what it was sending, with a reason, and sends nothing more', async () => {
    const paused = await aRunningCampaign()
    await pauseCampaign(deps, world.workspaceId, paused)
    const running = await aRunningCampaign()
    await updateWorkspace(deps, world.workspaceId, 'OWNER', { status })
    const reason = `The workspace is ${status}`
    expect(await campaign(running)).toMatchObject({ status: 'SCHEDULED', in_motion: false, pause_reason: reason })
    expect(await campaign(paused)).toMatchObject({ status: 'SCHEDULED', pause_reason: null })
    const before = await sentTo()
    await world.settle()
    expect(await sentTo()).toBe(before)
    await backToActive()
  })

  it('and is killed before its campaigns are paused has them paused by the queue', async () => {
    const running = await aRunningCampaign()
    const stopping = interrupted(deps, 'core', 'query', crash)
    await expect(updateWorkspace(stopping, world.workspaceId, 'OWNER', { status })).rejects.toThrow('killed')
    expect(await campaign(running)).toMatchObject({ status: 'SENDING' })
    for (const message of world.taken('workspace-changes')) await settleChange(deps, message)
    expect(await campaign(running)).toMatchObject({ status: 'SCHEDULED' })
    await backToActive()
    world.queued.splice(0)
  })

  it('and is asked again changes nothing more', async () => {
    const running = await aRunningCampaign()
    await updateWorkspace(deps, world.workspaceId, 'OWNER', { status })
    const once = await campaign(running)
    await updateWorkspace(deps, world.workspaceId, 'OWNER', { status })
    expect(await campaign(running)).toEqual(once)
    await backToActive()
    world.queued.splice(0)
  })
})

it('a refused change of status queues nothing', async () => {
  const store = workspaceStore(deps.containers)
  const stored = (await store.find(world.workspaceId))!
  await store.replace(stored, { ...stored.value, status: 'suspended' })
  world.queued.splice(0)
  const cancelling = updateWorkspace(deps, world.workspaceId, 'OWNER', { status: 'cancelled' })
  await expect(cancelling).rejects.toMatchObject({ code: 'workspace_suspended' })
  expect(world.queued).toEqual([])
  await backToActive()
})

it('a deleted workspace cancels what it was sending; everybody left has an outcome, and nobody gets more', async () => {
  const running = await aRunningCampaign(1)
  const before = await sentTo()
  expect(before).toBeGreaterThan(0)
  await deleteWorkspace(deps, world.workspaceId)
  expect(await campaign(running)).toMatchObject({ status: 'CANCELLED' })
  await world.settle()
  expect(await sentTo()).toBe(before)
  expect(await campaign(running)).toMatchObject({ in_motion: false })
  expect(await world.counters(running)).toMatchObject({ total_contacts: 200, pending_count: 0 })
  expect(await phoneNumberStore(deps.containers).findByMetaId(world.simulator.phoneNumberId)).toBeUndefined()
})
