/** Makes webhook events durable before Meta is answered: one queue write for each kind, shared by requests under load. */
import type { Deps } from '../deps.ts'
import { newUuid } from '../ids.ts'
import { sharedWrites } from './shared-writes.ts'
import type { Change, EventKind } from './split.ts'

/** A queue message holds 64 KiB of base64: 48 KB of text, with the little that stands around the changes. */
const CHANGES_BYTES = 47_800

/** Under load a request waits so much longer for others to share its write: a write costs more than what is in it. */
const GATHER_MS = 10

type IntakeDeps = Pick<Deps, 'queues' | 'blobs' | 'now' | 'sleep'>

export interface WebhookIntake {
  /** Returns when every event is in its queue (or in a blob that a queued message names). */
  take(kinds: ReadonlyMap<EventKind, Change[]>): Promise<void>
}

export function webhookIntake(deps: IntakeDeps): WebhookIntake {
  const lane = (kind: EventKind) =>
    sharedWrites<Change[]>(
      CHANGES_BYTES,
      (parts) => deps.queues.send(`webhook-${kind}`, { received_at: deps.now().toISOString(), changes: parts.flat() }),
      () => deps.sleep(GATHER_MS),
    )
  // A kind does not wait for another.
  const lanes = { messages: lane('messages'), statuses: lane('statuses'), account: lane('account') }
  return {
    async take(kinds) {
      await Promise.all(
        [...kinds].map(([kind, changes]) => {
          const json = Buffer.from(JSON.stringify(changes))
          return json.length > CHANGES_BYTES ? enqueueLarge(deps, kind, json) : lanes[kind](changes, json.length)
        }),
      )
    },
  }
}

/** Shares no message with others, so it waits for none of them. */
async function enqueueLarge({ queues, blobs, now }: IntakeDeps, kind: EventKind, json: Buffer): Promise<void> {
  const received_at = now().toISOString()
  const blob = `${received_at.slice(0, 10)}/${newUuid()}.json`
  await blobs.put('webhook-bodies', blob, json, 'application/json')
  await queues.send(`webhook-${kind}`, { received_at, blob })
}
