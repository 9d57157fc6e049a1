/** Makes webhook events durable before Meta is answered: one queue write for each kind, shared by requests under load. */
import type { Deps } from '../deps.ts'
import { newUuid } from '../ids.ts'
import { sharedWrites } from './shared-writes.ts'
import type { Change, EventKind } from './split.ts'

/** A queue message holds 64 KiB of base64: 48 KB of text, with the little that stands around the changes. */
const CHANGES_BYTES = 47_800

type IntakeDeps = Pick<Deps, 'queues' | 'blobs' | 'now'>

export interface WebhookIntake {
  /** Returns when every event is in its queue (or in a blob that a queued message names). */
  take(kinds: ReadonlyMap<EventKind, Change[]>): Promise<void>
}

export function webhookIntake(deps: IntakeDeps): WebhookIntake {
  const lane = (kind: EventKind) => sharedWrites<Change[]>(CHANGES_BYTES, (lists) => enqueue(deps, kind, lists.flat()))
  // A kind does not wait for another.
  const lanes = { messages: lane('messages'), statuses: lane('statuses'), account: lane('account') }
  return {
    async take(kinds) {
      await Promise.all([...kinds].map(([kind, changes]) => lanes[kind](changes, sizeOf(changes))))
    },
  }
}

async function enqueue(deps: IntakeDeps, kind: EventKind, changes: Change[]): Promise<void> {
  const received_at = deps.now().toISOString()
  const queue = `webhook-${kind}` as const
  if (sizeOf(changes) <= CHANGES_BYTES) {
    await deps.queues.send(queue, { received_at, changes })
    return
  }
  const blob = `${received_at.slice(0, 10)}/${newUuid()}.json`
  await deps.blobs.put('webhook-bodies', blob, Buffer.from(JSON.stringify(changes)), 'application/json')
  await deps.queues.send(queue, { received_at, blob })
}

function sizeOf(changes: Change[]): number {
  return Buffer.byteLength(JSON.stringify(changes))
}
