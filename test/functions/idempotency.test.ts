/**
 * Requests with an Idempotency-Key: every endpoint that takes one has its effect once and gives its first answer again,
 * also after a crash between the effect and its record. Twins and expiry: idempotency-twins.test.ts.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tableClient } from '../../shared/azure/storage.ts'
import { pauseCampaign } from '../../shared/campaigns/pause.ts'
import { campaignStore } from '../../shared/campaigns/store.ts'
import type { Deps } from '../../shared/deps.ts'
import type { Endpoint } from '../../shared/http/endpoint.ts'
import { LEASE_MS } from '../../shared/idempotency/records.ts'
import { messageStore } from '../../shared/messages/store.ts'
import { aRequestOf, send, watched, type Answered, type Asked, type Ids } from '../support/every-endpoint.ts'
import {
  aKeyedWorld,
  DAY_MS,
  endpointNamed,
  GENERIC,
  KEYED,
  killedBeforeRecord,
  parsed,
  type KeyedWorld,
} from '../support/keyed-world.ts'
import { opensWindow } from '../support/messages.ts'
import {
  aPerson,
  aTenant,
  bearer,
  connectNumber,
  crash,
  interrupted,
  type MetaWorld,
  type Tenant,
} from '../support/tenants.ts'

let w: KeyedWorld
let meta: MetaWorld
let acme: Tenant
let ids: Ids
let deps: Deps

beforeAll(async () => {
  w = await aKeyedWorld()
  ;({ meta, acme, ids, deps } = w)
})
afterAll(() => w.close())

function ask(given: Deps, endpoint: Endpoint, asked: Asked, key: string): Promise<Answered> {
  return w.ask(given, endpoint, asked, key)
}

async function messagesIn(given = deps): Promise<string[]> {
  const filter = { directions: ['outbound'], status: undefined, kind: undefined, conversationIds: undefined }
  const others = { contactId: undefined, phoneNumberId: undefined, from: undefined, until: undefined }
  const page = { after: undefined, take: 1000 }
  const found = await messageStore(given.containers).listMessages(acme.id, { ...filter, ...others }, page)
  return found.map(({ id }) => id)
}

const sendText = endpointNamed('messages-send-text')

it('takes a key for every send, start, import and creation', () => {
  expect(KEYED.map(({ name }) => name).sort()).toMatchInlineSnapshot(`
    [
      "campaigns-create",
      "campaigns-execute",
      "campaigns-retry",
      "campaigns-start",
      "campaigns-test",
      "contact-imports-create",
      "contacts-bulk",
      "contacts-create",
      "contacts-import",
      "conversations-reply",
      "media-upload",
      "members-add",
      "messages-send-media",
      "messages-send-template",
      "messages-send-text",
      "phone-numbers-create",
      "phone-numbers-create-of-workspace",
      "segments-create",
      "templates-create",
      "webhook-endpoints-create",
      "workspace-campaigns-create",
      "workspace-campaigns-execute",
      "workspace-campaigns-retry",
      "workspace-campaigns-start",
      "workspace-campaigns-test",
      "workspaces-create",
    ]
  `)
})

describe.each(GENERIC.map((endpoint) => [endpoint.name, endpoint] as const))('%s', (_name, endpoint) => {
  it('is done once, and answered the same again', async () => {
    const asked = await w.aGoodRequest(endpoint)
    const key = randomUUID()
    const first = await ask(deps, endpoint, asked, key)
    expect(first.status, first.text).toBeLessThan(300)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    const seen = watched(w.anInstance(deps))
    const again = await ask(seen.deps, endpoint, asked, key)
    expect([again.status, again.text]).toEqual([first.status, first.text])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    // A file's bytes are staged as they arrive, for nothing.
    expect(seen.done.filter((done) => done !== 'blobs.writer')).toEqual([])
    const other = await ask(deps, endpoint, { ...asked, query: { ...asked.query, more: '1' } }, key)
    expect([other.status, parsed(other)['code']]).toEqual([422, 'idempotency_key_reused'])
  })

  it('is done once if its process is killed before the answer is recorded', async () => {
    const asked = await w.aGoodRequest(endpoint)
    const key = randomUUID()
    const first = await ask(killedBeforeRecord(w.anInstance(deps)), endpoint, asked, key)
    expect(first.status, first.text).toBeLessThan(300)
    const early = await ask(deps, endpoint, asked, key)
    expect([early.status, parsed(early)['code'], early.headers['retry-after']]).toEqual([
      409,
      'idempotency_key_in_use',
      '2',
    ])
    w.clock.ms += LEASE_MS
    const second = await ask(deps, endpoint, asked, key)
    expect(second.status).toBe(first.status)
    if (endpoint.name === 'contacts-import') {
      expect(parsed(first)).toMatchObject({ imported: 1 })
      expect(parsed(second)).toMatchObject({ updated: 1, imported: 0 })
    } else expect(parsed(second)).toEqual(parsed(first))
    const third = await ask(deps, endpoint, asked, key)
    expect([third.text, third.headers['idempotency-replayed']]).toEqual([second.text, 'true'])
  })
})

describe('a send with a key', () => {
  it('makes one message if it broke off anywhere, and is free to be sent again at once', async () => {
    for (const broken of [
      interrupted(deps, 'messages', 'batch', crash),
      { ...deps, queues: { send: () => Promise.reject(new Error('no queue')) } },
    ]) {
      const before = await messagesIn()
      const asked = aRequestOf(sendText, ids)
      const key = randomUUID()
      expect((await ask(broken, sendText, asked, key)).status).toBe(500)
      expect((await ask(deps, sendText, asked, key)).status).toBe(201)
      expect(await messagesIn()).toHaveLength(before.length + 1)
    }
  })

  it('is the same message after a crash, although the window has closed since and the person has another number', async () => {
    const to = '+12015550177'
    await opensWindow(deps, acme.id, ids.phone_number_id, to)
    const asked = { ...aRequestOf(sendText, ids), body: { ...(aRequestOf(sendText, ids).body as object), to } }
    const key = randomUUID()
    const first = await ask(killedBeforeRecord(deps), sendText, asked, key)
    w.clock.ms += LEASE_MS
    const later = { ...deps, now: () => new Date(Date.now() + 2 * DAY_MS) }
    expect((await ask(later, sendText, asked, randomUUID())).status).not.toBe(201)
    const second = await ask(later, sendText, asked, key)
    expect([second.status, second.text]).toEqual([201, first.text])
  })

  it('can be sent again under its key after a refusal', async () => {
    const to = '+12015550178'
    const asked = { ...aRequestOf(sendText, ids), body: { ...(aRequestOf(sendText, ids).body as object), to } }
    const key = randomUUID()
    expect(parsed(await ask(deps, sendText, asked, key))['code']).toBe('outside_service_window')
    await opensWindow(deps, acme.id, ids.phone_number_id, to)
    expect((await ask(deps, sendText, asked, key)).status).toBe(201)
  })

  it('is the same however its JSON is written, and another one with another text', async () => {
    const asked = aRequestOf(sendText, ids)
    const body = asked.body as Record<string, unknown>
    const key = randomUUID()
    const first = await ask(deps, sendText, asked, key)
    const turned = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2)
    const again = await ask(deps, sendText, { ...asked, body: Buffer.from(turned) }, key)
    expect(again.text).toBe(first.text)
    const other = await ask(deps, sendText, { ...asked, body: { ...body, text: 'Bye' } }, key)
    expect([other.status, parsed(other)['code']]).toEqual([422, 'idempotency_key_reused'])
  })

  it('shares its key with nobody outside the workspace, and with everybody inside', async () => {
    const globex = await aTenant(meta.world, 'Globex')
    const metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
    const number = await connectNumber(meta, globex.id, { metaId })
    await opensWindow(deps, globex.id, number.id, '+12015550123')
    const asked = aRequestOf(sendText, ids)
    const theirs = aRequestOf(sendText, { ...ids, workspace_id: globex.id, phone_number_id: number.id })
    const key = randomUUID()
    const [mine, other] = [
      await ask(deps, sendText, asked, key),
      await send(deps, sendText, theirs, { ...bearer(globex.owner.token), 'idempotency-key': key }),
    ]
    expect([mine.status, other.status]).toEqual([201, 201])
    expect(other.headers).not.toHaveProperty('idempotency-replayed')
    const stranger = bearer((await aPerson(meta.world)).token)
    expect((await send(deps, sendText, asked, { ...stranger, 'idempotency-key': key })).status).toBe(403)
    const workspace = await send(
      deps,
      endpointNamed('workspaces-get'),
      aRequestOf(endpointNamed('workspaces-get'), ids),
      {
        ...bearer(acme.owner.token),
      },
    )
    const apiKey = String(parsed(workspace)['api_key'])
    const byKey = await send(deps, sendText, asked, { 'x-api-key': apiKey, 'idempotency-key': key })
    expect([byKey.text, byKey.headers['idempotency-replayed']]).toEqual([mine.text, 'true'])
  })

  it.each(['', 'two words', 'x'.repeat(256)])('refuses the key %j, with everything else that is wrong', async (key) => {
    const before = await messagesIn()
    const answer = await ask(deps, sendText, { ...aRequestOf(sendText, ids), body: { workspace_id: acme.id } }, key)
    const problems = (JSON.parse(answer.text) as { detail: { loc: string[] }[] }).detail
    expect(answer.status).toBe(422)
    expect(problems.map(({ loc }) => loc.join('.'))).toEqual([
      'body.phone_number_id',
      'body.to',
      'body.text',
      'header.Idempotency-Key',
    ])
    expect(await messagesIn()).toEqual(before)
  })

  it('is not taken where the records cannot be reached: nobody could promise that it happens once', async () => {
    const before = await messagesIn()
    const unreachable = { ...deps, idempotency: { begin: () => Promise.reject(new Error('no table')) } }
    const asked = aRequestOf(sendText, ids)
    expect((await ask(unreachable, sendText, asked, randomUUID())).status).toBe(500)
    expect(await messagesIn()).toEqual(before)
  })
})

describe('a start with a key', () => {
  const start = endpointNamed('campaigns-start')

  async function statusOf({ params }: Asked): Promise<string> {
    return (await campaignStore(deps).get(acme.id, params['campaign_id'] ?? '')).value.status
  }

  it('is answered as it was first, and starts nothing again, when the campaign has moved on', async () => {
    const asked = await w.aGoodRequest(start)
    const key = randomUUID()
    const first = await ask(deps, start, asked, key)
    await pauseCampaign(deps, acme.id, asked.params['campaign_id'] ?? '')
    const again = await ask(deps, start, asked, key)
    expect([again.text, parsed(again)['status']]).toEqual([first.text, 'SENDING'])
    expect(await statusOf(asked)).toBe('SCHEDULED')
  })

  it('starts nothing again after a crash and a pause, however often it was started and paused since', async () => {
    const asked = await w.aGoodRequest(start)
    const id = asked.params['campaign_id'] ?? ''
    const key = randomUUID()
    expect((await ask(killedBeforeRecord(deps), start, asked, key)).status).toBe(200)
    for (let round = 0; round < 3; round++) {
      await pauseCampaign(deps, acme.id, id)
      w.clock.ms += LEASE_MS
      const again = await ask(killedBeforeRecord(deps), start, asked, key)
      expect([again.status, await statusOf(asked)]).toEqual([200, 'SCHEDULED'])
      expect((await ask(deps, start, asked, randomUUID())).status).toBe(200)
    }
  })
})

it('keeps nothing in clear: neither keys nor answers', async () => {
  const create = endpointNamed('workspaces-create')
  const key = `secret-${randomUUID()}`
  const answer = parsed(await ask(deps, create, aRequestOf(create, ids), key))
  const month = new Date(w.clock.ms).toISOString().slice(0, 7).replace('-', '')
  const rows: string[] = []
  for await (const row of tableClient(meta.world.config, `idempotency${month}`).listEntities()) {
    const bytes = Object.values(row).filter((cell) => cell instanceof Uint8Array)
    rows.push(JSON.stringify(row), ...bytes.map((cell) => Buffer.from(cell).toString('latin1')))
  }
  const all = rows.join('\n')
  expect(rows.length).toBeGreaterThan(10)
  for (const text of [key, answer['api_key'], answer['id'], '2015550123', 'Hello']) expect(all).not.toContain(text)
})
