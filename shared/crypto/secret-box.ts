/**
 * Secrets at rest: AES-256-GCM, bound to the row they belong to. `context` names that row (see the callers); a box that
 * was copied into another row, or changed in any bit, does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SETTING_KEY, type Keyring } from './keyring.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `v1.<body>` is sealed with TOKEN_ENCRYPTION_KEY, `v2.<key id>.<body>` with the data key of that id. */
export function seal(keys: Keyring, plain: string, context: string): string {
  const { id, key } = keys.current()
  const body = sealBytes(key, Buffer.from(plain, 'utf8'), context).toString('base64url')
  return id === SETTING_KEY ? `v1.${body}` : `v2.${id}.${body}`
}

/** Throws if the box was sealed for another row or is damaged, and `storage_unavailable` if its key is not here. */
export function open(keys: Keyring, sealed: string, context: string): string {
  const { keyId, body } = partsOf(sealed)
  return openBytes(keys.find(keyId), Buffer.from(body, 'base64url'), context).toString('utf8')
}

function partsOf(sealed: string): { keyId: string; body: string } {
  const [version, first = '', second = ''] = sealed.split('.')
  if (version === 'v1') return { keyId: SETTING_KEY, body: first }
  if (version === 'v2') return { keyId: first, body: second }
  throw notABox()
}

/** As `seal`, for what is stored as bytes and not for long: the box does not name its key, whoever keeps it does. */
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
