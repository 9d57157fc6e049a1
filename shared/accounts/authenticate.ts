/** Finds out who sends a request: a bearer access token, or a workspace's API key in `X-API-Key`. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { IncomingRequest } from '../http/request.ts'
import type { Caller } from '../workspaces/membership.ts'

export function authenticator(
  _deps: Pick<Deps, 'config' | 'containers' | 'now'>,
): (request: IncomingRequest) => Promise<Caller> {
  return () =>
    Promise.reject(new AppError('unauthorized', 'Sign in and send the access token as "Authorization: Bearer …"'))
}
