import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { AppError } from '../../../shared/errors.ts'
import type { QueueName } from '../../../shared/azure/resources.ts'
import { queueService } from '../../../shared/azure/storage.ts'
import type { Queues } from '../../../shared/queue/messages.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import { loadChanges } from '../../../shared/webhooks/load.ts'
import type { Change, EventKind } from '../../../shared/webhooks/split.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

function aChange(mark: string, size = 10): Change {
  return { entry_id: '1', entry_time: null, field: 'messages', value: { mark, padding: 'x'.repeat(size) } }
}

function only(kind: EventKind, ...changes: Change[]): Map<EventKind, Change[]> {
  return new Map([[kind, changes]])
}

interface Put {
  queue: QueueName
  message: { received_at: string; changes?: Change[]; blob?: string }
  end: (error?: Error) => void
}

/** Queues whose every put waits until the test ends it. */
function heldQueues() {
  const puts: Put[] = []
  const queues: Queues = {
    send: (queue, message) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve())
        // What the intake puts: changes or the name of their blob.
        puts.push({ queue, message: message as Put['message'], end })
      }),
  }
  return { puts, queues }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

function intakeOf(queues: Queues, deps: Pick<Deps, 'blobs' | 'now'> = world.deps) {
  return webhookIntake({ queues, blobs: deps.blobs, now: deps.now, sleep: () => Promise.resolve() })
}

const marks = ({ message }: Put) => message.changes?.map(({ value }) => (value as { mark: string }).mark)

