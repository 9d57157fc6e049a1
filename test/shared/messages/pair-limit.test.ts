import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDeps } from '../../../shared/create-deps.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

it('more messages to one person than Meta takes at once wait for their turn, and no others', async () => {
  const [ada, bob] = [w.aStranger(), w.aStranger()]
  for (const person of [ada, bob]) await w.writes(person)
  for (let message = 0; message < 48; message++) await w.text(ada)
  for (let message = 0; message < 5; message++) await w.text(bob)
  // However long the sending takes here, it is one moment to the limit: another turn comes every six seconds.
  const at = new Date()
  const { pairLimit } = createDeps(w.world.config, { log: w.deps.log, now: () => at })
  await w.deliver({ ...w.deps, pairLimit })
  expect(await w.simulator.ledger()).toMatchObject({ accepted: 50, refused: 0 })
  // Their guards come in a while.
  const waiting = w.queued.filter(({ queue, delaySeconds }) => queue === 'outbound-messages' && delaySeconds <= 6)
  expect(waiting).toHaveLength(3)
  for (const { delaySeconds } of waiting) expect(delaySeconds).toBeGreaterThan(0)
})
