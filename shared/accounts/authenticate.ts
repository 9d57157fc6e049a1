/**
 * Finds out who sends a request: a bearer access token, or a workspace's API key in `X-API-Key`. Either costs one
 * point read: the user's own document with their memberships, or the key's entry in `directory`.
 */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { IncomingRequest } from '../http/request.ts'
import type { Caller } from '../workspaces/membership.ts'
import { findSecret } from '../workspaces/secret-entries.ts'
import { verifyAccessToken } from './access-token.ts'
import { accountStore } from './store.ts'

type AuthDeps = Pick<Deps, 'config' | 'containers' | 'now'>

export function authenticator(deps: AuthDeps): (request: IncomingRequest) => Promise<Caller> {
  return async ({ headers }) => {
    const authorization = headers.get('authorization')
    if (authorization !== null) return callerOfToken(deps, authorization)
    const apiKey = headers.get('x-api-key')
    if (apiKey !== null) return callerOfApiKey(deps, apiKey)
    throw new AppError('unauthorized', 'Sign in and send the access token as "Authorization: Bearer …"')
  }
}

async function callerOfToken({ config, containers, now }: AuthDeps, authorization: string): Promise<Caller> {
  const token = bearerToken(authorization)
  if (token === undefined) throw new AppError('unauthorized', 'Send the access token as "Authorization: Bearer …"')
  const { userId } = await verifyAccessToken(config, token, now())
  const stored = await accountStore(containers).findUser(userId)
  if (!stored) throw new AppError('unauthorized', 'The account of this access token no longer exists')
  const { email, memberships } = stored.value
  return {
    userId,
    email,
    memberships: memberships
      .filter(({ status }) => status === 'active')
      .map(({ workspace_id, role }) => ({ workspaceId: workspace_id, role })),
  }
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(authorization: string): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(authorization.trim())?.[1]
}

async function callerOfApiKey({ containers }: AuthDeps, apiKey: string): Promise<Caller> {
  const workspaceId = await findSecret(containers, 'api_key', apiKey)
  if (!workspaceId) throw new AppError('unauthorized', 'This API key is not valid')
  return { userId: undefined, email: undefined, memberships: [{ workspaceId, role: 'MEMBER' }] }
}
