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

/** What one body says of a kind, and the same as it is stored: a large one is written out once only. */
interface Part {
  changes: Change[]
  json: Buffer
}

export function webhookIntake(deps: IntakeDeps): WebhookIntake {
  const lane = (kind: EventKind) => sharedWrites<Part>(CHANGES_BYTES, (parts) => enqueue(deps, kind, parts))
  // A kind does not wait for another.
  const lanes = { messages: lane('messages'), statuses: lane('statuses'), account: lane('account') }
  return {
    async take(kinds) {
      await Promise.all(
        [...kinds].map(([kind, changes]) => {
          const json = Buffer.from(JSON.stringify(changes))
          return lanes[kind]({ changes, json }, json.length)
        }),
      )
    },
  }
}

/** Parts that fit into one message, or one that does not. */
async function enqueue(deps: IntakeDeps, kind: EventKind, parts: Part[]): Promise<void> {
  const received_at = deps.now().toISOString()
  const queue = `webhook-${kind}` as const
  const large = parts.find(({ json }) => json.length > CHANGES_BYTES)
  if (!large) {
    await deps.queues.send(queue, { received_at, changes: parts.flatMap(({ changes }) => changes) })
    return
  }
  const blob = `${received_at.slice(0, 10)}/${newUuid()}.json`
  await deps.blobs.put('webhook-bodies', blob, large.json, 'application/json')
  await deps.queues.send(queue, { received_at, blob })
}
