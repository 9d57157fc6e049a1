import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { newId, type WorkspaceId } from '../../../shared/ids.ts'
import { exchangeToken } from '../../../shared/phone-numbers/exchange-token.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { appSecretOf, tokenOf, UNLIMITED } from '../../../shared/phone-numbers/schema.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMetaWorld, connectNumber, interrupted, type MetaWorld } from '../../support/tenants.ts'

let meta: MetaWorld
let deps: Deps
let metaId: string
let workspaceId: WorkspaceId

beforeAll(async () => {
  meta = await aMetaWorld()
  deps = meta.deps
})
beforeEach(async () => {
  metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  workspaceId = aWorkspaceId()
})
afterEach(() => meta.control('DELETE', 'faults'))
afterAll(() => meta.close())

async function aToken(parts: Record<string, unknown> = {}): Promise<string> {
  return String((await meta.control('POST', 'tokens', parts))['access_token'])
}

/** Meta answers every call with this error; `path` narrows it. */
async function metaRefuses(code: number, path = `^/?${metaId}`) {
  await meta.control('POST', 'faults', { match: { path }, effect: { kind: 'graph_error', code } })
}

const notFound = { code: 'phone_number_not_found', status: 404 }
const refused = { code: 'meta_refused', status: 400 }

describe('changing a number', () => {
  it('sets the name, and takes it away; what is not given stays', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    expect(await updatePhoneNumber(deps, workspaceId, id, { displayName: 'Sales' })).toMatchObject({
      display_name: 'Sales',
    })
    expect(await updatePhoneNumber(deps, workspaceId, metaId, { displayName: null })).toMatchObject({
      display_name: 'Sales',
    })
    expect(await updatePhoneNumber(deps, workspaceId, id, { displayName: '' })).toMatchObject({ display_name: null })
  })

  it('that would change nothing writes nothing and asks Meta nothing', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId, displayName: 'Sales' })
    await metaRefuses(190)
    for (const changes of [{}, { displayName: 'Sales', status: 'active' as const }, { status: null }]) {
      expect(await updatePhoneNumber(deps, workspaceId, number.id, changes)).toEqual(number)
    }
  })

  it('takes a new token that reaches the same number, and keeps it sealed', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    const accessToken = await aToken({ expires_in: 3600 })
    const changed = await updatePhoneNumber(deps, workspaceId, id, { accessToken })
    expect(tokenOf(deps.config, changed)).toBe(accessToken)
    expect(Date.parse(changed.token_expires_at ?? '') - Date.now()).toBeLessThan(3_601_000)
    expect(JSON.stringify(changed)).not.toContain(accessToken)
    expect(JSON.stringify(meta.world.lines)).not.toContain(accessToken)
  })

  it('takes an app secret and takes it away without asking Meta, and keeps it sealed in its row and its place', async () => {
    const appSecret = 'a secret of the app'.replaceAll(' ', '-')
    const number = await connectNumber(meta, workspaceId, { metaId, appSecret })
    expect(appSecretOf(deps.config, number)).toBe(appSecret)
    await metaRefuses(190)
    const other = await updatePhoneNumber(deps, workspaceId, number.id, { appSecret: `${appSecret}-2` })
    expect(appSecretOf(deps.config, other)).toBe(`${appSecret}-2`)
    expect(await updatePhoneNumber(deps, workspaceId, number.id, { appSecret: null })).toEqual(other)
    const moved = { ...other, id: newId('phoneNumber', workspaceId) }
    expect(() => appSecretOf(deps.config, moved)).toThrow()
    expect(() => appSecretOf(deps.config, { ...other, app_secret: other.access_token })).toThrow()
    expect(() => tokenOf(deps.config, { ...other, access_token: other.app_secret ?? '' })).toThrow()
    expect(JSON.stringify([number, other, meta.world.lines])).not.toContain(appSecret)
    expect(await updatePhoneNumber(deps, workspaceId, number.id, { appSecret: '' })).toMatchObject({ app_secret: null })
  })

  it.each([
    ['that Meta does not know', () => Promise.resolve('EAAmadeupmadeupmadeup')],
    ['that has expired', () => aToken({ expires_in: -60 })],
    ['of another account', () => aToken({ waba_ids: ['999'] })],
  ])('refuses a token %s with Meta’s code, and keeps the old one and the name', async (_what, make) => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    const changing = updatePhoneNumber(deps, workspaceId, number.id, { accessToken: await make(), displayName: 'New' })
    await expect(changing).rejects.toMatchObject(refused)
    expect(await findPhoneNumber(deps, workspaceId, number.id)).toEqual(number)
  })

  it('back to active asks Meta, which may say no', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    expect(await updatePhoneNumber(deps, workspaceId, id, { status: 'disabled' })).toMatchObject({ status: 'disabled' })
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'BANNED' })
    await expect(updatePhoneNumber(deps, workspaceId, id, { status: 'active' })).rejects.toMatchObject({
      code: 'phone_number_not_active',
      status: 409,
    })
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'CONNECTED', throughput: 'HIGH' })
    const active = await updatePhoneNumber(deps, workspaceId, id, { status: 'active' })
    expect(active).toMatchObject({ status: 'active', throughput_level: 'HIGH' })
  })

  it('with a token lifts one that was pending, and not one that a person disabled', async () => {
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'UNVERIFIED' })
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'CONNECTED' })
    const accessToken = await aToken()
    const lifted = await updatePhoneNumber(deps, workspaceId, id, { accessToken })
    expect(lifted.status).toBe('active')
    expect(lifted.verified_at).not.toBeNull()
    await updatePhoneNumber(deps, workspaceId, id, { status: 'disabled' })
    expect(await updatePhoneNumber(deps, workspaceId, id, { accessToken })).toMatchObject({ status: 'disabled' })
  })

  it('loses nothing of two changes at the same time', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    const accessToken = await aToken()
    await Promise.all([
      updatePhoneNumber(deps, workspaceId, id, { displayName: 'Sales' }),
      updatePhoneNumber(deps, workspaceId, id, { accessToken }),
      updatePhoneNumber(deps, workspaceId, id, { status: 'disabled' }),
    ])
    const number = await findPhoneNumber(deps, workspaceId, id)
    expect(number).toMatchObject({ display_name: 'Sales', status: 'disabled' })
    expect(tokenOf(deps.config, number)).toBe(accessToken)
  })

  it('of another workspace is not found, by any name', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    for (const name of [id, metaId]) {
      await expect(updatePhoneNumber(deps, aWorkspaceId(), name, { displayName: 'x' })).rejects.toMatchObject(notFound)
      await expect(syncPhoneNumber(deps, aWorkspaceId(), name)).rejects.toMatchObject(notFound)
      await expect(exchangeToken(deps, aWorkspaceId(), name)).rejects.toMatchObject(notFound)
    }
  })
})

