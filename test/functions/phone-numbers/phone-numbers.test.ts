import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createWorkspacePhoneNumberEndpoint } from '../../../functions/phone-numbers/create.ts'
import { getPhoneNumberEndpoint, getWorkspacePhoneNumberEndpoint } from '../../../functions/phone-numbers/get.ts'
import { listPhoneNumbersEndpoint, listWorkspacePhoneNumbersEndpoint } from '../../../functions/phone-numbers/list.ts'
import { updatePhoneNumberEndpoint } from '../../../functions/phone-numbers/update.ts'
import { addMembership } from '../../../shared/accounts/memberships.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import { callEndpoint } from '../../support/http.ts'
import { A_STRING, aMetaWorld, aPerson, aTenant, textAt, type MetaWorld, type Tenant } from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let globex: Tenant
let metaId: string

beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  globex = await aTenant(meta.world)
})
beforeEach(async () => {
  metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
})
afterAll(() => meta.close())

function bodyOf(changes: Record<string, unknown> = {}) {
  const { accessToken, wabaId } = meta.simulator
  return { phone_number_id: metaId, access_token: accessToken, business_id: wabaId, ...changes }
}

function create(tenant: Tenant, json: unknown, token = tenant.owner.token) {
  return callEndpoint(meta.world, createWorkspacePhoneNumberEndpoint, {
    token,
    params: { workspace_id: tenant.id },
    json,
  })
}

async function tokenWithRole(role: Role): Promise<string> {
  const person = await aPerson(meta.world)
  await addMembership(meta.deps, person.userId, { workspace_id: acme.id, role, status: 'active', joined_at: '' })
  return person.token
}

describe('POST /api/workspaces/{workspace_id}/phone-numbers', () => {
  it('answers 201 with the number, and never its token', async () => {
    const answer = await create(acme, bodyOf({ workspace_id: acme.id, display_name: 'Support' }))
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({
      id: A_STRING,
      workspace_id: acme.id,
      phone_number: A_STRING,
      phone_number_id: metaId,
      display_name: 'Support',
      business_id: meta.simulator.wabaId,
      quality_rating: 'GREEN',
      message_limit: expect.any(Number) as unknown,
      tier: A_STRING,
      status: 'active',
      trouble: null,
      verified_at: A_STRING,
      created_at: A_STRING,
      updated_at: A_STRING,
      verified_name: A_STRING,
      throughput_level: 'STANDARD',
      webhooks_subscribed: true,
      meta_status: 'CONNECTED',
      token_expires_at: null,
      token_refused_at: null,
      synced_at: A_STRING,
      has_app_secret: false,
    })
    expect(textAt(answer, 'phone_number')).toMatch(/^\+\d+$/)
  })

  it('takes an app secret, says only that there is one, and takes it away', async () => {
    const app_secret = 'f'.repeat(32)
    const answer = await create(acme, bodyOf({ app_secret }))
    expect(answer).toMatchObject({ status: 201, body: { has_app_secret: true } })
    const params = { phone_number_id: textAt(answer, 'id') }
    const change = (json: unknown) =>
      callEndpoint(meta.world, updatePhoneNumberEndpoint, { token: acme.owner.token, params, json })
    const kept = await change({ display_name: 'Support' })
    expect(kept).toMatchObject({ status: 200, body: { has_app_secret: true } })
    expect(await change({ app_secret: '' })).toMatchObject({ status: 200, body: { has_app_secret: false } })
    expect(JSON.stringify([answer, kept, meta.world.lines])).not.toContain(app_secret)
  })

  it('answers 403 to members and agents, 201 to an admin', async () => {
    for (const role of ['MEMBER', 'AGENT'] as const) {
      expect((await create(acme, bodyOf(), await tokenWithRole(role))).status).toBe(403)
    }
    expect((await create(acme, bodyOf(), globex.owner.token)).status).toBe(403)
    expect((await create(acme, bodyOf(), await tokenWithRole('ADMIN'))).status).toBe(201)
  })

  it.each([
    ['workspace_id', { workspace_id: newUuid() }],
    ['phone_number_id', { phone_number_id: newUuid() }],
    ['access_token', { access_token: 'two words' }],
    ['access_token', { access_token: '' }],
    ['app_secret', { app_secret: 'short' }],
    ['app_secret', { app_secret: '' }],
    ['business_id', { business_id: '../me' }],
  ])('answers 422 and names %s for %j', async (field, changes) => {
    const answer = await create(acme, bodyOf(changes))
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', field] }] } })
  })

  it('answers 400 with Meta’s code for a token that Meta refuses', async () => {
    const answer = await create(acme, bodyOf({ access_token: 'EAAmadeup' }))
    expect(answer).toMatchObject({ status: 400, body: { code: 'meta_refused', meta: { code: 190 } } })
    expect(textAt(answer, 'hint')).toContain('access_token')
  })

  it('answers 409 for a number in use', async () => {
    await create(acme, bodyOf())
    for (const tenant of [acme, globex]) {
      expect(await create(tenant, bodyOf())).toMatchObject({ status: 409, body: { code: 'phone_number_taken' } })
    }
  })
})

