import { afterAll, beforeAll, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { findAnswered } from '../../../shared/recipients/find-answered.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { newUuid } from '../../../shared/ids.ts'

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
