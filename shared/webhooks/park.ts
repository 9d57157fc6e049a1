/** Keeps what Herald cannot use for inspection, instead of dropping it or blocking what came with it. */
import { createHash } from 'node:crypto'
import type { Deps } from '../deps.ts'

/** The same content parked twice is kept once. */
export async function park(
  { blobs, log, now }: Pick<Deps, 'blobs' | 'log' | 'now'>,
  reason: string,
  content: string | Buffer,
): Promise<void> {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 32)
  const name = `${now().toISOString().slice(0, 10)}/${reason}/${digest}.json`
  await blobs.put('webhook-parked', name, Buffer.from(content), 'application/json')
  log.warn('webhook.parked', { reason, blob: name })
}
