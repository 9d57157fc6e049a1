/** Sends webhook bodies as Meta does: several at once, and each again until it was answered with 200. */
import { setTimeout as sleep } from 'node:timers/promises'
import { signatureOf } from '../support/webhooks.ts'

const AT_ONCE = 16
const AGAIN_AFTER_MS = 300
const PATIENCE_MS = 15_000

export interface Sent {
  /** Bodies answered with 200. */
  taken: number
  /** Answers other than 200, and none at all. */
  refused: number
}

export interface Sending extends Sent {
  done: Promise<void>
}

export function sendAll(url: string, secret: string, bodies: readonly string[]): Sending {
  const waiting = [...bodies]
  const sending: Sending = { taken: 0, refused: 0, done: Promise.resolve() }
  const work = async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      while (!(await isTaken(url, secret, body))) {
        sending.refused++
        await sleep(AGAIN_AFTER_MS)
      }
      sending.taken++
    }
  }
  sending.done = Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => undefined)
  return sending
}

async function isTaken(url: string, secret: string, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, secret) }
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const answer = await fetch(`${url}/webhook`, { method: 'POST', body, headers, signal })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}
