/** Makes what a signed body says durable: what can be applied in the queues, everything else where it can be looked at. */
import type { Deps } from '../deps.ts'
import { park } from './park.ts'
import { parseBody, splitBody, type Change, type EventKind } from './split.ts'
import { heard, type Voice } from './voice.ts'

type TakeDeps = Pick<Deps, 'webhookIntake' | 'blobs' | 'log' | 'now'>

/** Returns once nothing of the body can be lost any more. */
export async function takeIn(deps: TakeDeps, body: Buffer, voice: Voice): Promise<void> {
  const all = splitBody(parseBody(body.toString('utf8')))
  if (!all || all.size === 0) return park(deps, 'unreadable', body)
  try {
    await takeAll(deps, all, voice)
  } catch (error) {
    // JSON that is nested deeper than it can be written again (thousands of levels). Sent again, it would fail again.
    if (!(error instanceof RangeError)) throw error
    await park(deps, 'unreadable', body)
  }
}

async function takeAll(deps: TakeDeps, all: Map<EventKind, Change[]>, voice: Voice): Promise<void> {
  if (voice === 'everything') return deps.webhookIntake.take(all)
  const { kinds, unproven } = heard(all, voice)
  await Promise.all([
    deps.webhookIntake.take(kinds),
    unproven.length > 0 ? park(deps, 'unproven', JSON.stringify(unproven)) : undefined,
  ])
}
