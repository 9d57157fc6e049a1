import { afterAll, beforeAll, expect, it } from 'vitest'
import { queueService } from '../../../shared/azure/storage.ts'
import { watchPoison } from '../../../shared/queue/watch-poison.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

const warnings = () => world.lines.filter(({ event }) => event === 'queue.poison')

it('says nothing but that it lives while every poison queue is empty', async () => {
  expect(await watchPoison(world.deps)).toBe(0)
  expect(warnings()).toEqual([])
  expect(world.lines).toMatchObject([{ level: 'info', event: 'queue.watched', filled: 0 }])
})

it('names each poison queue that holds messages, and how many', async () => {
  const service = queueService(world.config)
  for (const text of ['a', 'b']) await service.getQueueClient('outbound-sends-poison').sendMessage(text)
  await service.getQueueClient('webhook-statuses-poison').sendMessage('c')
  // What waits in the queue itself is not what failed.
  await service.getQueueClient('webhook-account').sendMessage('d')
  expect(await watchPoison(world.deps)).toBe(2)
  expect(warnings()).toMatchObject([
    { level: 'warn', queue: 'outbound-sends', depth: 2 },
    { level: 'warn', queue: 'webhook-statuses', depth: 1 },
  ])
})
