/**
 * Access tokens: short-lived JWTs signed with the first of JWT_KEYS and accepted with any of them. Algorithm, type,
 * issuer and audience are pinned, so that no other token of ours or anybody's passes for one.
 */
import { SignJWT, errors, jwtVerify } from 'jose'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
const ISSUER = 'herald'
const AUDIENCE = 'herald-api'
const ACCESS_TOKEN_SECONDS = 15 * 60

export interface AccessClaims {
  userId: string
  /** The session it was issued in: what a refresh or logout with nothing but this token is about. */
  sessionId: string | undefined
}

export async function issueAccessToken(
  { jwtKeys }: Pick<Config, 'jwtKeys'>,
  userId: string,
  now: Date,
  sessionId?: string,
): Promise<string> {
  const [key] = jwtKeys
  if (!key) throw new Error('JWT_KEYS holds no key')
  const issuedAt = Math.floor(now.getTime() / 1000)
  return new SignJWT(sessionId === undefined ? {} : { sid: sessionId })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: key.id })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
    .sign(key.secret)
}

/** What a valid token says. Anything else throws `unauthorized`. */
export async function verifyAccessToken(
  { jwtKeys }: Pick<Config, 'jwtKeys'>,
  token: string,
  now: Date,
): Promise<AccessClaims> {
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = jwtKeys.find((candidate) => candidate.id === kid)
        if (!key) throw new errors.JWKSNoMatchingKey()
        return key.secret
      },
      {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'iat', 'exp'],
        currentDate: now,
      },
    )
    const { sub = '', sid } = payload
    return { userId: sub, sessionId: typeof sid === 'string' ? sid : undefined }
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error
    const words =
      error instanceof errors.JWTExpired
        ? 'The access token has expired: sign in again'
        : 'The access token is not valid'
    throw new AppError('unauthorized', words, { cause: error })
  }
}
