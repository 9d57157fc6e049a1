/**
 * Signatures as Standard Webhooks has them. The key is the workspace's webhook secret as text: the bytes of the UUID in
 * small letters with its dashes, 36 of them.
 */
import { createHmac } from 'node:crypto'

export interface Signed {
  /** The event's id: the same in every attempt and repetition. */
  id: string
  /** Unix seconds. */
  timestamp: number
  body: string
}

export function signatureHeaders(secret: string, signed: Signed): Record<string, string> {
  return {
    'webhook-id': signed.id,
    'webhook-timestamp': String(signed.timestamp),
    'webhook-signature': `v1,${signatureOf(secret, signed)}`,
  }
}

function signatureOf(secret: string, { id, timestamp, body }: Signed): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(`${id}.${timestamp}.${body}`).digest('base64')
}
