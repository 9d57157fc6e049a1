/** One signed POST to a webhook receiver over kept-alive connections. */
import { Pool } from 'undici'
import { isObject } from './json.ts'
import { signatureOf } from './wire.ts'

// Opened only as needed: how many are in use is bounded by the outbox, whose bound can change while it runs.
const mostConnections = 256

export type Delivery = {
  appSecret: string
  pools: Map<string, Pool>
  close(): Promise<void>
}

export function aDelivery(appSecret: string): Delivery {
  const pools = new Map<string, Pool>()
  return {
    appSecret,
    pools,
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

/** The status of the answer, or the name of what prevented one. */
export async function deliver(
  delivery: Delivery,
  url: string,
  body: string,
  timeoutMs: number,
): Promise<number | string> {
  try {
    const { status } = await post(delivery, url, body, { timeoutMs })
    return status
  } catch (error) {
    return isObject(error) && typeof error['code'] === 'string' ? error['code'] : 'failed'
  }
}

/** As `deliver`, with the receiver's answer and, where a test wants it so, another signature. */
export async function post(
  delivery: Delivery,
  url: string,
  body: string,
  { timeoutMs, signature }: { timeoutMs: number; signature?: string | null },
): Promise<{ status: number; text: string }> {
  const { origin, pathname, search } = new URL(url)
  const signed = signature === undefined ? signatureOf(delivery.appSecret, body) : signature
  const answer = await poolOf(delivery, origin).request({
    path: pathname + search,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: '*/*',
      'user-agent': 'facebookexternalua',
      ...(signed !== null && { 'x-hub-signature-256': signed }),
    },
    body,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return { status: answer.statusCode, text: await answer.body.text() }
}

function poolOf(delivery: Delivery, origin: string): Pool {
  const known = delivery.pools.get(origin)
  if (known) return known
  const pool = new Pool(origin, { connections: mostConnections, connect: { timeout: 5000 } })
  delivery.pools.set(origin, pool)
  return pool
}
