import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import type { DocumentContainer } from '../../../shared/azure/cosmos.ts'
import type { Table } from '../../../shared/azure/tables.ts'
import { PAGE_SIZE } from '../../../shared/recipients/page.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { anotherInstance } from '../../support/another-instance.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

const RECIPIENTS = 1280

let w: CampaignWorld
beforeEach(async () => {
  w = await aCampaignWorld({ contacts: RECIPIENTS })
  await aStoredWorkspace(w.deps, w.workspaceId)
})
afterEach(() => w.close())

/** Every call of the wrapped object's methods is a request. */
function counted<T extends object>(object: T, count: () => void): T {
  return new Proxy(object, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        count()
        return Reflect.apply(member, target, args) as unknown
      }
    },
  })
}

describe('the cost of a campaign before statuses', () => {
  const cases = [
    { name: 'where nothing is limited', tier: 'TIER_UNLIMITED', frequency_cap: null },
    {
      name: 'with a frequency cap, and a request a page for it',
      tier: 'TIER_UNLIMITED',
      frequency_cap: { messages: 2, hours: 24 },
    },
    {
      name: 'with a limit of the portfolio, and a request a page for it',
      tier: 'TIER_100K',
      frequency_cap: null,
    },
  ]
  it.each(cases)('stays within its budget of requests per recipient: $name', async ({ tier, frequency_cap }) => {
    await updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: { frequency_cap } })
    await w.simulator.control('PATCH', `phone-numbers/${w.simulator.phoneNumberId}`, { tier })
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    const requests = { cosmos: 0, tables: 0, queues: 0 }
    const cosmos = (container: DocumentContainer) => counted(container, () => requests.cosmos++)
    const { containers, paceTable, factsTable } = w.deps
    const parts = {
      containers: {
        ...containers,
        directory: cosmos(containers.directory),
        core: cosmos(containers.core),
        contacts: cosmos(containers.contacts),
        messages: cosmos(containers.messages),
        pages: cosmos(containers.pages),
      },
      paceTable: counted<Table>(paceTable, () => requests.tables++),
      factsTable: async (month: string) => counted<Table>(await factsTable(month), () => requests.tables++),
    }
    // Time passes by waiting alone: what is looked up each second, and slots that pass, would count how slow this machine is.
    await w.simulator.control('PATCH', 'behaviour', { throughput_tolerance: 10 })
    let nowMs = Date.now()
    const now = () => new Date(nowMs)
    const sleep = (ms: number) => {
      nowMs += ms
      return Promise.resolve()
    }
    Object.assign(w.deps, anotherInstance({ ...w.deps, ...parts, now, sleep }))
    w.deps.queues = counted(w.deps.queues, () => requests.queues++)

    const id = await w.aCampaign()
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: RECIPIENTS })

    expect(requests.cosmos / RECIPIENTS).toBeLessThanOrEqual(0.08)
    expect(requests.tables / RECIPIENTS).toBeLessThanOrEqual(0.03)
    // One message for four pages of this fast number, and one a step of planning and conducting; each put, received and deleted.
    expect(requests.queues).toBeLessThanOrEqual(Math.ceil(RECIPIENTS / PAGE_SIZE / 4) + 5)
    expect((3 * requests.queues) / RECIPIENTS).toBeLessThanOrEqual(0.03)
  })
})
