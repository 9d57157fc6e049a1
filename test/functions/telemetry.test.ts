/** Telemetry of real hosts, as a real collector gets it: one trace from the edge through queues to Meta and Cosmos DB. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { METRICS } from '../../shared/telemetry/metrics.ts'
import { aCollector, type CollectedPoint, type CollectedSpan, type Collector } from '../support/collector.ts'
import type { Ids } from '../support/every-endpoint.ts'
import { aHostBehindMeta, type HostBehindMeta } from '../support/host-behind-meta.ts'
import { approveTemplate, oneOfEach } from '../support/one-of-each.ts'
import { aMetaWorld, aTenant, bearer, type MetaWorld, type Tenant } from '../support/tenants.ts'
import { signatureOf } from '../support/webhooks.ts'

/** Tells on standard error which modules of OpenTelemetry a process loads. */
const TELL_LOADED = `import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) {
  if (/opentelemetry/.test(url)) process.stderr.write(url + '\\n')
  return next(url, context)
} })`
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(TELL_LOADED)}`

const TEXT = 'Nobody else may read this'
const PERSON = '+12015550123'
const OTHER = '12015550124'

let meta: MetaWorld
let acme: Tenant
let ids: Ids
beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  ids = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  await approveTemplate(meta, acme.id, ids.template_id)
})
afterAll(() => meta.close())

const owner = () => bearer(acme.owner.token)

/** Sends a text through the API, and waits until its status is one of these. */
async function sendText(host: HostBehindMeta, statuses: RegExp): Promise<void> {
  const { workspace_id, phone_number_id } = ids
  const answer = await fetch(`${host.url}/api/messages/send/text`, {
    method: 'POST',
    headers: { ...owner(), 'content-type': 'application/json' },
    body: JSON.stringify({ workspace_id, phone_number_id, to: PERSON, text: TEXT }),
  })
  expect(answer.status).toBe(201)
  const { id } = (await answer.json()) as { id: string }
  const status = async () => {
    const told = await fetch(`${host.url}/api/messages/${id}/status`, { headers: owner() })
    return ((await told.json()) as { status: string }).status
  }
  const isThere = async () => expect(await status()).toMatch(statuses)
  await vi.waitFor(isThere, { timeout: 30_000, interval: 50 })
}

describe('with telemetry on', () => {
  const caller = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
  let collector: Collector
  let host: HostBehindMeta
  let spans: CollectedSpan[]
  let points: CollectedPoint[]
  beforeAll(async () => {
    collector = await aCollector()
    await meta.control('POST', 'inbound', { from: PERSON })
    const env = {
      ...{ TELEMETRY: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, NODE_OPTIONS },
      WEBHOOK_ARCHIVE: 'on',
    }
    host = await aHostBehindMeta(meta, env)
    await sendText(host, /delivered|read/)
    await receive(host)
    await host.child.stop()
    spans = collector.spans()
    points = collector.points()
  })
  afterAll(() => collector.close())

  /** A webhook with the trace of whoever calls, until what a person wrote in it is stored. */
  async function receive({ url }: HostBehindMeta): Promise<void> {
    const entry = [{ id: '1', changes: [{ field: 'messages', value: aFirstMessage() }] }]
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry })
    const answer = await fetch(`${url}/webhook`, {
      method: 'POST',
      body,
      headers: {
        'x-hub-signature-256': signatureOf(body, meta.world.env['META_APP_SECRET'] ?? ''),
        // The caller does not record it itself: that is not for the caller to decide.
        traceparent: `00-${caller.traceId}-${caller.spanId}-00`,
      },
    })
    expect(answer.status).toBe(200)
    const conversations = `${url}/api/workspaces/${acme.id}/conversations`
    const isStored = async () =>
      expect(await (await fetch(conversations, { headers: owner() })).text()).toContain(OTHER)
    await vi.waitFor(isStored, { timeout: 10_000, interval: 50 })
  }

  function aFirstMessage() {
    const metadata = { phone_number_id: meta.simulator.phoneNumberId }
    const timestamp = String(Math.floor(Date.now() / 1000))
    const message = { from: OTHER, id: 'wamid.first', timestamp, type: 'text', text: { body: TEXT } }
    return { metadata, contacts: [{ profile: { name: 'Ada' }, wa_id: OTHER }], messages: [message] }
  }

  const named = (name: string, traceId?: string) =>
    spans.filter((span) => span.name === name && (traceId === undefined || span.traceId === traceId))

  /** The span and everything it is part of, outermost last. */
  function wayUp(span: CollectedSpan | undefined): string[] {
    if (!span) return []
    return [span.name, ...wayUp(spans.find(({ spanId }) => spanId === span.parentSpanId))]
  }

  it('tells one trace from an API call through its queue to Meta and Cosmos DB', () => {
    const [request] = named('POST /api/messages/send/text')
    expect(request).toMatchObject({ kind: 2, attributes: { 'http.response.status_code': 201 } })
    const [call] = named('meta POST messages', request?.traceId)
    expect(call).toMatchObject({ kind: 3, attributes: { 'meta.result': 'ok' } })
    expect(wayUp(call)).toEqual([
      'meta POST messages',
      'process outbound-messages',
      'send outbound-messages',
      'POST /api/messages/send/text',
    ])
    const stored = spans.filter(({ name, traceId }) => name.startsWith('cosmos ') && traceId === request?.traceId)
    const ways = stored.map((span) => wayUp(span).slice(0, 2).join(' < '))
    expect(ways).toContain('cosmos batch messages < POST /api/messages/send/text')
    expect(ways).toContain('cosmos replace messages < process outbound-messages')
    for (const { attributes } of stored)
      expect(attributes['azure.cosmosdb.operation.request_charge']).toBeGreaterThan(0)
  })

  it('tells what is asked of tables and blobs where it is asked', () => {
    const ways = spans
      .filter(({ name }) => /^(table|blob) /.test(name))
      .map((span) => wayUp(span).slice(0, 2).join(' < '))
    expect(ways).toContain('table replace pace < process outbound-messages')
    expect(ways).toContain('blob put webhook-archive < POST /webhook')
  })

  it('goes on with the trace of whoever calls, through a webhook to its queue', () => {
    const [request] = named('POST /webhook', caller.traceId)
    expect(request?.parentSpanId).toBe(caller.spanId)
    const [step] = named('process webhook-messages', caller.traceId)
    expect(wayUp(step)).toEqual(['process webhook-messages', 'send webhook-messages', 'POST /webhook'])
    const stored = spans.find(({ name, traceId }) => name === 'cosmos batch messages' && traceId === caller.traceId)
    expect(wayUp(stored)[1]).toBe('process webhook-messages')
  })

  it('writes the trace on every line of the log', () => {
    const [request] = named('POST /api/messages/send/text')
    const line = host.lines.find((text) => text.includes('"http.answered"') && text.includes('messages-send-text'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ trace_id: request?.traceId })
  })

  it('takes messages of a process that has none, each as a trace of its own', () => {
    const own = spans.filter(({ name, parentSpanId }) => name.startsWith('process ') && parentSpanId === undefined)
    expect(own.length).toBeGreaterThan(0)
    expect(own.every(({ kind }) => kind === 5)).toBe(true)
  })

  /** The point of that metric that has these dimensions, and may have others. */
  function point(name: string, wanted: Record<string, unknown>): CollectedPoint | undefined {
    const isWanted = ({ attributes }: CollectedPoint) =>
      Object.entries(wanted).every(([key, value]) => attributes[key] === value)
    return points.find((candidate) => candidate.name === name && isWanted(candidate))
  }

  const mean = ({ sum = 0, count = 1 }: CollectedPoint) => sum / count

  it.each([
    ['herald.http.requests', 'histogram', { endpoint: 'webhook-receive', status: 200 }],
    ['herald.meta.calls', 'histogram', { operation: 'POST messages', result: 'ok', code: 0 }],
    ['herald.messages.reported', 'sum', { status: 'delivered', code: 0 }],
    ['herald.pace.slots', 'sum', {}],
    ['herald.pace.allowed', 'gauge', {}],
    ['herald.queue.age', 'histogram', { queue: 'outbound-messages' }],
    ['herald.cosmos.request_units', 'histogram', { container: 'messages', operation: 'replace', status: 200 }],
  ])('tells %s', (name, kind, dimensions) => {
    expect(point(name, dimensions)).toMatchObject({ kind })
  })

  it('tells metrics by the dimensions that are declared, and by all of them', () => {
    for (const { name, attributes } of points) {
      // Nothing else is told: see shared/telemetry/metrics.ts.
      const { by } = METRICS[name as keyof typeof METRICS]
      expect(Object.keys(attributes).sort(), name).toEqual([...by].sort())
    }
    expect(point('herald.pace.slots', {})?.attributes).toEqual({ meta_number_id: meta.simulator.phoneNumberId })
  })

  it('tells how late a queue message is, not how long it was to wait, and what a write costs', () => {
    const age = point('herald.queue.age', { queue: 'outbound-messages' })
    const write = point('herald.cosmos.request_units', { container: 'messages', operation: 'replace' })
    expect(mean(age!)).toBeLessThan(20_000)
    expect(mean(write!)).toBeGreaterThan(5)
  })

  it('names itself, and neither people, nor what they wrote, nor a secret', () => {
    expect(collector.resources()[0]).toMatchObject({ 'service.name': 'herald', 'service.version': '0.1.0' })
    const everything = collector.received.map(({ body }) => body).join('\n')
    expect(everything).not.toContain(TEXT)
    expect(everything).not.toMatch(/1201555012[34]/)
    for (const secret of [meta.simulator.accessToken, acme.owner.token, meta.world.env['META_APP_SECRET'] ?? '']) {
      expect(everything).not.toContain(secret)
    }
  })

  it('loads OpenTelemetry', () => {
    expect(host.child.errors().includes('@opentelemetry/exporter-trace-otlp-http')).toBe(true)
  })
})

describe('with telemetry off', () => {
  it('loads nothing of OpenTelemetry, and calls nobody, although it is told where a collector is', async () => {
    const collector = await aCollector()
    await meta.control('POST', 'inbound', { from: PERSON })
    const host = await aHostBehindMeta(meta, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, NODE_OPTIONS })
    await sendText(host, /sent|delivered|read/)
    await host.child.stop()
    expect(host.child.errors()).not.toContain('opentelemetry')
    expect(collector.received).toEqual([])
    expect(host.lines.join('\n')).not.toContain('trace_id')
    await collector.close()
  })
})
