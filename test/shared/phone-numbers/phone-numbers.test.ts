import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { findPhoneNumber, listPhoneNumbers } from '../../../shared/phone-numbers/find.ts'
import { ratePerSecond, tokenOf } from '../../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { graphClient } from '../../../shared/whatsapp/graph.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMetaWorld, connectNumber, crash, interrupted, type MetaWorld } from '../../support/tenants.ts'

let meta: MetaWorld
let deps: Deps
let time = new Date()
/** Each test connects a number of its own. */
let metaId: string
let workspaceId: WorkspaceId

beforeAll(async () => {
  meta = await aMetaWorld({ now: () => time })
  deps = meta.deps
})
beforeEach(async () => {
  time = new Date('2026-05-01T12:00:00Z')
  metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  workspaceId = aWorkspaceId()
})
afterEach(() => meta.control('DELETE', 'faults'))
afterAll(() => meta.close())

const taken = { code: 'phone_number_taken' }

describe('connecting a number', () => {
  it('keeps what Meta says of it, and a token that can be used', async () => {
    await meta.control('PATCH', `phone-numbers/${metaId}`, { throughput: 'HIGH', tier: 'TIER_10K' })
    const number = await connectNumber(meta, workspaceId, { metaId, displayName: 'Support' })
    expect(number).toMatchObject({
      meta_id: metaId,
      waba_id: meta.simulator.wabaId,
      display_name: 'Support',
      tier: 'TIER_10K',
      message_limit: 10_000,
      quality_rating: 'GREEN',
      meta_status: 'CONNECTED',
      status: 'active',
      is_subscribed: true,
      is_coexistence: false,
      verified_at: time.toISOString(),
    })
    expect(number.display_digits).toMatch(/^\d{8,}$/)
    expect(ratePerSecond(number)).toBe(1000)
    expect(tokenOf(deps.config, number)).toBe(meta.simulator.accessToken)
    expect(await findPhoneNumber(deps, workspaceId, number.id)).toEqual(number)
  })

  it('stores the token sealed to its row', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    expect(JSON.stringify(number)).not.toContain(meta.simulator.accessToken)
    expect(() => tokenOf(deps.config, { ...number, workspace_id: aWorkspaceId() })).toThrow()
    expect(JSON.stringify(meta.world.lines)).not.toContain(meta.simulator.accessToken)
  })

  it('leaves a number pending that Meta has not connected', async () => {
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'UNVERIFIED' })
    expect(await connectNumber(meta, workspaceId, { metaId })).toMatchObject({ status: 'pending', verified_at: null })
  })

  it('works without a business account, of which it then knows nothing', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId, wabaId: null })
    expect(number).toMatchObject({ waba_id: null, is_subscribed: false, status: 'active' })
  })

  it('works where Meta refuses to send us the webhooks, and says so', async () => {
    const effect = { kind: 'graph_error', code: 200 }
    await meta.control('POST', 'faults', { match: { path: 'subscribed_apps' }, effect })
    expect(await connectNumber(meta, workspaceId, { metaId })).toMatchObject({ status: 'active', is_subscribed: false })
  })

  it('with a token that lacks a permission is refused, and the permission named', async () => {
    const token = await meta.control('POST', 'tokens', { scopes: ['whatsapp_business_messaging'] })
    const refused = connectNumber(meta, workspaceId, { metaId, accessToken: String(token['access_token']) })
    await expect(refused).rejects.toThrow('whatsapp_business_management')
  })

  it.each([
    ['that does not exist', 'EAAmadeup', {}],
    ['that has expired', undefined, { expires_in: -60 }],
    ['of another business account', undefined, { waba_ids: ['999'] }],
  ])('with a token %s is refused, with Meta’s code and the field to correct', async (_what, value, token) => {
    const accessToken = value ?? String((await meta.control('POST', 'tokens', token))['access_token'])
    const error: unknown = await connectNumber(meta, workspaceId, { metaId, accessToken }).catch((e: unknown) => e)
    expect(error).toMatchObject({
      code: 'meta_refused',
      status: 400,
      details: { meta: { code: expect.any(Number) as unknown } },
    })
    expect(String(error)).toContain('access_token')
    expect(String(error)).not.toContain(accessToken)
    expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toBeUndefined()
  })

  it('whose id Meta does not know is refused and names it', async () => {
    const error: unknown = await connectNumber(meta, workspaceId, { metaId: '42' }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'meta_refused' })
    expect(String(error)).toContain('phone_number_id')
  })

  it('whose id is that of an account at Meta is refused and names it', async () => {
    const refused = connectNumber(meta, workspaceId, { metaId: meta.simulator.wabaId })
    await expect(refused).rejects.toMatchObject({
      code: expect.stringMatching(/meta_refused|validation_failed/) as unknown,
    })
  })

  it('in an account with many numbers is found among them', async () => {
    const wabaId = String((await meta.control('POST', 'wabas', {}))['waba_id'])
    const numbers = []
    for (let made = 0; made < 130; made++) {
      numbers.push(String((await meta.control('POST', 'phone-numbers', { waba_id: wabaId }))['phone_number_id']))
    }
    for (const own of [numbers[0]!, numbers.at(-1)!]) {
      expect(await connectNumber(meta, workspaceId, { metaId: own, wabaId })).toMatchObject({ waba_id: wabaId })
    }
  })

  it('that is not in the account it is said to be in claims nothing', async () => {
    const wabaId = String((await meta.control('POST', 'wabas', {}))['waba_id'])
    const refused = connectNumber(meta, workspaceId, { metaId, wabaId })
    await expect(refused).rejects.toMatchObject({ problems: [{ loc: ['body', 'business_id'] }] })
    expect(await phoneNumberDirectory(deps.containers).workspacesOfWaba(wabaId)).toEqual([])
    expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toBeUndefined()
  })

  it.each([
    ['is overloaded', { kind: 'graph_error', code: 2, http: 503 }],
    ['throttles us', { kind: 'graph_error', code: 80007 }],
    ['answers with a gateway’s page', { kind: 'http', status: 502 }],
    ['hangs up', { kind: 'reset' }],
  ])('while Meta %s claims nothing and can be tried again', async (_what, effect) => {
    await meta.control('POST', 'faults', { match: { path: `^/?${metaId}` }, effect })
    await expect(connectNumber(meta, workspaceId, { metaId })).rejects.toMatchObject({ code: 'meta_unavailable' })
    await meta.control('DELETE', 'faults')
    await expect(connectNumber(meta, workspaceId, { metaId })).resolves.toBeDefined()
  })
})

