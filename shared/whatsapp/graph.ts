/**
 * One call to Meta's Graph API, and what is known about it afterwards. The three ways to fail are told apart, because
 * only a call that surely was not sent may be repeated blindly.
 */
import { createHmac } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { Pool, errors } from 'undici'
import * as z from 'zod'
import type { Config } from '../config.ts'

const CONNECTIONS = 640
const CONNECT_TIMEOUT_MS = 3_000
/** Longer than Meta's slowest normal answers, shorter than a block's lease (see recipients/page.ts). */
const ANSWER_TIMEOUT_MS = 10_000
/** A call is over after this, the wait for a free connection included: shorter than a block's lease (recipients/page.ts). */
const CALL_TIMEOUT_MS = 20_000

/** Meta's error object (https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). Decide by `code` only. */
export const GraphError = z.object({
  code: z.number(),
  message: z.string().default(''),
  error_subcode: z.number().optional(),
  error_data: z.union([z.object({ details: z.string().optional() }), z.string()]).optional(),
  error_user_title: z.string().optional(),
  error_user_msg: z.string().optional(),
})
export type GraphError = z.output<typeof GraphError>

export type GraphAnswer =
  | { kind: 'ok'; body: unknown }
  /** Meta answered with an error of its own: nothing was done. */
  | { kind: 'refused'; status: number; error: GraphError }
  /** The request never left, or was turned away before Meta looked at it. */
  | { kind: 'not_sent'; reason: string }
  /** Written, but no answer that tells: it may have been done. */
  | { kind: 'unknown'; reason: string }

export interface GraphRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below the version, without a leading slash: `106540000000001/messages`. */
  path: string
  /** Absent for calls that prove themselves with the app's secret in the query. */
  token?: string
  query?: Record<string, string>
  /** What else in `query` nobody may read: Meta's words are shown and stored, and may quote it. */
  secrets?: readonly string[]
  json?: unknown
  /** In the place of `json`: read while it is sent, so that it may be large. */
  upload?: { contentType: string; length: number; content: AsyncIterable<Uint8Array> }
  /** Of the whole call, for those that may take longer than usual. */
  timeoutMs?: number
}

export interface GraphClient {
  call(request: GraphRequest): Promise<GraphAnswer>
  close(): Promise<void>
}

export function graphClient(config: Config): GraphClient {
  const { graphUrl, graphVersion, appSecrets } = config.meta
  const base = new URL(graphUrl)
  const prefix = `${base.pathname.replace(/\/$/, '')}/${graphVersion}/`
  const pool = new Pool(base.origin, {
    connections: CONNECTIONS,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  })
  const proofOf = proofs(appSecrets[0] ?? '')
  return {
    async call({ method, path, token, query, secrets = [], timeoutMs, ...given }) {
      const { type, body } = bodyOf(given)
      const proof = token === undefined ? {} : { appsecret_proof: proofOf(token) }
      const search = new URLSearchParams({ ...query, ...proof })
      const deadline = deadlineAfter(timeoutMs ?? CALL_TIMEOUT_MS)
      try {
        const answer = await pool.request({
          method,
          signal: deadline.signal,
          path: `${prefix}${path}?${search.toString()}`,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...type,
          },
          ...(timeoutMs === undefined ? {} : { headersTimeout: timeoutMs }),
          ...(body === undefined ? {} : { body }),
        })
        return judge(answer.statusCode, await answer.body.text(), [...secrets, ...(token === undefined ? [] : [token])])
      } catch (error) {
        return failure(error)
      } finally {
        deadline.clear()
      }
    },
    close: () => pool.close(),
  }
}

/** Each message is a call: an AbortSignal.timeout would cost a quarter of it, and stay behind until its time is over. */
function deadlineAfter(ms: number): { signal: EventEmitter; clear: () => void } {
  const signal = new EventEmitter()
  const timer = setTimeout(() => signal.emit('abort'), ms)
  return { signal, clear: () => clearTimeout(timer) }
}

function bodyOf({ json, upload }: Pick<GraphRequest, 'json' | 'upload'>) {
  if (upload) {
    const type = { 'content-type': upload.contentType, 'content-length': String(upload.length) }
    return { type, body: Readable.from(upload.content, { objectMode: false }) }
  }
  if (json === undefined) return { type: {}, body: undefined }
  return { type: { 'content-type': 'application/json' }, body: JSON.stringify(json) }
}

function judge(status: number, text: string, secrets: readonly string[]): GraphAnswer {
  const body = parseJson(status < 300 ? text : secrets.reduce(withoutToken, text))
  if (status < 300 && body !== undefined) return { kind: 'ok', body }
  const parsed = z.object({ error: GraphError }).safeParse(body)
  if (parsed.success) return { kind: 'refused', status, error: parsed.data.error }
  // A gateway's 429 turns requests away at the door. Its other errors may stand for a request that went through.
  if (status === 429) return { kind: 'not_sent', reason: 'HTTP 429 without an error object' }
  return { kind: 'unknown', reason: `HTTP ${status} without an error object` }
}

/** Meta quotes a token that it cannot read ("Malformed access token …"), and its words are shown and stored. */
function withoutToken(text: string, token: string): string {
  // Anything this short is no token of Meta's, and could be part of any word.
  return token.length < 16 ? text : text.replaceAll(JSON.stringify(token).slice(1, -1), '[access token]')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The handshake failed, before anything was sent. */
const CERTIFICATE = /^(ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

function failure(error: unknown): GraphAnswer {
  if (!(error instanceof Error)) throw new TypeError('undici threw something that is not an Error', { cause: error })
  const code = 'code' in error ? String(error.code) : error.name
  if (error instanceof errors.ConnectTimeoutError || NEVER_CONNECTED.has(code) || CERTIFICATE.test(code))
    return { kind: 'not_sent', reason: code }
  return { kind: 'unknown', reason: code }
}

/** `appsecret_proof` for each token: required by apps with "Require app secret" on, harmless for the others. */
function proofs(appSecret: string): (token: string) => string {
  const known = new Map<string, string>()
  return (token) => {
    const proof = known.get(token) ?? createHmac('sha256', appSecret).update(token).digest('hex')
    if (known.size > 1000) known.clear()
    known.set(token, proof)
    return proof
  }
}
