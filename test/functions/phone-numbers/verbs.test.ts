import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPhoneNumberEndpoint } from '../../../functions/phone-numbers/create.ts'
import {
  deletePhoneNumberEndpoint,
  deleteWorkspacePhoneNumberEndpoint,
} from '../../../functions/phone-numbers/delete.ts'
import {
  exchangeTokenEndpoint,
  exchangeWorkspaceTokenEndpoint,
} from '../../../functions/phone-numbers/exchange-token.ts'
import { getPhoneNumberEndpoint } from '../../../functions/phone-numbers/get.ts'
import { syncPhoneNumberEndpoint, syncWorkspacePhoneNumberEndpoint } from '../../../functions/phone-numbers/sync.ts'
import {
  updatePhoneNumberEndpoint,
  updateWorkspacePhoneNumberEndpoint,
} from '../../../functions/phone-numbers/update.ts'
import { addMembership } from '../../../shared/accounts/memberships.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import { callEndpoint, type CallOptions } from '../../support/http.ts'
import {
  A_STRING,
  aMetaWorld,
  aPerson,
  aTenant,
  connectNumber,
  textAt,
  type MetaWorld,
  type Tenant,
} from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let globex: Tenant
let number: PhoneNumber

beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  globex = await aTenant(meta.world)
})
beforeEach(async () => {
  number = await connectNumber(meta, acme.id, { metaId: await aMetaId() })
})
afterAll(() => meta.close())

async function aMetaId(): Promise<string> {
  return String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
}

const call = (endpoint: Parameters<typeof callEndpoint>[1], options: CallOptions) =>
  callEndpoint(meta.world, endpoint, { token: acme.owner.token, ...options })

async function tokenWithRole(role: Role): Promise<string> {
  const person = await aPerson(meta.world)
  await addMembership(meta.deps, person.userId, { workspace_id: acme.id, role, status: 'active', joined_at: '' })
  return person.token
}

const STYLES = [
  {
    style: 'flat',
    update: updatePhoneNumberEndpoint,
    remove: deletePhoneNumberEndpoint,
    sync: syncPhoneNumberEndpoint,
    exchange: exchangeTokenEndpoint,
    at: (phone_number_id: string, _tenant: Tenant) => ({ phone_number_id }),
  },
  {
    style: 'nested',
    update: updateWorkspacePhoneNumberEndpoint,
    remove: deleteWorkspacePhoneNumberEndpoint,
    sync: syncWorkspacePhoneNumberEndpoint,
    exchange: exchangeWorkspaceTokenEndpoint,
    at: (phone_number_id: string, tenant: Tenant) => ({ workspace_id: tenant.id, phone_number_id }),
  },
]

describe.each(STYLES)('phone numbers under the $style paths', ({ style, update, remove, sync, exchange, at }) => {
  it('are changed, with status in any letter case', async () => {
    const params = at(number.id, acme)
    const named = await call(update, { params, json: { display_name: 'Sales', status: 'Disabled' } })
    expect(named).toMatchObject({ status: 200, body: { display_name: 'Sales', status: 'disabled' } })
    expect(named.body).not.toHaveProperty('access_token')
    expect(await call(update, { params, json: { display_name: null, access_token: null, status: null } })).toEqual({
      ...named,
      headers: expect.anything() as unknown,
    })
    expect(await call(update, { params, json: { status: 'ACTIVE' } })).toMatchObject({ body: { status: 'active' } })
    const wrong = await call(update, { params, json: { status: 'gone', access_token: 'two words' } })
    expect(wrong).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'access_token'] }, {}] } })
    const refused = await call(update, { params, json: { access_token: 'EAAmadeupmadeupmadeup' } })
    expect(refused).toMatchObject({ status: 400, body: { code: 'meta_refused', meta: { code: 190 } } })
  })

  it('are synced by any member, in the documented shape', async () => {
    for (const role of ['MEMBER', 'AGENT'] as const) {
      const answer = await call(sync, { params: at(number.id, acme), token: await tokenWithRole(role) })
      expect(answer).toMatchObject({
        status: 200,
        body: {
          id: number.id,
          synced_at: A_STRING,
          phone_number: `+${number.display_digits}`,
          quality_rating: 'GREEN',
          message_limit: 2000,
          tier: 'TIER_2K',
          status: 'active',
        },
      })
    }
  })

  it('have their token exchanged, and show none', async () => {
    const answer = await call(exchange, { params: at(number.id, acme) })
    expect(answer).toMatchObject({ status: 200, body: { id: number.id, token_expires_at: null } })
    expect(JSON.stringify(answer.body)).not.toContain(meta.simulator.accessToken)
  })

  it('are changed, deleted and exchanged by owners and admins only', async () => {
    const params = at(number.id, acme)
    for (const role of ['MEMBER', 'AGENT'] as const) {
      const token = await tokenWithRole(role)
      const answers = [
        await call(update, { params, token, json: { display_name: 'x' } }),
        await call(remove, { params, token }),
        await call(exchange, { params, token }),
      ]
      for (const answer of answers) expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(await call(remove, { params, token: await tokenWithRole('ADMIN') })).toMatchObject({ status: 204 })
  })

  it('are deleted, and then gone', async () => {
    const params = at(number.id, acme)
    expect(await call(remove, { params })).toMatchObject({ status: 204, body: undefined })
    const gone = { status: 404, body: { code: 'phone_number_not_found' } }
    expect(await call(remove, { params })).toMatchObject(gone)
    expect(await call(sync, { params })).toMatchObject(gone)
    expect(await call(update, { params, json: {} })).toMatchObject(gone)
    expect(await call(getPhoneNumberEndpoint, { params: { phone_number_id: number.id } })).toMatchObject(gone)
  })

  it('are nobody else’s', async () => {
    const params = at(number.id, globex)
    const { token } = globex.owner
    for (const [endpoint, options] of [
      [update, { json: { display_name: 'x' } }],
      [remove, {}],
      [sync, {}],
      [exchange, {}],
    ] as const) {
      const answer = await call(endpoint, { params, token, ...options })
      expect(answer).toMatchObject({ status: 404, body: { code: 'phone_number_not_found' } })
    }
  })

  it('are named by Meta’s digits where the path names the workspace', async () => {
    const answer = await call(sync, { params: at(number.meta_id, acme) })
    expect(answer.status).toBe(style === 'nested' ? 200 : 422)
  })
})

describe('POST /api/phone-numbers', () => {
  const bodyOf = async (changes: Record<string, unknown> = {}) => {
    const { accessToken, wabaId } = meta.simulator
    const given = { phone_number_id: await aMetaId(), access_token: accessToken, business_id: wabaId }
    return { workspace_id: acme.id, ...given, ...changes }
  }

  it('connects a number to the workspace in the body', async () => {
    const answer = await call(createPhoneNumberEndpoint, { json: await bodyOf() })
    expect(answer).toMatchObject({ status: 201, body: { workspace_id: acme.id, status: 'active' } })
    const params = { phone_number_id: textAt(answer, 'id') }
    expect(await call(getPhoneNumberEndpoint, { params })).toMatchObject({ status: 200 })
  })

  it('answers 422 without a workspace and 403 for another’s', async () => {
    const without = await call(createPhoneNumberEndpoint, { json: await bodyOf({ workspace_id: undefined }) })
    expect(without).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'workspace_id'], type: 'missing' }] },
    })
    const foreign = await call(createPhoneNumberEndpoint, { json: await bodyOf({ workspace_id: globex.id }) })
    expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })
})
