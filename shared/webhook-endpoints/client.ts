/**
 * One POST to an endpoint: to an address that was judged a moment ago, within bounds of time, without following
 * redirects and without reading what is answered. 2xx means delivered.
 */
import type { LookupFunction } from 'node:net'
import type { Config } from '../config.ts'
import { targetFinder, type TargetAddress } from './target.ts'

/** From the first look at the URL to the status line of the answer. */
const ATTEMPT_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 5_000
const MOST_HEADER_BYTES = 16 * 1024

/** `reason` is for the endpoint's owner, and holds nothing that was answered. */
export type Attempt =
  { kind: 'delivered'; statusCode: number } | { kind: 'failed'; statusCode: number | null; reason: string }

export interface EndpointClient {
  /** Why nothing would be sent to this URL, as far as can be told without a request; undefined if it would. */
  problemOf(url: string): Promise<string | undefined>
  post(url: string, headers: Record<string, string>, body: string): Promise<Attempt>
}

export interface ClientOptions {
  /** Others than the machine's own, as `address:port`. */
  dnsServers?: readonly string[]
  timeoutMs?: number
}

export function endpointClient(config: Pick<Config, 'webhooks'>, options: ClientOptions = {}): EndpointClient {
  const find = targetFinder(config, options.dnsServers)
  const timeoutMs = options.timeoutMs ?? ATTEMPT_TIMEOUT_MS
  return {
    async problemOf(url) {
      const target = await find(url)
      return 'problem' in target ? target.problem : undefined
    },
    async post(url, headers, body) {
      const startedAt = performance.now()
      const target = await find(url)
      if ('problem' in target) return failed(null, target.problem)
      const leftMs = Math.ceil(timeoutMs - (performance.now() - startedAt))
      try {
        return await postTo(target, { headers, body, timeoutMs: Math.max(1, leftMs) })
      } catch (error) {
        return failed(null, reasonOf(error, timeoutMs))
      }
    },
  }
}

interface Post {
  headers: Record<string, string>
  body: string
  timeoutMs: number
}

async function postTo({ url, addresses }: { url: URL; addresses: TargetAddress[] }, post: Post): Promise<Attempt> {
  // Loaded with the first delivery: no cold start waits for it.
  const { Agent, request } = await import('undici')
  // For this attempt alone: a connection that is kept would outlive the judgement of its address.
  const agent = new Agent({
    connect: { lookup: always(addresses), timeout: CONNECT_TIMEOUT_MS },
    allowH2: false,
    maxHeaderSize: MOST_HEADER_BYTES,
  })
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Herald-Webhooks', ...post.headers },
      body: post.body,
      signal: AbortSignal.timeout(post.timeoutMs),
    })
    // Nobody reads it; destroying the agent ends it.
    body.on('error', () => undefined)
    if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered', statusCode }
    return failed(statusCode, `Answered ${statusCode}${isRedirect(statusCode) ? ': redirects are not followed' : ''}`)
  } finally {
    await agent.destroy()
  }
}

/** Node asks for one address or for all. An address in the URL itself is not looked up at all. */
function always(addresses: TargetAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first = { address: '', family: 4 }] = addresses
    if (all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
}

function isRedirect(statusCode: number): boolean {
  return statusCode >= 300 && statusCode < 400
}

function failed(statusCode: number | null, reason: string): Attempt {
  return { kind: 'failed', statusCode, reason }
}

const CERTIFICATE = /^(ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/
const WORDS: Record<string, string> = {
  ECONNREFUSED: 'The connection was refused',
  ECONNRESET: 'The connection was closed before an answer',
  UND_ERR_SOCKET: 'The connection was closed before an answer',
  UND_ERR_CONNECT_TIMEOUT: `No connection within ${CONNECT_TIMEOUT_MS / 1000} seconds`,
  EHOSTUNREACH: 'The host cannot be reached',
  ENETUNREACH: 'The host cannot be reached',
}

/** Never an error's own message: it may quote what was answered. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) throw new TypeError('undici threw something that is not an Error', { cause: error })
  if (error.name === 'TimeoutError') return `No answer within ${timeoutMs / 1000} seconds`
  const code = 'code' in error ? String(error.code) : error.name
  if (CERTIFICATE.test(code)) return `The certificate is not trusted (${code})`
  return WORDS[code] ?? `No answer that could be understood (${code})`
}
