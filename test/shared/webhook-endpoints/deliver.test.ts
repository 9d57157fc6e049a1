import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endpointClient } from '../../../shared/webhook-endpoints/client.ts'
import { updateEndpoint } from '../../../shared/webhook-endpoints/update.ts'
import type { PublicEvent } from '../../../shared/webhook-endpoints/publish.ts'
import { rotateSecret } from '../../../shared/workspaces/rotate.ts'
import { openSecret } from '../../../shared/workspaces/secrets.ts'
import {
  anEventOf,
  endpointWorlds,
  publishIn,
  type EndpointWorld,
  type EndpointWorlds,
} from '../../support/endpoint-world.ts'
import type { ReceivedPost } from '../../support/receiver.ts'
import { aTenant, crash, interrupted } from '../../support/tenants.ts'
import { anEndpoint } from '../../support/webhook-endpoints.ts'

const HOUR_MS = 3_600_000

let worlds: EndpointWorlds
let w: EndpointWorld
beforeAll(async () => {
  worlds = await endpointWorlds()
})
beforeEach(async () => {
  w = await worlds.next()
})
afterAll(() => worlds.close())

const anEvent = (changes?: Partial<PublicEvent>): PublicEvent => anEventOf(w, changes)
const publish = (event = anEvent()): Promise<PublicEvent> => publishIn(w, event)

/** As a receiver checks it who has read nothing but the specification. */
function isSigned({ headers, body }: ReceivedPost, secret: string): boolean {
  const hmac = createHmac('sha256', new TextEncoder().encode(secret))
  hmac.update(String(headers['webhook-id']))
  hmac.update('.')
  hmac.update(String(headers['webhook-timestamp']))
  hmac.update('.')
  hmac.update(body)
  return headers['webhook-signature'] === 'v1,' + hmac.digest('base64')
}

describe('an event', () => {
  it('reaches the endpoint once, signed with the webhook secret of the workspace', async () => {
    const event = await publish()
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
    const [post] = w.receiver.received
    expect(post).toMatchObject({
      path: '/hooks',
      headers: {
        'content-type': 'application/json',
        'webhook-id': event.id,
        'webhook-timestamp': String(w.deps.now().getTime() / 1000),
      },
    })
    expect(JSON.parse(post!.body)).toEqual({ ...event, workspace_id: w.workspaceId })
    expect(isSigned(post!, w.secret)).toBe(true)
    expect(isSigned({ ...post!, body: `${post!.body} ` }, w.secret)).toBe(false)
    expect(await w.deliveries()).toMatchObject([
      { status: 'delivered', attempts: 1, last_status_code: 204, last_error: null, next_attempt_at: null },
    ])
  })

  it('is delivered to every endpoint that listens to it, and to no other', async () => {
    const others = [
      await anEndpoint(w.deps, w.workspaceId, { url: `${w.receiver.url}/2`, events: ['message.received'] }),
    ]
    others.push(await anEndpoint(w.deps, w.workspaceId, { url: `${w.receiver.url}/3`, events: ['message.status'] }))
    const globex = await aTenant(w.world, 'Globex')
    await anEndpoint(w.deps, globex.id, { url: `${w.receiver.url}/globex` })
    await publish()
    await w.work()
    expect(w.receiver.received.map(({ path }) => path).sort()).toEqual(['/hooks', '/hooks/2'])
    const ids = w.receiver.received.map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
  })

  it('costs one read of the store where nobody listens, and none for a while after', async () => {
    const globex = await aTenant(w.world, 'Globex')
    w.moveClock(60_000)
    for (let count = 0; count < 50; count++) await w.deps.events.publish(globex.id, [anEvent()])
    expect(w.queued).toEqual([])
  })

  it('that is published twice is sent once', async () => {
    const event = await publish()
    await publish(event)
    await w.work()
    await publish(event)
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
  })

  it('is sent with the secret as it is at that moment', async () => {
    w.receiver.answers(500)
    await publish()
    await w.work()
    const workspace = await rotateSecret(w.deps, w.workspaceId, 'webhook_secret')
    w.queued.splice(0, w.queued.length, ...w.queued.filter(({ queue }) => queue.startsWith('endpoint-')))
    await w.workLater()
    const [first, second] = w.receiver.received
    const secret = openSecret(w.deps.config, workspace, 'webhook_secret')
    expect([isSigned(first!, w.secret), isSigned(second!, secret), isSigned(second!, w.secret)]).toEqual([
      true,
      true,
      false,
    ])
  })
})

