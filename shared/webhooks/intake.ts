/**
 * Makes webhook events durable before Meta is answered. While one queue write is under way, the events of other
 * requests gather and share the next: alone, a request waits for nothing; under load, many share one write.
 */
import type { Deps } from '../deps.ts'
import { newUuid } from '../ids.ts'
import type { Change, EventKind } from './split.ts'

/** A queue message holds 64 KiB of base64: 48 KB of text. */
const MESSAGE_BYTES = 48_000

type IntakeDeps = Pick<Deps, 'queues' | 'blobs' | 'now'>

export interface WebhookIntake {
  /** Returns when every event is in its queue (or in a blob that a queued message names). */
  take(kinds: ReadonlyMap<EventKind, Change[]>): Promise<void>
}

interface Waiting {
  changes: Change[]
  bytes: number
  done: () => void
  failed: (error: unknown) => void
}

export function webhookIntake(deps: IntakeDeps): WebhookIntake {
  const lanes: Record<EventKind, { waiting: Waiting[]; running: boolean }> = {
    messages: { waiting: [], running: false },
    statuses: { waiting: [], running: false },
    account: { waiting: [], running: false },
  }

  async function run(kind: EventKind): Promise<void> {
    const lane = lanes[kind]
    lane.running = true
    while (lane.waiting.length > 0) {
      const batch = takeBatch(lane.waiting)
      try {
        await enqueue(
          deps,
          kind,
          batch.flatMap(({ changes }) => changes),
        )
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    lane.running = false
  }

  const put = (kind: EventKind, changes: Change[]) =>
    new Promise<void>((done, failed) => {
      lanes[kind].waiting.push({ changes, bytes: sizeOf(changes), done, failed })
      if (!lanes[kind].running) void run(kind)
    })

  return {
    async take(kinds) {
      await Promise.all([...kinds].map(([kind, changes]) => put(kind, changes)))
    },
  }
}

/** The first waiting request and as many more as fit beside it into one queue message. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  let count = 0
  let bytes = 0
  for (const { bytes: more } of waiting) {
    if (count > 0 && bytes + more > MESSAGE_BYTES - 200) break
    bytes += more
    count++
  }
  return waiting.splice(0, count)
}

async function enqueue(deps: IntakeDeps, kind: EventKind, changes: Change[]): Promise<void> {
  const received_at = deps.now().toISOString()
  const queue = `webhook-${kind}` as const
  if (sizeOf(changes) <= MESSAGE_BYTES - 200) {
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
