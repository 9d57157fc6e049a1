/**
 * Events of five workspaces, shuffled and one in five of them twice, through the real door and queues: what is stored in
 * the end is what the model says, also when storage was stopped in the middle, and after a replay of everything.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { replayWebhooks } from '../../shared/webhooks/replay.ts'
import { seededRandom } from '../simulation/random.ts'
import { bodiesOf, madeUp, type Expected } from './events.ts'
import { aProofWorld, type ProofWorld } from './proof-world.ts'
import { sendAll, type Sending } from './sender.ts'
import { parkedText, queued, storedFor } from './stored.ts'

const WORKSPACES = 5

export interface ProofOptions {
  events: number
  seed: number
  /** Stops storage in the middle of the traffic, and starts it again. */
  outage: boolean
  maxSeconds: number
  say: (line: string) => void
}

/** What does not add up; empty if everything does. */
export async function prove({ events, seed, outage, maxSeconds, say }: ProofOptions): Promise<string[]> {
  const random = seededRandom(seed)
  const startedAt = new Date()
  const world = await aProofWorld(WORKSPACES)
  try {
    // Five in six are different ones, so that with the repetitions there are as many as wanted.
    const made = madeUp(world.tenants, Math.round(events / 1.25), random)
    const bodies = bodiesOf(made.events, random)
    say(`${made.events.length} different events and their repetitions in ${bodies.length} bodies`)
    const sending = sendAll(world.url, world.secret, bodies)
    if (outage) await interrupt(world, sending, bodies.length, say)
    await sending.done
    say(`all answered with 200, after ${sending.refused} other answers`)
    const problems = await untilEqual(world, made.expected, maxSeconds)
    if (problems.length > 0 || outage) return problems
    const again = await replayWebhooks(world.deps, startedAt, new Date(Date.now() + 1000))
    say(`${again} bodies replayed`)
    if (again < bodies.length) problems.push(`only ${again} of ${bodies.length} bodies were in the archive`)
    return [...problems, ...(await untilEqual(world, made.expected, maxSeconds))]
  } finally {
    await world.close()
  }
}

async function interrupt(world: ProofWorld, sending: Sending, bodies: number, say: ProofOptions['say']): Promise<void> {
  while (sending.taken < bodies / 3) await sleep(5)
  await world.stopStorage()
  const takenBefore = sending.taken
  while (sending.refused === 0) await sleep(50)
  say(`storage was stopped after ${takenBefore} of ${bodies} bodies, and started again after the first refusal`)
  await world.startStorage()
}

/** Waits until the queues are empty, and once more until the last of them was applied. */
async function untilEqual(world: ProofWorld, expected: Expected[], maxSeconds: number): Promise<string[]> {
  const end = Date.now() + maxSeconds * 1000
  for (;;) {
    const isEmpty = (await queued(world)) === 0
    const problems = isEmpty ? await differences(world, expected) : ['the queues are not empty']
    if (problems.length === 0 || Date.now() > end) return problems
    await sleep(500)
  }
}

async function differences(world: ProofWorld, expected: Expected[]): Promise<string[]> {
  const parked = await parkedText(world)
  const perTenant = world.tenants.map(async (tenant, at) => {
    const wanted = expected[at]
    if (!wanted) throw new RangeError('There is no such tenant')
    const stored = await storedFor(world, tenant, parked)
    return between(stored, wanted).map((problem) => `workspace ${at}: ${problem}`)
  })
  return (await Promise.all(perTenant)).flat()
}

function between(stored: Expected, wanted: Expected): string[] {
  const lost = [...wanted.odd].filter((id) => !stored.odd.has(id)).length
  const [counts, wantedCounts] = [stored.counts, wanted.counts].map((each) => JSON.stringify(each))
  return [
    ...(counts === wantedCounts ? [] : [`the counts are ${counts}, not ${wantedCounts}`]),
    ...(isDeepStrictEqual(stored.inbound, wanted.inbound)
      ? []
      : [`${stored.inbound.size} messages are stored, not the ${wanted.inbound.size} that were sent`]),
    ...(lost === 0 ? [] : [`${lost} odd events were not kept`]),
  ]
}
