/** Makes what a signed body says durable: what can be applied in the queues, everything else where it can be looked at. */
import type { Deps } from '../deps.ts'
import { park } from './park.ts'
import { parseBody, splitBody } from './split.ts'
import { heard, type Voice } from './voice.ts'

/** Returns once nothing of the body can be lost any more. */
export async function takeIn(
  deps: Pick<Deps, 'webhookIntake' | 'blobs' | 'log' | 'now'>,
  body: Buffer,
  voice: Voice,
): Promise<void> {
  const all = splitBody(parseBody(body.toString('utf8')))
  if (!all || all.size === 0) return park(deps, 'unreadable', body)
  if (voice === 'everything') return deps.webhookIntake.take(all)
  const { kinds, unproven } = heard(all, voice)
  await Promise.all([
    deps.webhookIntake.take(kinds),
    unproven.length > 0 ? park(deps, 'unproven', JSON.stringify(unproven)) : undefined,
  ])
}
