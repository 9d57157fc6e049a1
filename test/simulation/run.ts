/** Plays one seed from the first request to rest, and says what went wrong, if anything did. */
import { sweepCampaigns } from '../../shared/campaigns/sweep.ts'
import { campaignDocument } from './look.ts'
import { createPerson, type Person } from './person.ts'
import { checkRest } from './rest.ts'
import { phoneOf, setUp } from './setup.ts'
import { Violation } from './watch.ts'
import { createWorld, judge, type SimulatedWorld } from './world.ts'

export interface Played {
  seed: number
  failure: Error | undefined
  /** The last lines of what happened. */
  trace: string[]
  steps: number
  sends: number
  /** Tells whether two runs went the same way. */
  print: number
}

export interface PlayOptions {
  onTrace?: ((line: string) => void) | undefined
}

const KEPT_LINES = 60
const MOST_STEPS = 400_000
const SWEEP_MS = 60_000
/** A campaign that has not come to rest so long after everything works again is stuck. */
const LONGEST_UNREST_MS = 8 * 24 * 3600_000

export async function play(seed: number, { onTrace }: PlayOptions = {}): Promise<Played> {
  const trace: string[] = []
  let print = 0
  const world = createWorld(seed, (line) => {
    trace.push(line)
    if (trace.length > 2 * KEPT_LINES) trace.splice(0, KEPT_LINES)
    for (let at = 0; at < line.length; at++) print = (Math.imul(print, 31) + line.charCodeAt(at)) | 0
    onTrace?.(line)
  })
  let steps = 0
  try {
    const campaigns = await setUp(world)
    const story = createStory(world, campaigns)
    while (!world.failure() && (await world.scheduler.step())) {
      if (++steps > MOST_STEPS) throw new Violation('the simulation never comes to rest')
    }
    if (!world.failure()) for (const id of campaigns) checkRest(world, id, story.mustBeThere)
  } catch (error) {
    world.fail(error)
  }
  world.close()
  return { seed, failure: world.failure(), trace: trace.slice(-KEPT_LINES), steps, sends: world.watch.sends(), print }
}

interface Story {
  /** Contacts that are opted in from beginning to end. */
  mustBeThere: Set<string>
}

function createStory(world: SimulatedWorld, campaigns: string[]): Story {
  const { scheduler, random, chaos } = world
  const person = createPerson(world)
  const mustBeThere = optedInFromTheStart(world)
  for (const id of campaigns) tellCampaign(world, person, id)
  for (let count = random.between(0, 6); count > 0; count--) {
    const index = random.between(0, chaos().recipients - 1)
    mustBeThere.delete(phoneOf(index).e164)
    const at = random.between(0, Math.min(40_000, chaos().healsAfterMs))
    scheduler.after(at, () => (random.chance(0.8) ? person.optOut(index) : person.optIn(index)))
  }
  if (random.chance(0.3)) scheduler.after(random.between(0, 20_000), () => person.create(chaos().recipients))
  const startMs = scheduler.now()
  scheduler.after(chaos().healsAfterMs, () => {
    world.heal()
    for (const id of campaigns) lookAfter(world, person, id)
  })
  scheduler.after(SWEEP_MS, () => sweep(world, campaigns, startMs + chaos().healsAfterMs))
  return { mustBeThere }
}

function optedInFromTheStart({ documents }: SimulatedWorld): Set<string> {
  const { items } = documents.containers.contacts
  const found = [...items.each(`SELECT body FROM ${items.name}`, [])].map(
    ({ body }) => JSON.parse(String(body)) as { opted_in: boolean; phone_number: string },
  )
  return new Set(found.filter(({ opted_in }) => opted_in).map(({ phone_number }) => phone_number))
}

/** Starts a campaign, perhaps twice at once, and then meddles with it. */
function tellCampaign({ scheduler, random, chaos }: SimulatedWorld, person: Person, id: string): void {
  const first = random.between(0, 5_000)
  scheduler.after(first, () => person.execute(id))
  if (random.chance(0.3)) scheduler.after(first + random.between(0, 50), () => person.execute(id))
  let at = first
  for (let count = random.between(0, 6); count > 0; count--) {
    at += random.chance(0.7) ? random.between(200, 10_000) : random.between(0, chaos().healsAfterMs)
    const draw = random.next()
    // Whoever looks after it then would not see what is asked later.
    if (at >= chaos().healsAfterMs) return
    scheduler.after(at, () => {
      if (draw < 0.4) person.pause(id)
      else if (draw < 0.8) person.execute(id)
      else if (draw < 0.88) person.cancel(id)
      else person.retry(id, draw < 0.94 ? ['failed'] : ['failed', 'uncertain'])
    })
  }
}

const LOOKS_EVERY_MS = 30_000
const ASKS_AGAIN_AFTER_MS = 700_000

/** Once everything works, a person goes on until the campaign is over, and may then ask for what is uncertain. */
function lookAfter(world: SimulatedWorld, person: Person, id: string): void {
  const { scheduler, random } = world
  for (const { queue, text } of world.queues.takePoison()) {
    // An operator hands back the events; what the engine itself queued must not be needed.
    if (queue === 'webhook-statuses') world.queues.put(queue, JSON.parse(text), 0)
  }
  const { status } = campaignDocument(world, id)
  if (status === 'CANCELLED') return
  if (status === 'COMPLETED') {
    if (random.chance(0.5)) return
    scheduler.after(ASKS_AGAIN_AFTER_MS, () => {
      person.retry(id, ['failed', 'uncertain'])
      scheduler.after(LOOKS_EVERY_MS, () => lookAfter(world, person, id))
    })
    return
  }
  if (status !== 'SENDING') person.execute(id)
  scheduler.after(LOOKS_EVERY_MS, () => lookAfter(world, person, id))
}

/** The timer of one host. It rings for as long as there may be something to do. */
function sweep(world: SimulatedWorld, campaigns: string[], healsAtMs: number): void {
  const { scheduler } = world
  const isInMotion = campaigns.some((id) => campaignDocument(world, id).in_motion)
  const isLate = scheduler.now() > healsAtMs + 1_800_000
  if (isLate && !isInMotion) return
  if (scheduler.now() > healsAtMs + LONGEST_UNREST_MS) {
    world.fail(new Violation('3: a campaign stays in motion for days though everything works'))
    return
  }
  const taken = world.consumer()
  if (taken) sweepCampaigns(taken.deps).catch((error: unknown) => judge(error, world.fail))
  scheduler.after(SWEEP_MS, () => sweep(world, campaigns, healsAtMs))
}