describe('a sync', () => {
  it('brings quality, limit, tier and throughput, again and again', async () => {
    const before = await connectNumber(meta, workspaceId, { metaId })
    const facts = { quality_rating: 'RED', tier: 'TIER_100K', throughput: 'HIGH' }
    await meta.control('PATCH', `phone-numbers/${metaId}`, facts)
    for (let again = 0; again < 2; again++) {
      const synced = await syncPhoneNumber(deps, workspaceId, before.id)
      expect(synced).toMatchObject({ tier: 'TIER_100K', message_limit: 100_000, throughput_level: 'HIGH' })
      expect(synced.quality_rating).toBe('RED')
      expect(synced.synced_at >= (before.synced_at ?? '')).toBe(true)
    }
  })

  it('shows an unlimited tier as the documented number', async () => {
    await connectNumber(meta, workspaceId, { metaId })
    await meta.control('PATCH', `phone-numbers/${metaId}`, { tier: 'TIER_UNLIMITED' })
    expect(await syncPhoneNumber(deps, workspaceId, metaId)).toMatchObject({
      tier: 'TIER_UNLIMITED',
      message_limit: UNLIMITED,
    })
  })

  it('lifts a number that waited for Meta, and leaves one that a person disabled', async () => {
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'UNVERIFIED' })
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    expect(await syncPhoneNumber(deps, workspaceId, id)).toMatchObject({ status: 'pending', verified_at: null })
    await meta.control('PATCH', `phone-numbers/${metaId}`, { status: 'CONNECTED' })
    expect(await syncPhoneNumber(deps, workspaceId, id)).toMatchObject({ status: 'active' })
    await updatePhoneNumber(deps, workspaceId, id, { status: 'disabled' })
    expect(await syncPhoneNumber(deps, workspaceId, id)).toMatchObject({ status: 'disabled' })
  })

  it('with a dead token tells Meta’s code and marks the number, until a token works again', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await metaRefuses(190)
    await expect(syncPhoneNumber(deps, workspaceId, id)).rejects.toMatchObject({
      ...refused,
      details: { meta: { code: 190 } },
    })
    const marked = await findPhoneNumber(deps, workspaceId, id)
    expect(marked.token_refused_at).not.toBeNull()
    expect(marked.status).toBe('active')
    await meta.control('DELETE', 'faults')
    expect(await syncPhoneNumber(deps, workspaceId, id)).toMatchObject({ token_refused_at: null })
  })

  it('while Meta is not there changes nothing', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    await meta.control('POST', 'faults', { match: { path: `^/?${metaId}` }, effect: { kind: 'http', status: 502 } })
    await expect(syncPhoneNumber(deps, workspaceId, number.id)).rejects.toMatchObject({ code: 'meta_unavailable' })
    expect(await findPhoneNumber(deps, workspaceId, number.id)).toEqual(number)
  })

  it('tries again to get the account’s webhooks where Meta refused them', async () => {
    const effect = { kind: 'graph_error', code: 200 }
    await meta.control('POST', 'faults', { match: { path: 'subscribed_apps' }, effect })
    const { id, is_subscribed } = await connectNumber(meta, workspaceId, { metaId })
    expect(is_subscribed).toBe(false)
    await meta.control('DELETE', 'faults')
    expect(await syncPhoneNumber(deps, workspaceId, id)).toMatchObject({ is_subscribed: true })
  })
})

