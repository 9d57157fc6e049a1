/** Takes archived webhook bodies in once more, as if they came now and were received then. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { archivedBodies, type ArchivedBody } from './archive.ts'
import { webhookIntake } from './intake.ts'
import { takeIn } from './take-in.ts'

const AT_ONCE = 16

/** Applying an event twice changes nothing, so everything of that time may be replayed. The number of bodies. */
export async function replayWebhooks(
  deps: Pick<Deps, 'blobs' | 'log' | 'queues'>,
  from: Date,
  to: Date,
): Promise<number> {
  let count = 0
  let bodies: ArchivedBody[] = []
  const flush = async () => {
    await Promise.all(bodies.map((archived) => takeInAgain(deps, archived)))
    count += bodies.length
    bodies = []
  }
  for await (const archived of archivedBodies(deps, from, to)) {
    bodies.push(archived)
    if (bodies.length === AT_ONCE) await flush()
  }
  await flush()
  return count
}

/** An intake of its own: an event that does not tell its time has that of its body, and not of its neighbours. */
function takeInAgain(
  deps: Pick<Deps, 'blobs' | 'log' | 'queues'>,
  { receivedAt, voice, body }: ArchivedBody,
): Promise<void> {
  const now = () => receivedAt
  return takeIn({ ...deps, now, webhookIntake: webhookIntake({ ...deps, now, sleep }) }, body, voice)
}
