import { afterAll, beforeAll, expect, it } from 'vitest'
import { queueService } from '../../shared/azure/storage.ts'
import { runScript } from '../support/run-script.ts'
import { aWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

const poison = (...parameters: string[]) => runScript('local/poison.ts', parameters, world.env)

const queueOf = (name: string) => queueService(world.config).getQueueClient(name)
const depthOf = async (name: string) => (await queueOf(name).getProperties()).approximateMessagesCount

it('shows what failed, moves it back as it was, and deletes it where that is asked for', async () => {
  expect(await poison()).toBe('No poison queue holds anything.\n')
  const texts = Array.from({ length: 35 }, (_, index) => Buffer.from(`{"page":${index}}`).toString('base64'))
  for (const text of texts) await queueOf('outbound-sends-poison').sendMessage(text)

  expect(await poison()).toMatch(/^outbound-sends +35\n$/)
  expect(await poison('--queue', 'outbound-sends')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \{"page":0\}\n/)
  expect(await poison('--queue', 'outbound-sends', '--requeue')).toBe('35 messages are in outbound-sends again.\n')
  expect([await depthOf('outbound-sends'), await depthOf('outbound-sends-poison')]).toEqual([35, 0])
  const { peekedMessageItems } = await queueOf('outbound-sends').peekMessages({ numberOfMessages: 32 })
  expect(peekedMessageItems.map(({ messageText }) => messageText)).toEqual(texts.slice(0, 32))

  await queueOf('webhook-account-poison').sendMessage('e30=')
  expect(await poison('--queue', 'webhook-account', '--drop')).toBe('1 messages were deleted.\n')
  expect([await depthOf('webhook-account'), await depthOf('webhook-account-poison')]).toEqual([0, 0])
})

it.each([
  [['--queue', 'outbound-sends-poison'], '--queue has to be one of'],
  [['--requeue'], '--requeue needs a --queue'],
  [['--queue', 'outbound-sends', '--requeue', '--drop'], 'not both'],
])('says what is wrong with %j', async (parameters, words) => {
  await expect(poison(...parameters)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(words) as unknown,
  })
})
