/** The budgets of a campaign's costs and times, and the figures beside them. */
import type { SendFloor } from './floor.ts'
import type { Counted, Sent } from './send.ts'

/** One size with one number of hosts. */
export interface Measured {
  hosts: number
  recipients: number
  /** One campaign through one number, which sets its pace. */
  single: Sent
  /** The same contacts in campaigns through several numbers at once, so that nothing waits for a pace. */
  several: Sent
  /** With one status in each webhook, and with more. */
  statuses: StatusRun[]
  /** The fastest. */
  floor: SendFloor
  /** Campaign time ÷ the time of the floors measured right after: of the one campaign, and of all runs of several. */
  ratios: { single: number; several: number }
}

export interface StatusRun {
  perPost: number
  counted: Counted
  floorSeconds: number
}

export interface Verdict {
  what: string
  figure: number
  budget: number
  isMost: boolean
}

const ALLOWED_PER_SECOND = 1000
/** With fewer recipients the conductor's turns and the queue's polling weigh more than what is sent. */
const FEWEST_FOR_TIMES = 10_000

export function verdicts(all: readonly Measured[]): Verdict[] {
  return [...all.flatMap((one) => [...costs(one), ...times(one)]), ...growth(all)]
}

export function isWithin({ figure, budget, isMost }: Verdict): boolean {
  return isMost ? figure <= budget : figure >= budget
}

function costs({ hosts, recipients, single: { cost }, statuses }: Measured): Verdict[] {
  const name = nameOf(hosts, recipients)
  return [
    atMost(`${name}: Cosmos requests a recipient`, cost.cosmosRequests, 0.08),
    atMost(`${name}: request units a recipient`, cost.requestUnits, 2.5),
    atMost(`${name}: queue operations a recipient`, cost.queueOperations, 0.03),
    atMost(`${name}: table transactions a recipient`, cost.tableOperations, 0.03),
    ...statuses.map(({ perPost, counted }) =>
      atMost(`${name}: table transactions a status, ${together(perPost)}`, counted.cost.tableOperations, 0.2),
    ),
    ...statuses
      .filter(({ perPost }) => perPost === 1)
      .map(({ counted }) =>
        atMost(`${name}: queue puts a webhook, one status each, 64 connections`, putsPerPost(counted), 0.1),
      ),
  ]
}

function putsPerPost({ cost, statuses, posts }: Counted): number {
  return (cost.queuePuts * statuses) / posts
}

function together(perPost: number): string {
  return perPost === 1 ? 'one by one' : `${perPost.toLocaleString('en')} together`
}

function times(one: Measured): Verdict[] {
  const { hosts, recipients, single, several, ratios, statuses } = one
  if (recipients < FEWEST_FOR_TIMES) return []
  const name = nameOf(hosts, recipients)
  return [
    atMost(`${name}: campaign time ÷ floor, several numbers`, ratios.several, 1.5),
    atMost(
      `${name}: campaign time ÷ floor at Meta's pace, one number`,
      single.campaignSeconds / pacedSeconds(one),
      1.5,
    ),
    ...(hosts === 1 ? [atLeast(`${name}: messages a second`, several.messagesPerSecond, 1000)] : []),
    atLeast(`${name}: pace used ÷ allowed (1,000 a second)`, single.messagesPerSecond / ALLOWED_PER_SECOND, 0.93),
    atMost(`${name}: share of over-limit answers`, single.refusedShare, 0.001),
    ...statuses.map(({ perPost, counted, floorSeconds }) =>
      atMost(`${name}: status time ÷ floor, ${together(perPost)}`, counted.seconds / floorSeconds, 1.5),
    ),
  ]
}

/** Nobody can send faster through one number, however little it costs. */
function pacedSeconds({ recipients, floor }: Measured): number {
  return Math.max(floor.seconds, recipients / ALLOWED_PER_SECOND)
}

/** Of the sizes through one host: the largest beside the one before it. */
function growth(all: readonly Measured[]): Verdict[] {
  const alone = all.filter(({ hosts }) => hosts === 1)
  const [small, large] = [alone.find(({ recipients }) => recipients === 10_000), alone.find(isLarge)]
  if (!small || !large) return []
  return [
    atMost('t(100,000) ÷ t(10,000)', large.several.campaignSeconds / small.several.campaignSeconds, 10.5),
    atMost('more peak memory at 100,000 than at 10,000, MB', large.several.peakMb - small.several.peakMb, 30),
  ]
}

function isLarge({ recipients }: Measured): boolean {
  return recipients === 100_000
}

function nameOf(hosts: number, recipients: number): string {
  return `${recipients.toLocaleString('en')}, ${hosts} host${hosts === 1 ? '' : 's'}`
}

function atMost(what: string, figure: number, budget: number): Verdict {
  return { what, figure, budget, isMost: true }
}

function atLeast(what: string, figure: number, budget: number): Verdict {
  return { what, figure, budget, isMost: false }
}
