import { afterAll, beforeAll, expect, it } from 'vitest'
import { usersCounted } from '../../../shared/pace/portfolio.ts'
import { portfolioOf } from '../../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

async function limit(tier: string): Promise<void> {
  await w.simulator.control('PATCH', `phone-numbers/${w.simulator.phoneNumberId}`, { tier })
  await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
}

async function counted(): Promise<number> {
  const number = (await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!.value
  return usersCounted(w.deps, portfolioOf(number), 250)
}

/** Messages that Meta took meanwhile, and people who were counted. */
async function during(work: () => Promise<unknown>) {
  const [before, countedBefore] = [await w.simulator.ledger(), await counted()]
  await work()
  await w.deliver()
  return {
    accepted: (await w.simulator.ledger()).accepted - before.accepted,
    people: (await counted()) - countedBefore,
  }
}

it('whom a template is the first to reach counts for the portfolio, once, and nobody whose window is open', async () => {
  await limit('TIER_250')
  const [ada, bob] = [w.aStranger(), w.aStranger()]
  await w.writes(bob)
  const sent = await during(async () => {
    for (const person of [ada, bob, ada]) await w.template(person)
    await w.text(bob)
  })
  expect(sent).toEqual({ accepted: 4, people: 1 })
})

it('a single message goes out though there is no room for it: what Meta counts decides', async () => {
  await limit('TIER_1')
  expect(await during(() => w.template(w.aStranger()))).toMatchObject({ accepted: 1 })
  expect(await during(() => w.template(w.aStranger()))).toEqual({ accepted: 1, people: 0 })
})

it('without a limit nobody is counted', async () => {
  await limit('TIER_UNLIMITED')
  expect(await during(() => w.template(w.aStranger()))).toEqual({ accepted: 1, people: 0 })
})
