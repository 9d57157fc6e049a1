import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { workspaceStore } from '../../../shared/workspaces/store.ts'
import type { WorkspaceStatus } from '../../../shared/workspaces/schema.ts'
import { newUuid } from '../../../shared/ids.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let world: CampaignWorld

beforeAll(async () => {
  world = await aCampaignWorld({ contacts: 1 })
  const { deps, workspaceId } = world
  const at = deps.now().toISOString()
  const common = { workspace_id: workspaceId, v: 1, created_at: at } as const
  const owner = { id: newUuid(), type: 'member', user_id: newUuid(), role: 'OWNER', status: 'active' } as const
  await workspaceStore(deps.containers).create(
    {
      ...common,
      id: workspaceId,
      type: 'workspace',
      name: 'Acme',
      slug: 'acme',
      plan: 'free',
      status: 'active',
      settings: {},
      created_by: owner.user_id,
      api_key: 'sealed',
      webhook_secret: 'sealed',
      updated_at: at,
    },
    { ...common, ...owner, joined_at: at },
  )
})
afterAll(() => world.close())

async function become(status: WorkspaceStatus): Promise<void> {
  const store = workspaceStore(world.deps.containers)
  const stored = (await store.find(world.workspaceId))!
  await store.replace(stored, { ...stored.value, status })
}

it.each(['suspended', 'cancelled'] as const)(
  'a %s workspace starts no campaign, and queues nothing',
  async (status) => {
    const campaignId = await world.aCampaign()
    await become(status)
    const starting = executeCampaign(world.deps, world.workspaceId, campaignId)
    await expect(starting).rejects.toMatchObject({ code: 'workspace_suspended', status: 403 })
    expect(world.queued).toEqual([])
    await become('active')
    await expect(executeCampaign(world.deps, world.workspaceId, campaignId)).resolves.toMatchObject({
      status: 'SENDING',
    })
    world.queued.splice(0)
  },
)

it('a campaign that cannot be cancelled queues nothing', async () => {
  const campaignId = await world.aCampaign()
  await cancelCampaign(world.deps, world.workspaceId, campaignId)
  world.queued.splice(0)
  const again = cancelCampaign(world.deps, world.workspaceId, campaignId)
  await expect(again).rejects.toMatchObject({ code: 'campaign_not_sendable' })
  expect(world.queued).toEqual([])
})
