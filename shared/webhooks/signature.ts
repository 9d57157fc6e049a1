/** Meta's signature of a webhook body. */
import { createHmac, timingSafeEqual } from 'node:crypto'

const PREFIX = 'sha256='

/**
 * True if `header` (X-Hub-Signature-256) signs exactly these bytes with one of the secrets. Meta signs the bytes it
 * sent: parsing and serialising again changes them, so this comes before any parsing.
 */
export function isSignedByMeta(body: Uint8Array, header: string | null, secrets: readonly string[]): boolean {
  const given = digestOf(header)
  if (!given) return false
  let matches = false
  // Every secret is tried, so that the time taken does not tell which one fits.
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest()
    if (timingSafeEqual(expected, given)) matches = true
  }
  return matches
}

/** Undefined for what cannot be a signature of anything. Meta writes small letters: each body has one header, and no other. */
export function digestOf(header: string | null): Buffer | undefined {
  if (!header?.startsWith(PREFIX)) return undefined
  const hex = header.slice(PREFIX.length)
  return /^[0-9a-f]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined
}
