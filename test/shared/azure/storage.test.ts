import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { storageBlobs } from '../../../shared/azure/blobs.ts'
import { storageQueues } from '../../../shared/azure/queues.ts'
import { blobService, queueService, tableClient, tableService } from '../../../shared/azure/storage.ts'
import { storageTable, type Cell, type Row, type RowQuery, type Table } from '../../../shared/azure/tables.ts'
import type { Config } from '../../../shared/config.ts'
import { newUuid } from '../../../shared/ids.ts'
import { QUEUE_MESSAGES } from '../../../shared/queue/messages.ts'
import { aLossyProxy, type LossyProxy } from '../../support/lossy-proxy.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let table: Table
beforeAll(async () => {
  world = await aWorld()
  await tableService(world.config).createTable('things')
  table = storageTable(tableClient(world.config, 'things'))
})
afterAll(() => world.close())

/** The settings of this world with one service behind a proxy. */
async function behindProxy(service: 'blob' | 'queue' | 'table'): Promise<{ config: Config; proxy: LossyProxy }> {
  const port = inject('azurite').ports[service]
  const proxy = await aLossyProxy({ port })
  const connectionString = world.config.storage.connectionString?.replace(`:${port}/`, `:${proxy.port}/`)
  return { config: { ...world.config, storage: { connectionString, accountName: undefined } }, proxy }
}

const CONFLICT = { code: 'conflict' }

function aRow(cells: Record<string, Cell> = { n: 1 }, partition = newUuid(), key = '0'): Row {
  return { partition, key, cells }
}

async function rowsOf(query: RowQuery): Promise<Row[]> {
  return Array.fromAsync(table.query(query))
}