describe('exchanging a token', () => {
  it('keeps the long-lived one, sealed, with its end', async () => {
    const short = await aToken({ expires_in: 3600, type: 'USER' })
    const { id, token_expires_at } = await connectNumber(meta, workspaceId, { metaId, accessToken: short })
    expect(Date.parse(token_expires_at ?? '')).toBeLessThan(Date.now() + 3_601_000)
    const exchanged = await exchangeToken(deps, workspaceId, id)
    const long = tokenOf(deps.config, exchanged)
    expect(long).not.toBe(short)
    expect(Date.parse(exchanged.token_expires_at ?? '')).toBeGreaterThan(Date.now() + 59 * 86_400_000)
    expect(JSON.stringify(exchanged)).not.toContain(long)
    // It works.
    await expect(syncPhoneNumber(deps, workspaceId, id)).resolves.toBeDefined()
  })

  it('leaves one that never expires as it is', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId })
    expect(number.token_expires_at).toBeNull()
    expect(await exchangeToken(deps, workspaceId, number.id)).toEqual(number)
  })

  it('that Meta refuses keeps the old one, and tells Meta’s code but no secret', async () => {
    const number = await connectNumber(meta, workspaceId, { metaId, accessToken: await aToken({ expires_in: 3600 }) })
    await metaRefuses(190, 'oauth/access_token')
    const error: unknown = await exchangeToken(deps, workspaceId, number.id).catch((e: unknown) => e)
    expect(error).toMatchObject({ ...refused, details: { meta: { code: 190 } } })
    const told = JSON.stringify(error) + String(error) + JSON.stringify(meta.world.lines)
    expect(told).not.toContain(tokenOf(deps.config, number))
    expect(told).not.toContain(deps.config.meta.appSecrets[0])
    expect(await findPhoneNumber(deps, workspaceId, number.id)).toEqual(number)
  })

  it('does not put back what a person replaced meanwhile', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId, accessToken: await aToken({ expires_in: 3600 }) })
    const accessToken = await aToken()
    const slow = interrupted(deps, 'core', 'read', async (call) => {
      if (call === 2) await updatePhoneNumber(deps, workspaceId, id, { accessToken })
    })
    expect(tokenOf(deps.config, await exchangeToken(slow, workspaceId, id))).toBe(accessToken)
  })
})
