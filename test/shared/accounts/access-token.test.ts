import { randomBytes } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { issueAccessToken, verifyAccessToken } from '../../../shared/accounts/access-token.ts'
import { newUuid } from '../../../shared/ids.ts'

const old = { id: 'old', secret: randomBytes(32) }
const current = { id: 'current', secret: randomBytes(32) }
const keys = { jwtKeys: [current, old] }
const now = new Date('2026-05-01T12:00:00Z')
const userId = newUuid()
const refusal = { code: 'unauthorized' }

function minutesLater(minutes: number): Date {
  return new Date(now.getTime() + minutes * 60_000)
}

interface Parts {
  alg?: string
  typ?: string
  kid?: string
  issuer?: string
  audience?: string
  secret?: Buffer
}

function forged({ alg = 'HS256', typ = 'at+jwt', kid = 'current', ...rest }: Parts): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg, typ, kid })
    .setIssuer(rest.issuer ?? 'herald')
    .setAudience(rest.audience ?? 'herald-api')
    .setSubject(userId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(rest.secret ?? current.secret)
}

describe('an access token', () => {
  it('names its user for fifteen minutes', async () => {
    const token = await issueAccessToken(keys, userId, now)
    expect(await verifyAccessToken(keys, token, minutesLater(14))).toMatchObject({ userId })
    await expect(verifyAccessToken(keys, token, minutesLater(16))).rejects.toMatchObject(refusal)
  })

  it('is still accepted after its key was rotated to second place, and no longer when the key is gone', async () => {
    const token = await issueAccessToken({ jwtKeys: [old] }, userId, now)
    expect(await verifyAccessToken(keys, token, now)).toMatchObject({ userId })
    await expect(verifyAccessToken({ jwtKeys: [current] }, token, now)).rejects.toMatchObject(refusal)
  })

  it('that is well made by the same rules passes', async () => {
    expect(await verifyAccessToken(keys, await forged({}), now)).toMatchObject({ userId })
  })

  it.each<[string, Parts]>([
    ['another algorithm', { alg: 'HS512', secret: randomBytes(64) }],
    ['another algorithm with our key', { alg: 'HS384', secret: Buffer.concat([current.secret, current.secret]) }],
    ['another type', { typ: 'JWT' }],
    ['an unknown key id', { kid: 'stolen' }],
    ['the wrong key for its id', { kid: 'old' }],
    ['another issuer', { issuer: 'somebody' }],
    ['another audience', { audience: 'refresh' }],
  ])('with %s is refused', async (_what, parts) => {
    await expect(verifyAccessToken(keys, await forged(parts), now)).rejects.toMatchObject(refusal)
  })

  it('without a signature, cut short or made up is refused', async () => {
    const whole = await issueAccessToken(keys, userId, now)
    const [header = '', payload = ''] = whole.split('.')
    const unsigned = new UnsecuredJWT({}).setSubject(userId).setIssuer('herald').setAudience('herald-api').encode()
    for (const token of [unsigned, `${header}.${payload}.`, whole.slice(0, -2), 'nonsense', 'a.b.c', '']) {
      await expect(verifyAccessToken(keys, token, now)).rejects.toMatchObject(refusal)
    }
  })
})
