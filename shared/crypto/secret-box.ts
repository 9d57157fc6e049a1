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
  return `${VERSION}.${sealBytes(key, Buffer.from(plain, 'utf8'), context).toString('base64url')}`
}

/** Throws if the box was sealed with another key or for another row, or is damaged. */
export function open(key: Buffer, sealed: string, context: string): string {
  const [version, text = ''] = sealed.split('.')
  if (version !== VERSION) throw notABox()
  return openBytes(key, Buffer.from(text, 'base64url'), context).toString('utf8')
}

/** As `seal`, for what is stored as bytes and not for long: the box does not name its key. */
export function sealBytes(key: Buffer, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context, 'utf8'))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

export function openBytes(key: Buffer, bytes: Buffer, context: string): Buffer {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw notABox()
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context, 'utf8'))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

function notABox(): Error {
  return new Error('This is not a sealed secret')
}