describe('reading numbers', () => {
  it('works on both paths, by our id, and in the workspace by Meta’s id', async () => {
    const created = await create(acme, bodyOf())
    const { token } = acme.owner
    const [workspace_id, id] = [acme.id, textAt(created, 'id')]
    for (const phone_number_id of [id, metaId]) {
      const params = { workspace_id, phone_number_id }
      const nested = await callEndpoint(meta.world, getWorkspacePhoneNumberEndpoint, { token, params })
      expect(nested).toMatchObject({ status: 200, body: created.body as object })
    }
    const flat = await callEndpoint(meta.world, getPhoneNumberEndpoint, { token, params: { phone_number_id: id } })
    expect(flat).toMatchObject({ status: 200, body: created.body as object })
  })

  it('answers 404 for another’s, for one that is not in the path’s workspace, and for none', async () => {
    const id = textAt(await create(acme, bodyOf()), 'id')
    const { token } = globex.owner
    for (const phone_number_id of [id, metaId, newId('phoneNumber', globex.id)]) {
      const params = { workspace_id: globex.id, phone_number_id }
      const nested = await callEndpoint(meta.world, getWorkspacePhoneNumberEndpoint, { token, params })
      expect(nested).toMatchObject({ status: 404, body: { code: 'phone_number_not_found' } })
    }
    for (const phone_number_id of [id, newUuid()]) {
      const flat = await callEndpoint(meta.world, getPhoneNumberEndpoint, { token, params: { phone_number_id } })
      expect(flat).toMatchObject({ status: 404, body: { code: 'phone_number_not_found' } })
    }
    const odd = await callEndpoint(meta.world, getPhoneNumberEndpoint, { token, params: { phone_number_id: 'x' } })
    expect(odd.status).toBe(422)
  })

  it('lists a workspace, or all of the caller’s, or one of them', async () => {
    const initech = await aTenant(meta.world)
    const id = textAt(await create(initech, bodyOf()), 'id')
    const { token } = initech.owner
    const page = { total: 1, limit: 20, offset: 0, next_cursor: null, data: [{ id }] }
    const params = { workspace_id: initech.id }
    const lists = [
      await callEndpoint(meta.world, listWorkspacePhoneNumbersEndpoint, { token, params }),
      await callEndpoint(meta.world, listPhoneNumbersEndpoint, { token }),
      await callEndpoint(meta.world, listPhoneNumbersEndpoint, { token, query: { workspace_id: initech.id } }),
      await callEndpoint(meta.world, listPhoneNumbersEndpoint, { token, query: { status: 'ACTIVE' } }),
    ]
    for (const list of lists) expect(list).toMatchObject({ status: 200, body: page })
    const foreign = await callEndpoint(meta.world, listPhoneNumbersEndpoint, {
      token,
      query: { workspace_id: acme.id },
    })
    expect(foreign.status).toBe(403)
  })

  it('answers 422 for a page that is not possible, as FastAPI words it', async () => {
    const { token } = acme.owner
    const query = { limit: '101', offset: 'x', status: 'gone', cursor: 'x' }
    const answer = await callEndpoint(meta.world, listPhoneNumbersEndpoint, { token, query })
    expect(answer).toMatchObject({
      status: 422,
      body: {
        detail: [
          { loc: ['query', 'limit'], msg: 'Input should be less than or equal to 100' },
          { loc: ['query', 'offset'], type: 'int_parsing' },
          { loc: ['query', 'status'], msg: "Input should be 'pending', 'active' or 'disabled'" },
        ],
      },
    })
    const cursor = await callEndpoint(meta.world, listPhoneNumbersEndpoint, { token, query: { cursor: 'x' } })
    expect(cursor).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'cursor'] }] } })
  })
})
