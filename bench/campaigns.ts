/**
 * What campaigns cost through the whole local world: planning, sending, and statuses one by one and in batches, beside a
 * floor measured in the same world a moment later, and the budgets each figure has to keep.
 *
 * Sending is measured in two ways: one campaign through one number, whose pace of 1,000 a second it may not leave, and the
 * same number of messages through several numbers at once, where nothing but the machine limits it. The second is done twice:
 * both runs together are set against the floors after them, and the figures of the faster one are shown.
 *
 * node bench/campaigns.ts [--sizes 1000,10000,100000] [--hosts 1,2,4]
 * More than one host is measured with 10,000, or the largest size if all are smaller. 100,000 take about a quarter of an hour.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { isWithin, verdicts, type Measured, type StatusRun } from './campaigns/budgets.ts'
import { prepareFloor, sendFloor, type SendFloor } from './campaigns/floor.ts'
import { runCampaigns, type Sent } from './campaigns/send.ts'
import { aSetting, type Setting } from './campaigns/setting.ts'
import { statusFloor } from './campaigns/status-floor.ts'
import { sendingTable, statusTable, verdictTable } from './campaigns/tables.ts'

const NUMBERS = 8
const BATCHES = [100, 1000]
const MOST_TO_WARM_UP = 10_000
const SEVERAL_HOSTS_WITH = 10_000

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    hosts: { type: 'string', default: '1,2,4' },
  },
})
const sizes = wholes(values.sizes)
for (const size of sizes)
  if (size % NUMBERS > 0) throw new Error(`${size} is no multiple of ${NUMBERS}: each number sends its part`)
const forSeveralHosts = Math.min(SEVERAL_HOSTS_WITH, Math.max(...sizes))

console.log(`Campaigns; load average ${load()}`)
const measured: Measured[] = []
for (const hosts of wholes(values.hosts)) {
  for (const recipients of hosts === 1 ? sizes : [forSeveralHosts]) {
    measured.push(await measure(hosts, recipients))
    console.log(`  measured ${recipients} with ${hosts} host(s); load average ${load()}`)
  }
}
console.log(`\nSending, costs for each message (queue: put, received, deleted; looks: every look at a queue)`)
console.log(sendingTable(measured))
console.log(`\nStatuses, costs for each status`)
console.log(statusTable(measured))
const judged = verdicts(measured)
console.log(`\nBudgets`)
console.log(verdictTable(judged))
process.exit(judged.every(isWithin) ? 0 : 1)

async function measure(hosts: number, recipients: number): Promise<Measured> {
  const setting = await aSetting({ hosts, numbers: NUMBERS })
  try {
    return await measureIn(setting, hosts, recipients)
  } finally {
    await setting.stack.stop()
  }
}

async function measureIn(setting: Setting, hosts: number, recipients: number): Promise<Measured> {
  await prepareFloor(setting)
  // Processes that have just started are slow: the first turn is not counted.
  const few = Math.min(recipients, MOST_TO_WARM_UP)
  await setting.haveContacts(few / NUMBERS)
  await takeTurn(setting, few, { numbers: NUMBERS, perPost: 1000 })
  // Everybody gets a message from each number, so that no campaign looks for its part among the others' contacts.
  await setting.haveContacts(recipients / NUMBERS)
  const several: Turn[] = []
  for (const perPost of BATCHES) several.push(await takeTurn(setting, recipients, { numbers: NUMBERS, perPost }))
  await setting.haveContacts(recipients)
  const one = await takeTurn(setting, recipients, { numbers: 1, perPost: 1 })
  const all = [one, ...several]
  return {
    hosts,
    recipients,
    single: one.sent,
    several: fastest(
      several.map(({ sent }) => sent),
      ({ campaignSeconds }) => campaignSeconds,
    ),
    statuses: all.map(({ statuses }) => statuses),
    floor: fastest(
      all.map(({ floor }) => floor),
      ({ seconds }) => seconds,
    ),
    ratios: { single: ratioOf([one]), several: ratioOf(several) },
  }
}

interface Turn {
  sent: Sent
  statuses: StatusRun
  floor: SendFloor
}

/** A run, and its floors right after it: a machine that is busy is busy for both. */
async function takeTurn(
  setting: Setting,
  recipients: number,
  { numbers, perPost }: { numbers: number; perPost: number },
): Promise<Turn> {
  const { sent, countStatuses } = await runCampaigns(setting, recipients, numbers)
  const counted = await countStatuses(perPost)
  await setting.simulator.holdWebhooks()
  const floor = await sendFloor(setting, recipients)
  // The statuses of the floor's messages, held back until now, are those of the floor for statuses.
  return { sent, floor, statuses: { perPost, counted, floorSeconds: await statusFloor(setting, counted, perPost) } }
}

/** Each run has its floor beside it, so what disturbs the machine for a while disturbs both. */
function ratioOf(turns: readonly Turn[]): number {
  const sum = (secondsOf: (turn: Turn) => number) => turns.reduce((seconds, turn) => seconds + secondsOf(turn), 0)
  return sum(({ sent }) => sent.campaignSeconds) / sum(({ floor }) => floor.seconds)
}

/** Of several runs the one that was disturbed least. */
function fastest<T>(runs: readonly T[], secondsOf: (run: T) => number): T {
  const [first] = runs.toSorted((a, b) => secondsOf(a) - secondsOf(b))
  if (first === undefined) throw new Error('Nothing was run')
  return first
}

function wholes(text: string): number[] {
  return text.split(',').map((part) => {
    const value = Number(part)
    if (!Number.isInteger(value) || value < 1) throw new Error(`"${part}" is not a whole number from 1`)
    return value
  })
}

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')
}
