/** Calls an endpoint as the edge does, without a host in between. */
import type { Answer, Cookie, Endpoint } from '../../shared/http/endpoint.ts'
import { handleRequest } from '../../shared/http/handle.ts'
import type { World } from './world.ts'

export interface CallOptions {
  params?: Record<string, string>
  query?: Record<string, string>
  json?: unknown
  /** Exact bytes instead of `json`. */
  bytes?: Uint8Array
  headers?: Record<string, string>
  token?: string
}

export interface CallAnswer {
  status: number
  // Tests read answers as a client would: untyped JSON.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
  headers: Record<string, string>
  cookies: Cookie[]
}

export async function callEndpoint(world: World, endpoint: Endpoint, options: CallOptions = {}): Promise<CallAnswer> {
  const bytes = options.bytes ?? (options.json === undefined ? undefined : Buffer.from(JSON.stringify(options.json)))
  const headers = new Headers({
    ...(options.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    ...options.headers,
  })
  const answer = await handleRequest(
    endpoint,
    {
      method: endpoint.method,
      path: `/${endpoint.path}`,
      query: new URLSearchParams(options.query),
      headers,
      params: options.params ?? {},
      body: bytes === undefined ? null : once(bytes),
    },
    world.deps,
  )
  return received(answer)
}

/** As the client gets it: through JSON. */
function received({ status, body, text, headers = {}, cookies = [] }: Answer): CallAnswer {
  const sent: unknown = body === undefined ? text : JSON.parse(JSON.stringify(body))
  return { status, body: sent, headers, cookies }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
