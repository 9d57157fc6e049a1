import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storageQueues } from '../../../shared/azure/queues.ts'
import { QUEUES } from '../../../shared/azure/resources.ts'
import { queueService } from '../../../shared/azure/storage.ts'
import { createLog } from '../../../shared/log.ts'
import { QUEUE_MESSAGES } from '../../../shared/queue/messages.ts'
import { watchPoison } from '../../../shared/queue/watch-poison.ts'
import { sendingTelemetry } from '../../../shared/telemetry/exporting.ts'
import { tracedTimer } from '../../../shared/telemetry/work.ts'
import type { Telemetry } from '../../../shared/telemetry/telemetry.ts'
import { sharedWrites } from '../../../shared/webhooks/shared-writes.ts'
import { webhookIntake } from '../../../shared/webhooks/intake.ts'
import { aCollector, type Collector } from '../../support/collector.ts'
import { aCertificate } from '../../support/certificate.ts'
import { aWorld, type World } from '../../support/world.ts'

let collector: Collector
let world: World
beforeAll(async () => {
  ;[collector, world] = await Promise.all([aCollector(), aWorld()])
})
afterAll(() => Promise.all([collector.close(), world.close()]))

function anOpenOne(tracedShare = 1): Promise<Telemetry> {
  const settings = { to: 'otlp', url: collector.endpoint, tracedShare } as const
  return sendingTelemetry({ settings, version: '1', credential: undefined })
}

/** What a collector gets of the work. */
async function told(work: (telemetry: Telemetry) => Promise<unknown>, tracedShare?: number) {
  collector.received.length = 0
  const telemetry = await anOpenOne(tracedShare)
  await work(telemetry)
  await telemetry.close()
  return { spans: collector.spans(), points: collector.points() }
}

const INSIDE = { kind: 'internal' } as const
const nothing = () => Promise.resolve()