describe('a delivery that fails', () => {
  it('is tried nine times over about a day with the same id and body, then given up', async () => {
    w.receiver.answers(503)
    await publish()
    const startedAt = w.deps.now().getTime()
    await w.work()
    const attempts = [startedAt]
    while (await w.workLater()) attempts.push(w.deps.now().getTime())
    expect(attempts).toHaveLength(9)
    const hours = (w.deps.now().getTime() - startedAt) / HOUR_MS
    expect(hours).toBeGreaterThan(20)
    expect(hours).toBeLessThan(31)
    const posts = w.receiver.received
    expect(posts).toHaveLength(9)
    expect(new Set(posts.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size).toBe(1)
    expect(posts.every((post) => isSigned(post, w.secret))).toBe(true)
    expect(await w.deliveries()).toMatchObject([
      { status: 'failed', attempts: 9, last_status_code: 503, last_error: 'Answered 503', next_attempt_at: null },
    ])
    expect((await w.now()).disabled).toBeUndefined()
  })

  it('is delivered as soon as the endpoint works again, which then is not failing any more', async () => {
    w.receiver.answers(500)
    await publish()
    await w.work()
    expect(await w.deliveries()).toMatchObject([{ status: 'pending', attempts: 1, last_error: 'Answered 500' }])
    expect((await w.now()).failing_since).toBe(w.deps.now().toISOString())
    w.receiver.answers(200)
    await w.workLater()
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered', attempts: 2, last_error: null }])
    expect((await w.now()).failing_since).toBeUndefined()
    expect(w.queued).toEqual([])
  })

  it.each([
    ['a redirect', 302, 'Answered 302: redirects are not followed'],
    ['a permanent redirect', 308, 'Answered 308: redirects are not followed'],
    ['a refusal', 401, 'Answered 401'],
    ['not modified', 304, 'Answered 304: redirects are not followed'],
  ])('tells the reason of %s, and follows nothing', async (_name, status, reason) => {
    w.receiver.answers((response) => {
      response.writeHead(status, { location: `${w.receiver.url}/elsewhere` }).end()
    })
    await publish()
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
    expect(await w.deliveries()).toMatchObject([{ status: 'pending', last_error: reason }])
  })

  it('is over after the time for an answer, however slowly bytes trickle in', async () => {
    const deps = { ...w.deps, endpointClient: endpointClient(w.deps.config, { timeoutMs: 300 }) }
    w.receiver.answers(() => undefined)
    await publish()
    await w.work(deps)
    expect(await w.deliveries()).toMatchObject([{ status: 'pending', last_error: 'No answer within 0.3 seconds' }])
  })

  it('is none if the status is good, whatever follows it', async () => {
    w.receiver.answers((response) => {
      response.writeHead(200)
      response.write('x'.repeat(1_000_000))
      // Never ended.
    })
    await publish()
    await w.work()
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered' }])
  })

  it('says that nobody listens where nobody does', async () => {
    await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { url: 'http://127.0.0.1:9/' })
    await publish()
    await w.work()
    expect(await w.deliveries()).toMatchObject([{ last_error: 'The connection was refused', last_status_code: null }])
  })

  it('does not hold up first attempts at other endpoints: those of one in trouble wait in a queue of their own', async () => {
    w.receiver.answers(500)
    await publish()
    await w.work()
    w.receiver.received.splice(0)
    await publish()
    const [entry] = w.queued.filter(({ queue }) => queue === 'endpoint-deliveries')
    w.queued.splice(w.queued.indexOf(entry!), 1)
    await w.handle(entry!)
    expect(w.receiver.received).toHaveLength(0)
    expect(
      w.queued.filter(({ queue, message }) => queue === 'endpoint-retries' && message === entry!.message),
    ).toHaveLength(1)
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
  })
})

describe('a crash', () => {
  it('between the attempt and its record makes another attempt with the same id, and one record', async () => {
    await publish()
    const entry = w.queued[0]!
    const crashing = interrupted(w.deps, 'deliveries', 'replace', crash)
    await expect(w.handle(entry, crashing)).rejects.toThrow('killed')
    await w.work()
    expect(w.receiver.received).toHaveLength(2)
    const [first, second] = w.receiver.received
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered', attempts: 1 }])
  })

  it('after a failure was queued again, and before it was recorded, loses nothing and repeats nothing twice', async () => {
    w.receiver.answers(500)
    await publish()
    const entry = w.queued.shift()!
    await expect(w.handle(entry, interrupted(w.deps, 'deliveries', 'replace', crash))).rejects.toThrow('killed')
    expect(w.queued).toHaveLength(1)
    await w.handle(entry)
    w.receiver.answers(200)
    while (await w.workLater());
    expect(w.receiver.received).toHaveLength(2)
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered', attempts: 1 }])
  })

  it('of the publisher between store and queue is repaired by publishing again', async () => {
    const event = anEvent()
    const queues = { send: crash }
    const { eventPublisher } = await import('../../../shared/webhook-endpoints/publish.ts')
    await expect(eventPublisher({ ...w.deps, queues }).publish(w.workspaceId, [event])).rejects.toThrow('killed')
    expect(await w.work()).toBe(0)
    await publish(event)
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
  })

  it('is not needed for two runs at once: the event may come twice, and is recorded as delivered', async () => {
    await publish()
    const entry = w.queued.shift()!
    await Promise.all([w.handle(entry), w.handle(entry)])
    expect(new Set(w.receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered', attempts: 1 }])
    await w.handle(entry)
    expect(w.receiver.received.length).toBeLessThanOrEqual(2)
  })
})

it('logs no address, body or secret of an endpoint', async () => {
  w.receiver.answers(500)
  await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { url: `${w.receiver.url}?token=hush-hush` })
  await publish()
  await w.work()
  const text = JSON.stringify(w.world.lines)
  expect(text).toContain('endpoint.attempt_failed')
  for (const secret of ['hush-hush', w.secret, 'Grüße', '/hooks']) expect(text).not.toContain(secret)
})
