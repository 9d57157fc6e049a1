/** SHA-256 as lower-case hex: how e-mail addresses and keys are named where the plain value must not be stored. */
import { createHash } from 'node:crypto'

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
