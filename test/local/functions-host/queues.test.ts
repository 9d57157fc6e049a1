import { QueueServiceClient, type QueueClient } from '@azure/storage-queue'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startAzurite, startHost, until, type HostProcess, type LogLine, type Storage } from './support.ts'

let storage: Storage
let service: QueueServiceClient
beforeAll(async () => {
  storage = await startAzurite()
  service = QueueServiceClient.fromConnectionString(storage.connectionString)
})
afterAll(() => storage.stop())

const startQueueHost = (args: string[] = []) =>
  startHost({
    entry: 'queues.ts',
    args,
    env: {
      AzureWebJobsStorage: storage.connectionString,
      OtherStorage: storage.connectionString,
      FAILING_QUEUE: 'fails',
    },
  })

async function send(queue: string, message: unknown): Promise<void> {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const client = service.getQueueClient(queue)
  await client.createIfNotExists()
  await client.sendMessage(Buffer.from(text).toString('base64'))
}

const messageCount = async (queue: QueueClient) => (await queue.getProperties()).approximateMessagesCount
const isEmpty = (queue: string) => async () => (await messageCount(service.getQueueClient(queue))) === 0
const named = (lines: readonly LogLine[], event: string) => lines.filter((line) => line.event === event)

describe('a queue function', () => {
  let host: HostProcess
  beforeAll(async () => {
    host = await startQueueHost()
  })
  afterAll(() => host.stop())

  const taken = async (message: unknown) => {
    const before = named(host.lines, 'took').length
    await send('takes', message)
    return until(() => named(host.lines, 'took')[before], 'the message to be taken')
  }

  it('waits for a queue that does not exist yet and then takes its messages', async () => {
    expect(await taken({ id: 1, text: 'caf\u00e9' })).toMatchObject({
      type: 'object',
      message: { id: 1, text: 'caf\u00e9' },
    })
    await until(isEmpty('takes'), 'the message to be deleted')
  })

  it('is given parsed JSON or plain text, and the message’s properties in camelCase', async () => {
    expect(await taken('just words')).toMatchObject({ type: 'string', message: 'just words' })
    const { metadata } = await taken('[1,2]')
    expect(metadata).toMatchObject({ dequeueCount: 1 })
    for (const name of ['id', 'popReceipt']) expect((metadata as Record<string, string>)[name]).toMatch(/./)
    for (const name of ['insertionTime', 'expirationTime', 'nextVisibleTime']) {
      expect(Date.parse((metadata as Record<string, string>)[name]!)).toBeGreaterThan(0)
    }
  })

  it('tries again after the visibility timeout and moves what fails too often to the poison queue', async () => {
    await send('fails', { hopeless: true })
    const poison = service.getQueueClient('fails-poison')
    await host.line(({ event }) => event === 'queue.poison')
    const runs = named(host.lines, 'failing')
    expect(runs.map((run) => run['try'])).toEqual([1, 2, 3])
    const times = runs.map((run) => Number(run['at']))
    expect(times[1]! - times[0]!).toBeGreaterThan(900)
    const { receivedMessageItems } = await poison.receiveMessages()
    expect(receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())).toEqual([
      '{"hopeless":true}',
    ])
    await until(isEmpty('fails'), 'the failed message to be deleted')
  })

  it('moves a message that is not base64 to the poison queue without running', async () => {
    await service.getQueueClient('takes').sendMessage('not base64!')
    await host.line(({ event }) => event === 'queue.undecodable')
    const poison = service.getQueueClient('takes-poison')
    const [message] = await until(async () => {
      const { receivedMessageItems } = await poison.receiveMessages().catch(() => ({ receivedMessageItems: [] }))
      return receivedMessageItems.length > 0 && receivedMessageItems
    }, 'the poison message')
    expect(message?.messageText).toBe('not base64!')
  })

  it('runs no more at once than batch size plus threshold, and takes new ones before all have ended', async () => {
    await Promise.all(Array.from({ length: 14 }, (_, n) => send('slow', { n, milliseconds: 150 })))
    await until(() => named(host.lines, 'slow-ended').length === 14, 'all messages')
    const peak = Math.max(...named(host.lines, 'slow-ended').map((line) => Number(line['peak'])))
    expect(peak).toBeGreaterThan(2)
    expect(peak).toBeLessThanOrEqual(6)
    await until(isEmpty('slow'), 'the messages to be deleted')
  })
})

describe('several hosts on one stack', () => {
  /** Gone with its test, however that ends: it would take the messages of the next one. */
  const aHost = async (args?: string[]): Promise<HostProcess> => {
    const host = await startQueueHost(args)
    onTestFinished(async () => {
      await host.stop()
    })
    return host
  }

  it('share the messages, and each message is processed once', async () => {
    const hosts = await Promise.all([aHost(), aHost()])
    // One host alone would need several times as long as the other rests at most between two looks at the queue.
    await Promise.all(Array.from({ length: 30 }, (_, n) => send('slow', { n, milliseconds: 600 })))
    const ended = () => hosts.flatMap(({ lines }) => named(lines, 'slow-ended'))
    await until(() => ended().length >= 30, 'all messages')
    await until(isEmpty('slow'), 'the messages to be deleted')
    const numbers = ended().map(({ ['message']: message }) => (message as unknown as { n: number }).n)
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n))
    expect(new Set(ended().map((line) => line['host'])).size).toBe(2)
  })

  it('process a killed host’s message again when its lease ends', async () => {
    const killed = await aHost(['--queue-lease-seconds', '1'])
    await send('slow', { n: 'killed', milliseconds: 3000 })
    await killed.line(({ event }) => event === 'slow-began')
    await killed.stop('SIGKILL')
    const other = await aHost(['--queue-lease-seconds', '1'])
    expect(await other.line(({ event }) => event === 'slow-began')).toMatchObject({ try: 2 })
    // It runs three times as long as its lease: nobody else may get it meanwhile.
    await other.line(({ event }) => event === 'slow-ended')
    await until(isEmpty('slow'), 'the message to be deleted')
    expect(named(other.lines, 'slow-began')).toHaveLength(1)
  })

  it('finish their running messages when stopped and leave the others in the queue', async () => {
    const host = await aHost()
    await Promise.all(Array.from({ length: 12 }, (_, n) => send('slow', { n, milliseconds: 700 })))
    await host.line(({ event }) => event === 'slow-began')
    expect(await host.stop()).toBe(0)
    const ended = named(host.lines, 'slow-ended').length
    expect(ended).toBe(named(host.lines, 'slow-began').length)
    expect(await messageCount(service.getQueueClient('slow'))).toBe(12 - ended)
    await service.getQueueClient('slow').clearMessages()
  })

  it('do no harm with a delete that comes too late', async () => {
    const host = await aHost()
    await send('slow', { n: 'stolen', milliseconds: 600 })
    await host.line(({ event }) => event === 'slow-began')
    await service.getQueueClient('slow').clearMessages()
    await host.line(({ event }) => event === 'slow-ended')
    await host.stop()
    expect(host.lines.filter(({ ['level']: level }) => level === 'error')).toEqual([])
  })
})
