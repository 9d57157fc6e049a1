import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWebhookEndpointEndpoint } from '../../../functions/webhook-endpoints/create.ts'
import { deleteWebhookEndpointEndpoint } from '../../../functions/webhook-endpoints/delete.ts'
import {
  getDeliveryEndpoint,
  listDeliveriesEndpoint,
  redeliverEndpoint,
} from '../../../functions/webhook-endpoints/deliveries.ts'
import { getWebhookEndpointEndpoint, listWebhookEndpointsEndpoint } from '../../../functions/webhook-endpoints/list.ts'
import { testWebhookEndpointEndpoint } from '../../../functions/webhook-endpoints/test.ts'
import { updateWebhookEndpointEndpoint } from '../../../functions/webhook-endpoints/update.ts'
import { newUuid } from '../../../shared/ids.ts'
import { endpointWorlds, type EndpointWorld, type EndpointWorlds } from '../../support/endpoint-world.ts'
import { callEndpoint } from '../../support/http.ts'
import { textAt } from '../../support/tenants.ts'

let worlds: EndpointWorlds
let w: EndpointWorld
beforeAll(async () => {
  worlds = await endpointWorlds()
})
beforeEach(async () => {
  w = await worlds.next()
})
afterAll(() => worlds.close())

type Called = Parameters<typeof callEndpoint>[1]
const call = (
  called: Called,
  params: Record<string, string> = {},
  rest: { json?: unknown; query?: Record<string, string> } = {},
) =>
  callEndpoint(w.world, called, {
    token: w.acme.owner.token,
    params: { workspace_id: w.workspaceId, ...params },
    ...rest,
  })
const own = () => ({ endpoint_id: w.endpoint.id })

describe('an endpoint', () => {
  it('is made, listed, read, changed and removed', async () => {
    const json = { url: ` ${w.receiver.url}/2 `, description: 'Our CRM', events: ['message.status'] }
    const made = await call(createWebhookEndpointEndpoint, {}, { json })
    expect(made).toMatchObject({
      status: 201,
      body: {
        workspace_id: w.workspaceId,
        url: `${w.receiver.url}/2`,
        events: ['message.status'],
        enabled: true,
        disabled_reason: null,
        failing_since: null,
      },
    })
    const endpoint_id = textAt(made, 'id')
    expect(await call(listWebhookEndpointsEndpoint)).toMatchObject({
      body: { data: [{ id: w.endpoint.id, events: null }, { id: endpoint_id }] },
    })
    const change = { events: null, enabled: false }
    expect(await call(updateWebhookEndpointEndpoint, { endpoint_id }, { json: change })).toMatchObject({
      status: 200,
      body: { description: 'Our CRM', events: null, enabled: false, disabled_reason: 'Somebody disabled it' },
    })
    expect(await call(testWebhookEndpointEndpoint, { endpoint_id })).toMatchObject({
      status: 409,
      body: { code: 'webhook_endpoint_disabled' },
    })
    expect((await call(deleteWebhookEndpointEndpoint, { endpoint_id })).status).toBe(204)
    expect((await call(getWebhookEndpointEndpoint, { endpoint_id })).status).toBe(404)
    expect((await call(deleteWebhookEndpointEndpoint, { endpoint_id })).status).toBe(404)
  })

  it('is one of ten at most, however many are made at the same time', async () => {
    const json = { url: w.receiver.url }
    const made = await Promise.all(Array.from({ length: 12 }, () => call(createWebhookEndpointEndpoint, {}, { json })))
    expect(made.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(9)
    for (let count = 0; count < 9; count++) await call(createWebhookEndpointEndpoint, {}, { json })
    expect(await call(createWebhookEndpointEndpoint, {}, { json })).toMatchObject({
      status: 409,
      body: { code: 'webhook_endpoint_limit' },
    })
    expect((await call(listWebhookEndpointsEndpoint)).body).toHaveProperty('data.length', 10)
  })

  it.each([
    ['http://169.254.169.254/', 'url'],
    ['http://[fe80::1]/', 'url'],
    ['ftp://127.0.0.1/', 'url'],
    ['http://user:word@127.0.0.1/', 'url'],
  ])('cannot be at %s, not even in development, nor moved there', async (url) => {
    const problem = { status: 422, body: { detail: [{ loc: ['body', 'url'] }] } }
    expect(await call(createWebhookEndpointEndpoint, {}, { json: { url } })).toMatchObject(problem)
    expect(await call(updateWebhookEndpointEndpoint, own(), { json: { url } })).toMatchObject(problem)
  })
})

describe('deliveries', () => {
  async function publish(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      w.moveClock(1000)
      const event = { id: newUuid(), timestamp: w.deps.now().toISOString(), data: { index } }
      await w.deps.events.publish(w.workspaceId, [
        { ...event, type: index % 2 ? 'message.received' : 'template.changed' },
      ])
    }
    await w.work()
  }

  it('are listed newest first, page by page, filtered by kind and by what became of them', async () => {
    await publish(3)
    w.receiver.answers(500)
    await publish(2)
    const first = await call(listDeliveriesEndpoint, own(), { query: { limit: '2' } })
    expect(first).toMatchObject({
      status: 200,
      body: {
        total: 5,
        data: [
          { status: 'pending', last_error: 'Answered 500' },
          { status: 'pending', attempts: 1 },
        ],
      },
    })
    const cursor = textAt(first, 'next_cursor')
    const second = await call(listDeliveriesEndpoint, own(), { query: { limit: '3', cursor } })
    expect(second.body).toMatchObject({ data: Array(3).fill({ status: 'delivered' }) as unknown, next_cursor: null })
    const count = async (query: Record<string, string>): Promise<unknown> =>
      (await call(listDeliveriesEndpoint, own(), { query })).body
    expect(await count({ status: 'pending' })).toMatchObject({ total: 2 })
    expect(await count({ status: 'delivered', event_type: 'template.changed' })).toMatchObject({ total: 2 })
    expect(await count({ status: 'failed' })).toMatchObject({ total: 0, data: [] })
    expect(JSON.stringify(first.body)).not.toContain('index')
  })

  it('are read with their body, and made once more', async () => {
    await publish(1)
    const listed = await call(listDeliveriesEndpoint, own())
    const [delivery] = (listed.body as { data: { id: string; event_id: string }[] }).data
    const place = { ...own(), delivery_id: delivery!.id }
    const read = await call(getDeliveryEndpoint, place)
    expect(JSON.parse(textAt(read, 'body'))).toMatchObject({ id: delivery!.event_id, data: { index: 0 } })
    expect(await call(redeliverEndpoint, place)).toMatchObject({ status: 202, body: { attempts: 1 } })
    await w.work()
    expect(await call(getDeliveryEndpoint, place)).toMatchObject({ body: { attempts: 2, status: 'delivered' } })
    expect(w.receiver.received).toHaveLength(2)
  })

  it('can be of a test event', async () => {
    expect(await call(testWebhookEndpointEndpoint, own())).toMatchObject({
      status: 202,
      body: { event_type: 'endpoint.test', status: 'pending', attempts: 0 },
    })
    await w.work()
    expect(w.receiver.received).toHaveLength(1)
  })
})