describe('a table', () => {
  it('takes a new row once', async () => {
    const row = aRow()
    const [etag] = await table.write([row])
    expect(await table.read(row.partition, row.key)).toEqual({ ...row, etag })
    await expect(table.write([row])).rejects.toMatchObject(CONFLICT)
    expect(await table.read(row.partition, 'another')).toBeUndefined()
  })

  it('replaces a row whole, and only the version that was read', async () => {
    const row = aRow({ n: 1, gone: 'x' })
    const [first] = await table.write([row])
    const [second] = await table.write([{ ...row, etag: first!, cells: { n: 2 } }])
    expect(await table.read(row.partition, row.key)).toEqual({ ...row, cells: { n: 2 }, etag: second })
    await expect(table.write([{ ...row, etag: first! }])).rejects.toMatchObject(CONFLICT)
    await table.write([{ ...row, etag: second!, cells: { n: 3 } }])
  })

  it('writes a hundred rows in one transaction, and gives their versions in their order', async () => {
    const partition = newUuid()
    const keys = Array.from({ length: 100 }, (_, index) => String(index).padStart(4, '0'))
    const etags = await table.write(keys.map((key, n) => aRow({ n }, partition, key)))
    expect(etags).toHaveLength(100)
    const again = await table.write(keys.map((key, n) => ({ ...aRow({ n: n * 2 }, partition, key), etag: etags[n]! })))
    const stored = await rowsOf({ partition })
    expect(stored.map(({ etag, cells }) => [etag, cells['n']])).toEqual(again.map((etag, n) => [etag, n * 2]))
  })

  it('writes nothing of a transaction in which one row exists or changed', async () => {
    const partition = newUuid()
    const [etag] = await table.write([aRow({ n: 0 }, partition, 'a')])
    const news = [aRow({ n: 1 }, partition, 'b'), aRow({ n: 1 }, partition, 'c')]
    await expect(table.write([...news, aRow({ n: 1 }, partition, 'a')])).rejects.toMatchObject(CONFLICT)
    await table.write([{ ...aRow({ n: 2 }, partition, 'a'), etag: etag! }])
    const stale = { ...aRow({ n: 3 }, partition, 'a'), etag: etag! }
    await expect(table.write([...news, stale])).rejects.toMatchObject(CONFLICT)
    expect((await rowsOf({ partition })).map(({ key, cells }) => [key, cells['n']])).toEqual([['a', 2]])
  })

  it('writes nothing when there is nothing to write', async () => {
    expect(await table.write([])).toEqual([])
  })

  it('lets exactly one of many writers over the same version win', async () => {
    const row = aRow()
    const [etag] = await table.write([row])
    const writes = Array.from({ length: 12 }, (_, n) => table.write([{ ...row, etag: etag!, cells: { n } }]))
    const outcomes = await Promise.allSettled(writes)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('gives the rows of a range in order, and only the cells that were asked for', async () => {
    const partition = newUuid()
    const keys = ['a', 'b', 'c', 'd', 'e']
    await table.write(keys.map((key) => aRow({ key_again: key, other: 1 }, partition, key)))
    await table.write([aRow({ n: 1 }, newUuid(), 'c')])
    const keysOf = async (query: Omit<RowQuery, 'partition'>) =>
      (await rowsOf({ partition, ...query })).map(({ key }) => key)
    expect(await keysOf({})).toEqual(keys)
    expect(await keysOf({ from: 'b', to: 'd' })).toEqual(['b', 'c', 'd'])
    expect(await keysOf({ from: 'd' })).toEqual(['d', 'e'])
    expect(await keysOf({ to: 'a' })).toEqual(['a'])
    expect(await keysOf({ from: 'x' })).toEqual([])
    const [row] = await rowsOf({ partition, to: 'a', select: ['key_again'] })
    expect(row).toMatchObject({ partition, key: 'a', cells: { key_again: 'a' } })
    expect(row?.cells).not.toHaveProperty('other')
  })

  it('gives more rows than one answer holds', async () => {
    const partition = newUuid()
    for (let from = 0; from < 1200; from += 100) {
      const rows = Array.from({ length: 100 }, (_, at) =>
        aRow({ n: from + at }, partition, String(from + at).padStart(8, '0')),
      )
      await table.write(rows)
    }
    expect((await rowsOf({ partition, select: ['n'] })).map(({ cells }) => cells['n'])).toEqual([...Array(1200).keys()])
  })

  it('keeps quotes in keys what they are', async () => {
    const partition = `o'hara ${newUuid()}`
    await table.write([aRow({ n: 1 }, partition, "k'1")])
    expect(await rowsOf({ partition, from: "k'", to: "k'2" })).toHaveLength(1)
    expect(await rowsOf({ partition: "x' or PartitionKey ne '" })).toEqual([])
    expect((await table.read(partition, "k'1"))?.cells).toEqual({ n: 1 })
  })

  it('gives back numbers, texts, booleans and bytes as they were', async () => {
    const numbers = [
      0,
      -1,
      1.5,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31) - 1,
      Date.now(),
      Date.now() + 0.25,
      2 ** 53,
      1e-9,
      -1e300,
    ]
    const cells: Record<string, Cell> = {
      ...Object.fromEntries(numbers.map((value, index) => [`n${index}`, value])),
      empty: '',
      text: ' é€😀 \n "quoted" & <tag> ',
      yes: true,
      no: false,
      bytes: Uint8Array.from(randomBytes(3072)),
      none: new Uint8Array(),
    }
    const row = aRow(cells)
    await table.write([row])
    const stored = await table.read(row.partition, row.key)
    expect({ ...stored?.cells, none: [...(stored?.cells['none'] as Uint8Array)] }).toEqual({
      ...cells,
      bytes: Buffer.from(cells['bytes'] as Uint8Array),
      none: [],
    })
  })

  it('gives back any moment in milliseconds and any bytes', async () => {
    const property = fc.asyncProperty(
      fc.double({ min: 1e12, max: 4e12, noNaN: true }),
      fc.uint8Array(),
      async (at, bytes) => {
        const row = aRow({ at, whole: Math.round(at), bytes })
        await table.write([row])
        const { cells } = (await table.read(row.partition, row.key))!
        expect([cells['at'], cells['whole'], Buffer.from(cells['bytes'] as Uint8Array)]).toEqual([
          at,
          Math.round(at),
          Buffer.from(bytes),
        ])
      },
    )
    await fc.assert(property, { numRuns: 25 })
  })

  it('shows its own write as a conflict when the answer was lost, and holds it once', async () => {
    const { config, proxy } = await behindProxy('table')
    const lossy = storageTable(tableClient(config, 'things'))
    const row = aRow()
    proxy.loseAnswers('POST', 1)
    await expect(lossy.write([row])).rejects.toMatchObject(CONFLICT)
    const stored = await lossy.read(row.partition, row.key)
    expect(stored?.cells).toEqual({ n: 1 })
    proxy.loseAnswers('PUT', 1)
    await expect(lossy.write([{ ...stored!, cells: { n: 2 } }])).rejects.toMatchObject(CONFLICT)
    expect((await lossy.read(row.partition, row.key))?.cells).toEqual({ n: 2 })
    proxy.loseAnswers('GET', 1)
    expect(await rowsOf({ partition: row.partition })).toHaveLength(1)
    await proxy.close()
  })
})

const STEP = {
  workspace_id: QUEUE_MESSAGES['campaign-planning'].shape.workspace_id.parse(newUuid()),
  campaign_id: newUuid(),
}

describe('queues', () => {
  const message = () => ({ ...STEP, execution_id: newUuid() })

  it('carry JSON in base64 that never expires', async () => {
    const sent = message()
    await world.deps.queues.send('campaign-planning', sent)
    const { receivedMessageItems } = await queueService(world.config)
      .getQueueClient('campaign-planning')
      .receiveMessages()
    const [received] = receivedMessageItems
    expect(JSON.parse(Buffer.from(received!.messageText, 'base64').toString('utf8'))).toEqual(sent)
    expect(received?.expiresOn.getUTCFullYear()).toBe(9999)
  })

  it.each([
    [undefined, 0],
    [0, 0],
    [-3, 0],
    [0.2, 1],
    [30, 30],
    [30.001, 31],
  ])('hide a message with the delay %s for %d whole seconds', async (delaySeconds, expected) => {
    const { config, proxy } = await behindProxy('queue')
    const queues = storageQueues(queueService(config), { now: () => new Date() })
    await queues.send('campaign-planning', message(), delaySeconds === undefined ? {} : { delaySeconds })
    expect(proxy.seen).toHaveLength(1)
    expect(new URL(proxy.seen[0]!.slice('POST '.length), 'http://x').searchParams.get('visibilitytimeout')).toBe(
      String(expected),
    )
    await proxy.close()
  })

  it('carry any text', async () => {
    const changes = [{ text: 'é€😀 \u0000 ]]> & </QueueMessage>' }]
    await world.deps.queues.send('webhook-account', { received_at: '', changes })
    const { receivedMessageItems } = await queueService(world.config)
      .getQueueClient('webhook-account')
      .receiveMessages()
    const text = Buffer.from(receivedMessageItems[0]!.messageText, 'base64').toString('utf8')
    expect(QUEUE_MESSAGES['webhook-account'].parse(JSON.parse(text))).toEqual({ received_at: '', changes })
  })

  it('send again when the answer was lost: twice rather than never', async () => {
    const { config, proxy } = await behindProxy('queue')
    proxy.loseAnswers('POST', 1)
    await storageQueues(queueService(config), { now: () => new Date() }).send('template-submissions', {
      workspace_id: STEP.workspace_id,
      template_id: newUuid(),
      queued_at: new Date().toISOString(),
    })
    const client = queueService(world.config).getQueueClient('template-submissions')
    expect((await client.getProperties()).approximateMessagesCount).toBe(2)
    await proxy.close()
  })
})

describe('blobs', () => {
  it('come back byte for byte under their content type', async () => {
    const body = randomBytes(300_000)
    await world.deps.blobs.put('webhook-bodies', 'a/b c/é.bin', body, 'application/x-thing')
    expect(await world.deps.blobs.get('webhook-bodies', 'a/b c/é.bin')).toEqual(body)
    const blob = blobService(world.config).getContainerClient('webhook-bodies').getBlobClient('a/b c/é.bin')
    expect((await blob.getProperties()).contentType).toBe('application/x-thing')
  })

  it('may be empty, and are overwritten by the same name', async () => {
    await world.deps.blobs.put('webhook-parked', 'one', Buffer.from('first'), 'text/plain')
    await world.deps.blobs.put('webhook-parked', 'one', Buffer.alloc(0), 'text/plain')
    expect(await world.deps.blobs.get('webhook-parked', 'one')).toEqual(Buffer.alloc(0))
  })

  it('that are not there say so', async () => {
    await expect(world.deps.blobs.get('webhook-bodies', 'nothing')).rejects.toMatchObject({ statusCode: 404 })
  })

  it('are written although the answer was lost', async () => {
    const { config, proxy } = await behindProxy('blob')
    proxy.loseAnswers('PUT', 1)
    await storageBlobs(blobService(config)).put('webhook-bodies', 'lost-answer', Buffer.from('body'), 'text/plain')
    expect((await world.deps.blobs.get('webhook-bodies', 'lost-answer')).toString()).toBe('body')
    await proxy.close()
  })
})
