import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { findAnswered } from '../../../shared/recipients/find-answered.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { listMessages } from '../../../shared/messages/list-messages.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import { receiveWebhook } from '../../../shared/webhooks/receive.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { inbound } from '../../support/message-world.ts'
import { aPost, signatureOf } from '../../support/webhooks.ts'
import { newUuid, recipientMessageId } from '../../../shared/ids.ts'

let w: CampaignWorld
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 700 })
})
afterAll(() => w.close())

it('finds the recipient of every page by what they answer, in few reads, and nobody by anything else', async () => {
  const campaignId = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  await w.settle()
  let reads = 0
  const pages = {
    ...w.deps.containers.pages,
    read: (...given: Parameters<typeof w.deps.containers.pages.read>) => {
      reads++
      return w.deps.containers.pages.read(...given)
    },
  } as typeof w.deps.containers.pages // the same reads, counted
  const deps = { ...w.deps, containers: { ...w.deps.containers, pages } }
  const ask = { workspaceId: w.workspaceId, phoneNumberId: w.phoneNumberId }
  let asked = 0
  for (let number = 0; number < 6; number++) {
    const page = (await pageStore(w.deps).page(w.workspaceId, campaignId, number))?.value
    for (const position of [0, (page?.contacts.length ?? 1) - 1]) {
      const [contactId = '', wamid = ''] = [page?.contacts[position], page?.wamids[position]]
      const found = await findAnswered(deps, { ...ask, contactIds: [newUuid(), contactId], wamid })
      expect(found).toEqual({ campaignId, page: number, position })
      expect(await findAnswered(deps, { ...ask, contactIds: [contactId], wamid: 'wamid.other' })).toBeUndefined()
      asked += 3
    }
  }
  expect(reads / asked).toBeLessThan(4)
})

it('names the campaign on an answer that comes by the signed webhook, for the recipient alone', async () => {
  const campaignId = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  await w.settle()
  const { wamids, addresses, contacts } = (await pageStore(w.deps).page(w.workspaceId, campaignId, 1))!.value
  const wamid = wamids[7]!
  const quoting = { context: { from: '15550783881', id: wamid } }
  const changes = addresses.slice(7, 9).map((each) => inbound(w, each, new Date(), quoting))
  const entry = changes.map(({ entry_id: id, field, value }) => ({ id, changes: [{ field, value }] }))
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
  const deps = { ...w.deps, webhookIntake: webhookIntake(w.deps) }
  await receiveWebhook(deps, aPost(body, signatureOf(body, w.simulator.appSecret)))
  for (const queued of w.taken('webhook-messages')) await applyMessages(w.deps, queued)
  const { messages } = await listMessages(w.deps, w.workspaceId, { limit: 10, direction: 'inbound' })
  const answers = new Map(messages.map(messageDetail).map((each) => [each.contact_id, each.answers]))
  const message_id = recipientMessageId({ campaignId, page: 1, position: 7 })
  expect(answers.get(contacts[7]!)).toEqual({ wa_message_id: wamid, message_id, campaign_id: campaignId })
  expect(answers.get(contacts[8]!)).toEqual({ wa_message_id: wamid, message_id: null, campaign_id: null })
})
