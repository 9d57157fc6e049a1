import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { warnOfExpiry } from '../../../shared/phone-numbers/warn-of-expiry.ts'
import { deletePhoneNumber } from '../../../shared/phone-numbers/delete.ts'
import { aMetaWorld, aTenant, connectNumber, type MetaWorld } from '../../support/tenants.ts'

const HOUR_MS = 3_600_000

let meta: MetaWorld
beforeAll(async () => {
  meta = await aMetaWorld()
})
beforeEach(() => meta.world.lines.splice(0))
afterAll(() => meta.close())

const later = (ms: number) => ({ ...meta.deps, now: () => new Date(Date.now() + ms) })

it('names a number a week before its token ends, in every workspace, until it is gone', async () => {
  const made = await meta.control('POST', 'tokens', { expires_in: 30 * 24 * 3600 })
  const { id: workspaceId } = await aTenant(meta.world)
  const number = await connectNumber(meta, workspaceId, { accessToken: String(made['access_token']) })
  expect(await warnOfExpiry(meta.deps)).toBe(0)
  expect(await warnOfExpiry(later(22 * 24 * HOUR_MS))).toBe(0)

  expect(await warnOfExpiry(later(24 * 24 * HOUR_MS))).toBe(1)
  const told = meta.world.lines.filter(({ event }) => event === 'phone_number.token_expires')
  expect(told).toMatchObject([{ level: 'warn', workspace_id: workspaceId, phone_number_id: number.id }])
  expect(told[0]).toMatchObject({ expires_at: number.token_expires_at })
  expect(await warnOfExpiry(later(40 * 24 * HOUR_MS))).toBe(1)

  await deletePhoneNumber(meta.deps, workspaceId, number.id)
  expect(await warnOfExpiry(later(40 * 24 * HOUR_MS))).toBe(0)
})

it('says nothing about a token that never ends', async () => {
  const { id: workspaceId } = await aTenant(meta.world)
  const number = await connectNumber(meta, workspaceId)
  expect(number.token_expires_at).toBeNull()
  expect(await warnOfExpiry(later(1000 * 24 * HOUR_MS))).toBe(0)
})
