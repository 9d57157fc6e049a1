import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { newCampaignId, recipientMessageId } from '../../../shared/ids.ts'
import { recipientStatus } from '../../../shared/recipients/status.ts'
import { applyStatuses } from '../../../shared/webhooks/apply-statuses.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
let campaignId: string
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 5 })
  await w.simulator.fault({ match: {}, mode: { next: 1 }, effect: { kind: 'graph_error', code: 131026 } })
  campaignId = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  await w.settle()
})
afterAll(() => w.close())

function idOf(position: number, page = 0): string {
  return recipientMessageId({ campaignId, page, position })
}

const statusOf = (id: string, workspaceId = w.workspaceId) => recipientStatus(w.deps, workspaceId, id)

it('tells of each recipient what the page and the facts know', async () => {
  const before = await Promise.all([0, 1, 2, 3, 4].map((position) => statusOf(idOf(position))))
  const failed = before.findIndex((known) => known?.status === 'failed')
  expect(before[failed]).toMatchObject({
    wamid: null,
    failure: { code: 131026, title: 'The message cannot be delivered: the number may not be on WhatsApp' },
    failedAt: expect.any(String) as string,
  })
  const sent = before.findIndex((known) => known?.status === 'sent')
  expect(before[sent]).toMatchObject({
    wamid: expect.stringMatching(/^wamid\./) as string,
    failure: null,
    readAt: null,
  })

  const status = { status: 'read', timestamp: '1790000000', biz_opaque_callback_data: idOf(sent) }
  const value = { metadata: { phone_number_id: w.simulator.phoneNumberId }, statuses: [status] }
  const changes = [{ entry_id: '1', entry_time: null, field: 'messages', value }]
  await applyStatuses(w.deps, { received_at: new Date().toISOString(), changes })
  const at = '2026-09-21T14:13:20.000Z'
  expect(await statusOf(idOf(sent))).toMatchObject({ status: 'read', sentAt: at, deliveredAt: at, readAt: at })
})

it('knows nobody else: other positions, pages, campaigns and workspaces', async () => {
  const none = newCampaignId(w.workspaceId, new Date('2199-01-01T00:00:00Z'))
  const ids = [idOf(5), idOf(0, 7), recipientMessageId({ campaignId: none, page: 0, position: 0 }), campaignId]
  for (const id of ids) expect(await statusOf(id)).toBeUndefined()
  expect(await statusOf(idOf(0), aWorkspaceId())).toBeUndefined()
})
