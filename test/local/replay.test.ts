import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { queueService } from '../../shared/azure/storage.ts'
import { runScript } from '../support/run-script.ts'
import { sampleText } from '../support/webhooks.ts'
import { aWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld({ env: { WEBHOOK_ARCHIVE: 'on' } })
})
afterAll(() => world.close())

const replay = (...parameters: string[]) => runScript('local/replay.ts', parameters, world.env)

describe('npm run replay', () => {
  it('queues the events of that time again', async () => {
    await world.deps.webhookArchive?.keep(Buffer.from(sampleText('status-sent.json')), 'everything')
    const now = Date.now()
    const at = (ms: number) => new Date(now + ms).toISOString()
    expect(await replay('--from', at(-60_000), '--to', at(1))).toBe('1 webhook bodies were taken in again.\n')
    const { approximateMessagesCount } = await queueService(world.config)
      .getQueueClient('webhook-statuses')
      .getProperties()
    expect(approximateMessagesCount).toBe(1)
  })

  it.each([
    [['--from', '2026-11-30', '--to', 'tomorrow'], '--to has to be'],
    [['--from', '2026-11-30', '--to', '2026-11-30T00:00:00Z'], '--to has to be after --from'],
    [['--since', '2026-11-30'], '--since'],
  ])('says what is wrong with %j', async (parameters, words) => {
    await expect(replay(...parameters)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(words) as unknown,
    })
  })
})