describe('a number of Meta’s', () => {
  it('can be connected once, in whatever workspace', async () => {
    await connectNumber(meta, workspaceId, { metaId })
    await expect(connectNumber(meta, workspaceId, { metaId })).rejects.toMatchObject(taken)
    await expect(connectNumber(meta, aWorkspaceId(), { metaId })).rejects.toMatchObject(taken)
  })

  it('goes to exactly one of many who connect it at once', async () => {
    const others = Array.from({ length: 5 }, () => connectNumber(meta, aWorkspaceId(), { metaId }))
    const same = Array.from({ length: 3 }, () => connectNumber(meta, workspaceId, { metaId }))
    const results = await Promise.allSettled([...others, ...same])
    const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(winners).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(taken)
    const address = await phoneNumberStore(deps.containers).findByMetaId(metaId)
    expect(address).toEqual({ workspaceId: winners[0]?.workspace_id, phoneNumberId: winners[0]?.id })
  })

  it('that was claimed and never written is finished from the same workspace', async () => {
    const stopping = interrupted(deps, 'core', 'batch', crash)
    await expect(connectNumber({ ...meta, deps: stopping }, workspaceId, { metaId })).rejects.toThrow('killed')
    const number = await connectNumber(meta, workspaceId, { metaId })
    const address = await phoneNumberStore(deps.containers).findByMetaId(metaId)
    expect(address).toEqual({ workspaceId, phoneNumberId: number.id })
  })

  it('that was claimed and never written is free for others once that request must be over', async () => {
    const stopping = interrupted(deps, 'core', 'batch', crash)
    await expect(connectNumber({ ...meta, deps: stopping }, aWorkspaceId(), { metaId })).rejects.toThrow('killed')
    await expect(connectNumber(meta, workspaceId, { metaId })).rejects.toMatchObject(taken)
    time = new Date(time.getTime() + 16 * 60_000)
    const number = await connectNumber(meta, workspaceId, { metaId })
    expect(await phoneNumberStore(deps.containers).find(workspaceId, metaId)).toMatchObject({
      value: { id: number.id },
    })
  })
})