describe('the webhook intake', () => {
  it('puts a lone request’s events at once, one put for each kind', async () => {
    const { puts, queues } = heldQueues()
    const kinds: [EventKind, Change[]][] = [
      ['statuses', [aChange('s1'), aChange('s2')]],
      ['messages', [aChange('m')]],
      ['account', [aChange('a')]],
    ]
    const taken = intakeOf(queues).take(new Map(kinds))
    expect(puts.map(({ queue }) => queue).sort()).toEqual(['webhook-account', 'webhook-messages', 'webhook-statuses'])
    for (const put of puts) put.end()
    await taken
    expect(puts).toHaveLength(3)
    expect(puts.map(({ message }) => message.changes?.length).sort()).toEqual([1, 1, 2])
  })

  it('lets 64 requests at once share puts, and answers each only when its own events are durable', async () => {
    const { puts, queues } = heldQueues()
    const intake = intakeOf(queues)
    const answered = new Set<string>()
    const all = Array.from({ length: 64 }, (_, index) => {
      const mark = `r${index}`
      return intake.take(only('statuses', aChange(mark))).then(() => answered.add(mark))
    })
    for (let at = 0; answered.size < 64; at++) {
      await settled()
      const put = puts[at]!
      const mine = marks(put)!
      expect(mine.filter((mark) => answered.has(mark))).toEqual([])
      const before = answered.size
      put.end()
      await settled()
      expect(answered.size).toBe(before + mine.length)
      expect(mine.every((mark) => answered.has(mark))).toBe(true)
    }
    await Promise.all(all)
    expect(puts.length).toBeLessThanOrEqual(6)
    expect(new Set(puts.flatMap(marks))).toEqual(new Set(Array.from({ length: 64 }, (_, index) => `r${index}`)))
  })

  it('gathers for a moment between two puts, and not where the next one is full', async () => {
    const { puts, queues } = heldQueues()
    const gatherings: (() => void)[] = []
    const sleep = () => new Promise<void>((resolve) => gatherings.push(resolve))
    const intake = webhookIntake({ ...world.deps, queues, sleep })
    const take = (mark: string, size?: number) => intake.take(only('statuses', aChange(mark, size)))
    const all = [take('alone'), take('second')]
    puts[0]!.end()
    await settled()
    expect([puts.length, gatherings.length]).toEqual([1, 1])
    all.push(take('third'))
    gatherings[0]!()
    await settled()
    expect(marks(puts[1]!)).toEqual(['second', 'third'])
    all.push(take('large', 30_000), take('too much beside it', 30_000))
    puts[1]!.end()
    await settled()
    expect(gatherings).toHaveLength(1)
    expect(marks(puts[2]!)).toEqual(['large'])
    puts[2]!.end()
    await settled()
    gatherings[1]!()
    await settled()
    puts[3]!.end()
    await Promise.all(all)
  })

  it('fails those whose put failed, and only them', async () => {
    const { puts, queues } = heldQueues()
    const intake = intakeOf(queues)
    const first = intake.take(only('account', aChange('first')))
    const others = [1, 2].map((index) => intake.take(only('account', aChange(`shared${index}`))))
    puts[0]!.end()
    await first
    await settled()
    const outcomes = Promise.allSettled(others)
    puts[1]!.end(new Error('the queue is down'))
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const later = intake.take(only('account', aChange('later')))
    puts[2]!.end()
    await later
    expect(marks(puts[2]!)).toEqual(['later'])
  })

  it('does not let one kind wait for another', async () => {
    const { puts, queues } = heldQueues()
    const intake = intakeOf(queues)
    const held = intake.take(only('messages', aChange('m')))
    const free = intake.take(only('statuses', aChange('s')))
    puts[1]!.end()
    await free
    puts[0]!.end()
    await held
  })

  it('fills no queue message beyond what one can hold', async () => {
    const { puts, queues } = heldQueues()
    const intake = intakeOf(queues)
    const all = Array.from({ length: 12 }, (_, index) => intake.take(only('statuses', aChange(`r${index}`, 20_000))))
    for (let at = 0; at < 7; at++) {
      await settled()
      expect(Buffer.from(JSON.stringify(puts[at]!.message)).toString('base64').length).toBeLessThanOrEqual(65_536)
      puts[at]!.end()
    }
    await Promise.all(all)
    expect(puts.map((put) => marks(put)!.length)).toEqual([1, 2, 2, 2, 2, 2, 1])
  })

  it('measures bytes, not characters', async () => {
    const { puts, queues } = heldQueues()
    const taken = intakeOf(queues).take(
      only('messages', { ...aChange('é'), value: { mark: 'wide', text: '€'.repeat(16_100) } }),
    )
    await expect.poll(() => puts.length).toBe(1)
    expect(puts[0]!.message.blob).toBeDefined()
    puts[0]!.end()
    await taken
  })

  it('sends events larger than a queue message by blob, and the reader finds them whole', async () => {
    const { puts, queues } = heldQueues()
    const changes = [aChange('large', 60_000), aChange('beside')]
    const taken = intakeOf(queues).take(only('statuses', ...changes))
    await expect.poll(() => puts.length).toBe(1)
    const { message } = puts[0]!
    expect(Object.keys(message).sort()).toEqual(['blob', 'received_at'])
    puts[0]!.end()
    await taken
    expect(await loadChanges(world.deps, { received_at: message.received_at, blob: message.blob! })).toEqual(changes)
  })

  it('fails a request whose blob cannot be written, and goes on with the next', async () => {
    const { puts, queues } = heldQueues()
    const blobs = { ...world.deps.blobs, put: () => Promise.reject(new AppError('storage_unavailable', 'no blobs')) }
    const intake = intakeOf(queues, { blobs, now: world.deps.now })
    const large = intake.take(only('statuses', aChange('large', 60_000)))
    const small = intake.take(only('statuses', aChange('small')))
    await expect(large).rejects.toMatchObject({ code: 'storage_unavailable' })
    await expect.poll(() => puts.length).toBe(1)
    puts[0]!.end()
    await small
  })

  it('really fills a queue message to the brim', async () => {
    // Every size around the border, against the real queue's own limit.
    const client = queueService(world.config).getQueueClient('webhook-account')
    for (const size of [47_600, 47_690, 47_700, 47_710, 47_720, 47_740, 48_000]) {
      await world.deps.webhookIntake.take(only('account', aChange('brim', size)))
    }
    expect((await client.getProperties()).approximateMessagesCount).toBe(7)
  })
})
