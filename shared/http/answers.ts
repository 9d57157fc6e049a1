/** Answers that are not an endpoint's own: errors in the documented shapes, unknown routes, wrong methods, CORS. */
import type { Deps } from '../deps.ts'
import { AppError, ValidationError } from '../errors.ts'
import { newUuid } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Answer, Endpoint } from './endpoint.ts'
import type { IncomingRequest } from './request.ts'

const SAFE_REQUEST_ID = /^[\w.-]{1,64}$/

/** The caller's own request id if it is safe to log, else a new one. */
export function requestIdOf(request: IncomingRequest): string {
  const given = request.headers.get('x-request-id')
  return given !== null && SAFE_REQUEST_ID.test(given) ? given : newUuid()
}

/** Anything but an AppError is a 500 whose message stays in the log. */
export function errorAnswer(error: unknown, requestId: string, log: Log): Answer {
  if (error instanceof ValidationError) return { status: 422, body: { detail: error.problems } }
  if (!(error instanceof AppError)) {
    log.error('http.failed', { error })
    return {
      status: 500,
      body: { detail: 'Something went wrong on our side', code: 'internal', request_id: requestId },
    }
  }
  if (isFailure(error)) log.error('http.failed', { error })
  const challenge = error.status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  return {
    status: error.status,
    body: { detail: error.message, code: error.code, request_id: requestId, ...error.details },
    headers: { ...challenge, ...error.headers },
  }
}

/** Anybody can ask for what is not set up here: that must not wake whoever watches for failures. */
function isFailure({ status }: AppError): boolean {
  return status >= 500 && status !== 501
}

/** What no route takes: CORS preflight, 405 with `Allow` where the path is known, else 404. */
export function fallbackAnswer(endpoints: readonly Endpoint[], request: IncomingRequest, deps: Deps): Answer {
  const requestId = requestIdOf(request)
  const methods = endpoints.filter((candidate) => pathMatches(candidate.path, request.path)).map(({ method }) => method)
  const allow = [...new Set(methods), 'OPTIONS'].join(', ')
  const headers = { 'x-request-id': requestId, ...(methods.length > 0 ? { allow } : {}) }
  if (request.method === 'OPTIONS' && methods.length > 0) {
    return { status: 204, headers: { ...headers, ...preflightHeaders(request, deps, allow) } }
  }
  const error =
    methods.length > 0
      ? new AppError('method_not_allowed', `${request.method} is not possible here; use ${allow}`)
      : new AppError('not_found', 'There is no such path')
  return { ...errorAnswer(error, requestId, deps.log), headers }
}

/** `Access-Control-Allow-Origin` for the origins that CORS_ORIGINS names. */
export function corsHeaders(request: IncomingRequest, deps: Pick<Deps, 'config'>): Record<string, string> {
  if (deps.config.corsOrigins.length === 0) return {}
  const origin = request.headers.get('origin')
  // Told to everybody: a cache must not give one origin's answer to another.
  if (origin === null || !deps.config.corsOrigins.includes(origin)) return { vary: 'Origin' }
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers':
      'x-request-id, retry-after, idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset',
    vary: 'Origin',
  }
}

function preflightHeaders(request: IncomingRequest, deps: Pick<Deps, 'config'>, allow: string): Record<string, string> {
  const cors = corsHeaders(request, deps)
  if (!('access-control-allow-origin' in cors)) return {}
  return {
    'access-control-allow-methods': allow,
    'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-api-key, x-request-id',
    'access-control-max-age': '600',
  }
}

/** As the host's router: any letter case, one slash at the end, and a parameter is never empty. */
function pathMatches(template: string, path: string): boolean {
  const wanted = template.toLowerCase().split('/')
  const given = path.toLowerCase().replace(/^\//, '').replace(/\/$/, '').split('/')
  if (wanted.length !== given.length) return false
  return wanted.every((part, index) => (part.startsWith('{') ? given[index] !== '' : part === given[index]))
}
