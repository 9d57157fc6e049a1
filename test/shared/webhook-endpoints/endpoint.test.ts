import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteEndpoint } from '../../../shared/webhook-endpoints/delete.ts'
import { redeliver, sendTestEvent } from '../../../shared/webhook-endpoints/redeliver.ts'
import { updateEndpoint } from '../../../shared/webhook-endpoints/update.ts'
import type { PublicEvent } from '../../../shared/webhook-endpoints/publish.ts'
import { deleteWorkspace } from '../../../shared/workspaces/delete.ts'
import { rotateSecret } from '../../../shared/workspaces/rotate.ts'
import { openSecret } from '../../../shared/workspaces/secrets.ts'
import {
  anEventOf,
  endpointWorlds,
  publishIn,
  type DeliveryMessage,
  type EndpointWorld,
  type EndpointWorlds,
} from '../../support/endpoint-world.ts'
import type { ReceivedPost } from '../../support/receiver.ts'
import { aTenant } from '../../support/tenants.ts'
import { anEndpoint } from '../../support/webhook-endpoints.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

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

/** As a library of Standard Webhooks does, which is given `whsec_` and the base64 of the key. */
function isVerified({ headers, body }: ReceivedPost, secret: string): boolean {
  const given = `whsec_${Buffer.from(secret).toString('base64')}`
  const key = Buffer.from(given.slice('whsec_'.length), 'base64')
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  const ageSeconds = w.deps.now().getTime() / 1000 - Number(timestamp)
  const wanted = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest('base64')
  return Math.abs(ageSeconds) < 300 && String(signatures).split(' ').includes(`v1,${wanted}`)
}

describe('an endpoint', () => {
  it('to which nothing gets through for days is disabled with a reason, and sends what comes then nowhere', async () => {
    w.receiver.answers(500)
    const since = w.deps.now().toISOString()
    for (let day = 0; day < 2; day++) {
      await publish()
      await w.work()
      while (await w.workLater());
      expect((await w.now()).disabled).toBeUndefined()
      w.moveClock(HOUR_MS)
    }
    w.moveClock(2 * DAY_MS)
    await publish()
    await w.work()
    while (await w.workLater());
    expect((await w.now()).disabled).toEqual({
      at: w.deps.now().toISOString(),
      reason: `Nothing could be delivered since ${since}`,
    })
    await publish()
    expect(w.queued).toEqual([])
    expect(w.world.lines.filter(({ event }) => event === 'endpoint.disabled')).toHaveLength(1)
  })

  it('that only now and then fails once is never disabled', async () => {
    for (let week = 0; week < 4; week++) {
      w.receiver.answers(500)
      await publish()
      await w.work()
      w.receiver.answers(200)
      await w.workLater()
      w.moveClock(7 * DAY_MS)
    }
    expect(await w.now()).toMatchObject({ id: w.endpoint.id })
    expect((await w.now()).disabled).toBeUndefined()
  })

  it('that answers 410 is disabled at once; what waits for it is given up, and enabled again it gets what is new', async () => {
    w.receiver.answers(500)
    await publish()
    await w.work()
    w.receiver.answers(410)
    await publish()
    await w.work()
    expect((await w.now()).disabled?.reason).toBe('The endpoint answered 410: it is there no more')
    const count = w.receiver.received.length
    while (await w.workLater());
    expect(w.receiver.received).toHaveLength(count)
    const failed = await w.deliveries()
    expect(failed.map(({ status, last_error }) => [status, last_error]).sort()).toEqual([
      ['failed', 'Answered 410'],
      ['failed', 'The endpoint is disabled'],
    ])
    await expect(redeliver(w.deps, w.workspaceId, w.endpoint.id, failed[0]!.id)).rejects.toMatchObject({
      code: 'webhook_endpoint_disabled',
    })
    await expect(sendTestEvent(w.deps, w.workspaceId, w.endpoint.id)).rejects.toMatchObject({
      code: 'webhook_endpoint_disabled',
    })

    w.receiver.answers(200)
    const enabled = await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { enabled: true })
    expect(enabled).not.toHaveProperty('disabled')
    expect(enabled).not.toHaveProperty('failing_since')
    await publish()
    await w.work()
    expect(w.receiver.received).toHaveLength(count + 1)
  })

  it('that is removed gets nothing any more, not even what was on its way', async () => {
    await publish()
    await deleteEndpoint(w.deps, w.workspaceId, w.endpoint.id)
    await w.work()
    await publish()
    await w.work()
    expect(w.receiver.received).toEqual([])
  })

  it('of a workspace that is deleted gets nothing any more, not even what was on its way', async () => {
    await publish()
    await deleteWorkspace(w.deps, w.workspaceId)
    await w.work()
    await publish()
    await w.work()
    expect(w.receiver.received).toEqual([])
    expect(w.queued.filter(({ queue }) => queue === 'endpoint-deliveries')).toEqual([])
  })
})

