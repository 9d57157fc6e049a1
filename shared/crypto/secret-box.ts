/**
 * Secrets at rest: AES-256-GCM, bound to the row they belong to. `context` names that row (see the callers); a box that
 * was copied into another row, or changed in any bit, does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Names algorithm and key, so that a later key or algorithm can be told apart. */
const VERSION = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function seal(key: Buffer, plain: string, context: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context, 'utf8'))
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return `${VERSION}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`
}

/** Throws if the box was sealed with another key or for another row, or is damaged. */
export function open(key: Buffer, sealed: string, context: string): string {
  const [version, text = ''] = sealed.split('.')
  const bytes = Buffer.from(text, 'base64url')
  if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('This is not a sealed secret')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context, 'utf8'))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  return plain.toString('utf8')
}
