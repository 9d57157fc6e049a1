/** Bounded retries for storage calls that failed without an answer, or with one that says "again". */
import { setTimeout as sleep } from 'node:timers/promises'

const ATTEMPTS = 5
const FIRST_DELAY_MS = 50
const TRANSIENT_STATUS = new Set([408, 429, 449, 500, 502, 503, 504])
const TRANSIENT_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'TimeoutError',
  'REQUEST_SEND_ERROR',
])

/** HTTP status of a storage error: `code` in Cosmos, `statusCode` in the storage SDKs. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('statusCode' in error && typeof error.statusCode === 'number') return error.statusCode
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined
}

/** True for failures after which the call may or may not have been applied, and for refusals that pass. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error)
  if (status !== undefined) return TRANSIENT_STATUS.has(status)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return TRANSIENT_CODES.has(code) || TRANSIENT_CODES.has(error.name) || isTransient(error.cause)
}

/**
 * Repeats `work` while it fails transiently. A write that is repeated may meet its own first attempt: whoever uses this
 * for a write must be able to recognise that.
 */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt + 1 >= ATTEMPTS || !isTransient(error)) throw error
      await sleep(FIRST_DELAY_MS * 2 ** attempt * (0.5 + Math.random()))
    }
  }
}
