import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { SignJWT, UnsecuredJWT, decodeProtectedHeader } from 'jose'
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

const HEADER = { alg: 'HS256', typ: 'at+jwt', kid: 'current' }
const CLAIMS = { iss: 'herald', aud: 'herald-api', sub: userId, iat: seconds(now), exp: seconds(now) + 60 }

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

/** Signed by hand: the library would refuse to make most of these. */
function signed(header: object, claims: object, secret: Buffer = current.secret): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
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

  it('is accepted with either of two keys while they are rotated, and signed with the first', async () => {
    const [before, after] = [{ jwtKeys: [old, current] }, { jwtKeys: [current, old] }]
    for (const signer of [before, after]) {
      const token = await issueAccessToken(signer, userId, now)
      for (const keysOfAnInstance of [before, after]) {
        expect(await verifyAccessToken(keysOfAnInstance, token, now)).toMatchObject({ userId })
      }
      const { kid } = decodeProtectedHeader(token)
      expect(kid).toBe(signer.jwtKeys[0]?.id)
    }
  })

  it('names the session it was issued in', async () => {
    const sessionId = newUuid()
    const token = await issueAccessToken(keys, userId, now, sessionId)
    expect(await verifyAccessToken(keys, token, now)).toEqual({ userId, sessionId })
    expect((await verifyAccessToken(keys, await issueAccessToken(keys, userId, now), now)).sessionId).toBeUndefined()
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

  it.each<[string, Record<string, unknown>]>([
    ['that begins later', { nbf: seconds(now) + 30 }],
    ['that has expired', { exp: seconds(now) - 1 }],
    ['that expires this second', { exp: seconds(now) }],
    ['without an expiry', { exp: undefined }],
    ['without a moment of issue', { iat: undefined }],
    ['without a user', { sub: undefined }],
    ['for several audiences, not ours', { aud: ['other', 'another'] }],
    ['without an issuer', { iss: undefined }],
    ['without an audience', { aud: undefined }],
    ['with an expiry that is no number', { exp: '9999999999' }],
  ])('%s is refused', async (_what, claims) => {
    await expect(verifyAccessToken(keys, signed(HEADER, { ...CLAIMS, ...claims }), now)).rejects.toMatchObject(refusal)
    expect(await verifyAccessToken(keys, signed(HEADER, CLAIMS), now)).toMatchObject({ userId })
  })

  it.each<[string, Record<string, unknown>]>([
    ['no algorithm', { alg: 'none' }],
    ['an algorithm in other letters', { alg: 'hs256' }],
    ['no key id', { kid: undefined }],
    ['no type', { typ: undefined }],
    ['the type of an ID token', { typ: 'JWT' }],
    ['a demand nobody knows', { crit: ['exp2'], exp2: 1 }],
    ['a demand for an unencoded payload', { crit: ['b64'], b64: false }],
    ['a key of its own', { kid: 'own', jwk: { kty: 'oct', k: current.secret.toString('base64url') } }],
    ['a key id that is a path', { kid: '../../dev/null' }],
  ])('whose header has %s is refused', async (_what, header) => {
    const token = signed({ ...HEADER, ...header }, CLAIMS)
    await expect(verifyAccessToken(keys, token, now)).rejects.toMatchObject(refusal)
  })

  it('signed with a private key, or with ours as if it were a public one, is refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const asymmetric = await new SignJWT(CLAIMS).setProtectedHeader({ ...HEADER, alg: 'RS256' }).sign(privateKey)
    const published = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const confused = signed(HEADER, CLAIMS, Buffer.from(published))
    for (const token of [asymmetric, confused, signed({ ...HEADER, alg: 'RS256' }, CLAIMS)]) {
      await expect(verifyAccessToken(keys, token, now)).rejects.toMatchObject(refusal)
    }
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