describe('finding numbers', () => {
  it('goes by our id in any letter case, and by Meta’s digits', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    for (const name of [number.id, number.id.toUpperCase(), metaId]) {
      expect(await findPhoneNumber(deps, workspaceId, name)).toEqual(number)
    }
  })

  it('does not see another workspace’s, by any name', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    for (const name of [number.id, metaId, '42', 'nonsense']) {
      await expect(findPhoneNumber(deps, aWorkspaceId(), name)).rejects.toMatchObject({
        code: 'phone_number_not_found',
      })
    }
  })

  it('knows every workspace that uses a business account, each once', async () => {
    const wabaId = String((await meta.control('POST', 'wabas', {}))['waba_id'])
    const workspaces = [aWorkspaceId(), aWorkspaceId(), aWorkspaceId()]
    const directory = phoneNumberDirectory(deps.containers)
    expect(await directory.workspacesOfWaba(wabaId)).toEqual([])
    await Promise.all([...workspaces, ...workspaces].map((id) => directory.addToWaba(wabaId, id)))
    expect((await directory.workspacesOfWaba(wabaId)).sort()).toEqual(workspaces.sort())
  })

  it('lists several workspaces as one, newest first, page by page', async () => {
    const other = aWorkspaceId()
    const made: string[] = []
    for (let index = 0; index < 5; index++) {
      time = new Date(time.getTime() + 1000)
      const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
      const number = await connectNumber(meta, index % 2 === 0 ? workspaceId : other, {
        metaId: String(phone_number_id),
      })
      made.unshift(number.id)
    }
    const ids = [workspaceId, other]
    const pages: string[][] = []
    let after: { created_at: string; id: string } | undefined
    do {
      const page = await listPhoneNumbers(deps, ids, undefined, { limit: 2, offset: 0, after })
      expect(page.total).toBe(5)
      pages.push(page.items.map(({ id }) => id))
      after = page.next
    } while (after)
    expect(pages.flat()).toEqual(made)
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1])
    const second = await listPhoneNumbers(deps, ids, undefined, { limit: 2, offset: 2 })
    expect(second.items.map(({ id }) => id)).toEqual(made.slice(2, 4))
    expect(await listPhoneNumbers(deps, ids, 'disabled', { limit: 2, offset: 0 })).toMatchObject({
      items: [],
      total: 0,
    })
  })
})

describe('a coexistence number', () => {
  let graph: Server

  afterAll(() => graph.close())

  it('is told by Meta’s own field, and sends slowly', async () => {
    // The simulator knows no coexistence: a server that answers only what is asked about it.
    graph = createServer((request, response) => {
      const facts = request.url?.includes('is_on_biz_app')
        ? { is_on_biz_app: true, platform_type: 'CLOUD_API', id: metaId }
        : {
            display_phone_number: '+1 555-010-0001',
            status: 'CONNECTED',
            throughput: { level: 'STANDARD' },
            id: metaId,
          }
      response.end(JSON.stringify(facts))
    })
    await new Promise<void>((resolve) => graph.listen(0, '127.0.0.1', resolve))
    const { port } = graph.address() as AddressInfo // a TCP server's address is never a path
    const { meta: settings } = deps.config
    const config = { ...deps.config, meta: { ...settings, graphUrl: `http://127.0.0.1:${port}` } }
    const client = graphClient(config)
    const number = await connectNumber({ ...meta, deps: { ...deps, graph: client } }, workspaceId, {
      metaId,
      wabaId: null,
    })
    await client.close()
    expect(number.is_coexistence).toBe(true)
    expect(ratePerSecond(number)).toBe(20)
  })
})
