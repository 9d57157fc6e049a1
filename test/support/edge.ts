/** Requests at the edge without stores: a caller is whoever the test says. */
import type { Deps } from '../../shared/deps.ts'
import { AppError } from '../../shared/errors.ts'
import type { Answer, Endpoint } from '../../shared/http/endpoint.ts'
import { handleRequest } from '../../shared/http/handle.ts'
import type { IncomingRequest } from '../../shared/http/request.ts'
import { createLog } from '../../shared/log.ts'
import type { Caller } from '../../shared/workspaces/membership.ts'
import { inChunks } from './webhooks.ts'

export interface Edge {
  deps: Deps
  lines: Record<string, unknown>[]
}

/** `caller` undefined: nobody is signed in. */
export function anEdge(caller?: Caller, corsOrigins: string[] = []): Edge {
  const lines: Record<string, unknown>[] = []
  const log = createLog((line) => lines.push(JSON.parse(line) as Record<string, unknown>))
  const authenticate = () =>
    caller ? Promise.resolve(caller) : Promise.reject(new AppError('unauthorized', 'Sign in first'))
  // The edge itself needs no more of them.
  const rateLimits = { admit: () => Promise.resolve({ headers: {}, refusal: undefined }) }
  return { deps: { log, authenticate, rateLimits, config: { corsOrigins } } as unknown as Deps, lines }
}

export interface RequestParts {
  method?: string
  path?: string
  params?: Record<string, string>
  query?: string
  headers?: Record<string, string>
  json?: unknown
  /** Exact text or bytes instead of `json`. */
  body?: string | Uint8Array
}

export function aRequest({
  method = 'POST',
  path = '/',
  params = {},
  query,
  headers,
  json,
  body,
}: RequestParts = {}): IncomingRequest {
  const content = body ?? (json === undefined ? undefined : JSON.stringify(json))
  return {
    method,
    path,
    params,
    query: new URLSearchParams(query),
    headers: new Headers({ ...(content === undefined ? {} : { 'content-type': 'application/json' }), ...headers }),
    body: content === undefined ? null : inChunks(Buffer.from(content), 7_000),
  }
}

export function ask(edge: Edge, endpoint: Endpoint, parts: RequestParts = {}): Promise<Answer> {
  return handleRequest(endpoint, aRequest(parts), edge.deps)
}