describe('a span', () => {
  it('is part of the one around it, or of the one it is told of, or begins a trace', async () => {
    const traceId = randomBytes(16).toString('hex')
    const parent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`
    const { spans } = await told(async (telemetry) => {
      await telemetry.span('outer', INSIDE, () => telemetry.span('inner', INSIDE, nothing))
      await telemetry.span('called', { kind: 'server', parent }, nothing)
      await telemetry.span('misled', { kind: 'server', parent: 'nonsense' }, nothing)
    })
    const [inner, outer, called, misled] = spans
    expect(inner).toMatchObject({ name: 'inner', traceId: outer?.traceId, parentSpanId: outer?.spanId })
    expect(called).toMatchObject({ traceId, parentSpanId: parent.split('-')[2] })
    expect(misled?.parentSpanId).toBeUndefined()
  })

  it('says that it failed and how it is called, not what an error says', async () => {
    const { spans } = await told((telemetry) => {
      const failing = telemetry.span('failing', INSIDE, () => Promise.reject(new TypeError('Dear Ada')))
      return expect(failing).rejects.toThrow('Dear Ada')
    })
    expect(spans).toMatchObject([{ status: { code: 2 }, attributes: { 'error.type': 'TypeError' } }])
    expect(collector.received.map(({ body }) => body).join()).not.toContain('Ada')
  })

  it('is not sent where its trace is not one of the share, which everybody who goes on with it decides alike', async () => {
    let carried: string | undefined
    const { spans, points } = await told(async (telemetry) => {
      await telemetry.span('first', INSIDE, () => {
        carried = telemetry.traceparent()
        return telemetry.span('inner', INSIDE, nothing)
      })
      await telemetry.span('second', { kind: 'consumer', parent: carried }, nothing)
      telemetry.tell('herald.queue.poison', 3, { queue: 'outbound-sends' })
    }, 0)
    expect(spans).toEqual([])
    expect(carried).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(points).toMatchObject([{ name: 'herald.queue.poison', asDouble: 3 }])
  })
})

describe('a timer', () => {
  it('is a trace of its own, which the lines it logs name', async () => {
    const lines: string[] = []
    const log = createLog((line) => lines.push(line))
    const work = () => {
      log.info('campaign.woken')
      return nothing()
    }
    const { spans } = await told((telemetry) => tracedTimer(telemetry, 'sweep-campaigns', work))
    expect(spans).toMatchObject([{ name: 'timer sweep-campaigns', kind: 1 }])
    await tracedTimer(undefined, 'sweep-campaigns', work)
    const traces = lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)
    expect(traces).toEqual([spans[0]?.traceId, undefined])
  })
})

describe('metrics', () => {
  it('tell what came since the last time, each kind as it is', async () => {
    const { points } = await told((telemetry) => {
      for (const code of [0, 131026, 0]) telemetry.tell('herald.messages.reported', 1, { status: 'failed', code })
      for (const ms of [10, 30]) telemetry.tell('herald.queue.age', ms, { queue: 'outbound-sends' })
      for (const depth of [5, 2]) telemetry.tell('herald.queue.poison', depth, { queue: 'outbound-sends' })
      return nothing()
    })
    expect(points).toMatchObject([
      { name: 'herald.messages.reported', attributes: { code: 0 }, asDouble: 2 },
      { name: 'herald.messages.reported', attributes: { code: 131026 }, asDouble: 1 },
      { name: 'herald.queue.age', count: 2, sum: 40 },
      { name: 'herald.queue.poison', asDouble: 2 },
    ])
  })

  it('have the depth of every poison queue, empty ones too', async () => {
    const { points } = await told((telemetry) => watchPoison({ ...world.deps, telemetry }))
    expect(points.map(({ attributes }) => attributes['queue']).sort()).toEqual([...QUEUES].sort())
  })
})

describe('a queue message', () => {
  const textOf = async () => {
    const { receivedMessageItems } = await queueService(world.config)
      .getQueueClient('webhook-account')
      .receiveMessages()
    return Buffer.from(receivedMessageItems[0]?.messageText ?? '', 'base64').toString('utf8')
  }

  it('carries where it comes from and when it is due, and nothing without telemetry', async () => {
    const now = () => new Date(1_000)
    const message = { received_at: '2026-11-30T00:00:00Z', blob: 'a' }
    await storageQueues(queueService(world.config), { now }).send('webhook-account', message)
    expect(JSON.parse(await textOf())).toEqual(message)
    const { spans } = await told((telemetry) =>
      storageQueues(queueService(world.config), { now, telemetry }).send('webhook-account', message, {
        delaySeconds: 0.2,
      }),
    )
    const [span] = spans
    expect(span).toMatchObject({ name: 'send webhook-account', kind: 4 })
    await expect
      .poll(textOf, { interval: 100, timeout: 5_000 })
      .toBe(JSON.stringify({ ...message, traceparent: `00-${span?.traceId}-${span?.spanId}-01`, due_ms: 2_000 }))
  })

  it('is read by whoever knows nothing of that', () => {
    const carried = { traceparent: '00-1-2-01', due_ms: 1 }
    for (const [queue, schema] of Object.entries(QUEUE_MESSAGES)) {
      // Everything else is missing, but nothing is too much.
      expect(JSON.stringify(schema.safeParse(carried).error?.issues), queue).not.toContain('unrecognized_keys')
    }
    const account = QUEUE_MESSAGES['webhook-account'].parse({ received_at: 'x', blob: 'a', ...carried })
    expect(account).toEqual({ received_at: 'x', blob: 'a' })
  })

  it('has room for it beside as much of a webhook as fits', async () => {
    const telemetry = await anOpenOne()
    const queues = storageQueues(queueService(world.config), { ...world.deps, telemetry })
    const around = JSON.stringify([aChange('')]).length
    const intake = webhookIntake({ ...world.deps, queues })
    await intake.take(new Map([['account', [aChange('x'.repeat(47_800 - around))]]]))
    expect(JSON.parse(await textOf())).toMatchObject({
      changes: [{ field: 'x' }],
      due_ms: expect.any(Number) as number,
    })
    await telemetry.close()
  })

  function aChange(value: string) {
    return { entry_id: null, entry_time: null, field: 'x', value }
  }
})

describe('a shared write', () => {
  it('is part of the first request in it, not of the one that found nobody at work', async () => {
    const request = new AsyncLocalStorage<string>()
    const seen: string[] = []
    const write = sharedWrites<string>(2, async (items) => {
      seen.push(`${request.getStore()}: ${items.join()}`)
      await new Promise((resolve) => setImmediate(resolve))
    })
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => request.run(name, () => write(name, 1))))
    expect(seen).toEqual(['a: a', 'b: b,c', 'd: d'])
  })
})

describe('Application Insights', () => {
  it('gets spans and metrics where the connection string says', async () => {
    const { cert, key } = aCertificate()
    const received: string[] = []
    const server = createServer({ cert, key }, (request, response) => {
      request
        .on('data', () => undefined)
        .on('end', () => {
          received.push(`${request.method} ${request.url}`)
          response.writeHead(200).end('{"itemsReceived":1,"itemsAccepted":1,"errors":[]}')
        })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    // It listens on TCP.
    const { port } = server.address() as AddressInfo
    const instrumentation = '00000000-0000-0000-0000-000000000001'
    const connectionString = `InstrumentationKey=${instrumentation};IngestionEndpoint=https://127.0.0.1:${port}/`
    const folder = await mkdtemp(join(tmpdir(), 'herald-telemetry-'))
    await writeFile(join(folder, 'ca.pem'), cert)
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
    const program = join(import.meta.dirname, 'tell-azure.ts')
    await promisify(execFile)(process.execPath, [program, connectionString], { env })
    expect(received).toEqual(['POST /v2.1/track', 'POST /v2.1/track'])
    server.close()
    server.closeAllConnections()
    await rm(folder, { recursive: true })
  })
})