describe('a delivery that a person asks for', () => {
  it('is made at once with the same id and body, whatever became of the first', async () => {
    await publish()
    await w.work()
    const [delivery] = await w.deliveries()
    await redeliver(w.deps, w.workspaceId, w.endpoint.id, delivery!.id)
    const [entry] = w.queued
    await w.work()
    await w.handle(entry!)
    const [first, second, third] = w.receiver.received
    expect(third).toBeUndefined()
    expect(second).toMatchObject({ body: first!.body, headers: { 'webhook-id': first!.headers['webhook-id'] } })
    expect(await w.deliveries()).toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  it('is signed anew, with the secret and the time of that moment', async () => {
    await publish()
    await w.work()
    const [delivery] = await w.deliveries()
    const workspace = await rotateSecret(w.deps, w.workspaceId, 'webhook_secret')
    const secret = openSecret(w.deps.config, workspace, 'webhook_secret')
    w.moveClock(HOUR_MS)
    await redeliver(w.deps, w.workspaceId, w.endpoint.id, delivery!.id)
    await sendTestEvent(w.deps, w.workspaceId, w.endpoint.id)
    await w.work()
    const [first, again, test] = w.receiver.received
    expect([first, again, test].map((post) => isVerified(post!, secret))).toEqual([false, true, true])
    expect([again, test].map((post) => isVerified(post!, w.secret))).toEqual([false, false])
    expect(isVerified({ ...again!, body: again!.body.replace('Grüße', 'Gruesse') }, secret)).toBe(false)
  })

  it('has the whole schedule before it, if it fails', async () => {
    w.receiver.answers(500)
    await publish()
    await w.work()
    while (await w.workLater());
    const [delivery] = await w.deliveries()
    await redeliver(w.deps, w.workspaceId, w.endpoint.id, delivery!.id)
    await w.work()
    expect(await w.deliveries()).toMatchObject([{ status: 'pending', attempts: 10 }])
    while (await w.workLater());
    expect(await w.deliveries()).toMatchObject([{ status: 'failed', attempts: 18 }])
  })

  it('can be one that shows whether the endpoint works, whatever it listens to', async () => {
    await updateEndpoint(w.deps, w.workspaceId, w.endpoint.id, { events: ['template.changed'] })
    const delivery = await sendTestEvent(w.deps, w.workspaceId, w.endpoint.id)
    expect(delivery).toMatchObject({ status: 'pending', event_type: 'endpoint.test' })
    await w.work()
    expect(JSON.parse(w.receiver.received[0]!.body)).toMatchObject({ type: 'endpoint.test', id: delivery.event_id })
  })

  it('cannot be of another workspace', async () => {
    await publish()
    await w.work()
    const [delivery] = await w.deliveries()
    const globex = await aTenant(w.world, 'Globex')
    const theirs = await anEndpoint(w.deps, globex.id)
    for (const endpointId of [w.endpoint.id, theirs.id]) {
      await expect(redeliver(w.deps, globex.id, endpointId, delivery!.id)).rejects.toMatchObject({ status: 404 })
    }
    const message: DeliveryMessage = {
      workspace_id: globex.id,
      endpoint_id: theirs.id,
      delivery_id: delivery!.id,
      attempt: 1,
      again: true,
    }
    await w.handle({ queue: 'endpoint-deliveries', message, atMs: 0 })
    expect(w.receiver.received).toHaveLength(1)
  })
})
