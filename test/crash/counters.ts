/**
 * `npm run test:counters`: one campaign of 10,000 whose statuses arrive late, shuffled, and one in five of them twice,
 * through the real door for webhooks. The counters at the end must be those of WhatsApp's own ledger.
 *
 * npm run test:counters [-- --recipients 10000 --hosts 2 --seed N --max-seconds 300]
 */
import { outcomeOf, problemsOf, startCampaigns, untilCompleted } from './campaigns.ts'
import { crashOptions, type CrashOptions } from './options.ts'
import { inTestWorld, type TestWorld } from './world.ts'

const USUAL = { campaigns: 1, recipients: 10_000, hosts: 2, maxSeconds: 300 }

/** Most recipients have three statuses and the last of them is the one that comes again: 0.6 of them are 20 % of all. */
const DISORDER = {
  duplicated: 0.6,
  duplicate_within_ms: [0, 10_000],
  reordered: 0.5,
  read_without_delivered: 0.05,
  latency_ms: { sent: [0, 6_000], delivered: [0, 8_000], read: [0, 8_000] },
  failed: 0.05,
  batch_max: 20,
}

const RANKS: Record<string, number> = { sent: 1, delivered: 2, failed: 2, read: 3 }

const options = crashOptions(process.argv.slice(2), USUAL)
await inTestWorld('Counters test', { ...options, throughput: 'HIGH' }, (world) => count(world, options))

async function count(world: TestWorld, { campaigns, maxSeconds }: CrashOptions): Promise<string[]> {
  const { whatsapp, simulator, api, prepared } = world
  await simulator.behave(DISORDER)
  const startedAt = performance.now()
  const running = await startCampaigns(api, whatsapp.url, prepared, campaigns)
  await untilCompleted(running, maxSeconds * 1000)
  const sentAfter = (performance.now() - startedAt) / 1000
  const outcomes = await Promise.all(running.map(outcomeOf))
  const seconds = (performance.now() - startedAt) / 1000
  const answered = await answeredStatuses(whatsapp.url)
  console.log(`sent in ${sentAfter.toFixed(0)} s, the last status counted after ${seconds.toFixed(0)} s`)
  console.log(`  statuses ${answered.all}, of them ${percent(answered.again / answered.all)} duplicates`)
  console.log(`  and ${percent(answered.late / answered.all)} after a later one of the same message`)
  for (const { campaign, counts } of outcomes) {
    const { reached } = counts.reported
    console.log(
      `  WhatsApp  accepted ${counts.accepted}, delivered ${reached.delivered}, read ${reached.read}, failed ${reached.failed}`,
    )
    console.log(
      `  Herald    sent ${campaign.sent_count}, delivered ${campaign.delivered_count}, read ${campaign.read_count}, failed ${campaign.failed_count}`,
    )
  }
  return [...problemsOf(outcomes), ...tooTidy(answered)]
}

interface Answered {
  all: number
  again: number
  late: number
}

/** Every status that was acknowledged, in that order. */
async function answeredStatuses(simulatorUrl: string): Promise<Answered> {
  const text = await (await fetch(`${simulatorUrl}/_simulator/webhooks/log`)).text()
  const seen = new Map<string, { kinds: Set<string>; highest: number }>()
  const answered: Answered = { all: 0, again: 0, late: 0 }
  for (const line of text.split('\n')) {
    const { wamid, status } = statusIn(line)
    if (wamid === undefined || status === undefined) continue
    const before = seen.get(wamid) ?? { kinds: new Set(), highest: 0 }
    const rank = RANKS[status] ?? 0
    answered.all += 1
    if (before.kinds.has(status)) answered.again += 1
    else if (rank < before.highest) answered.late += 1
    before.kinds.add(status)
    seen.set(wamid, { kinds: before.kinds, highest: Math.max(before.highest, rank) })
  }
  return answered
}

function statusIn(line: string): { wamid?: string; status?: string } {
  // The simulator's own line: absent fields are those of other kinds of webhooks.
  return line === '' ? {} : (JSON.parse(line) as { wamid?: string; status?: string })
}

/** A test that shuffled nothing has shown nothing. */
function tooTidy({ all, again, late }: Answered): string[] {
  return [
    ...(again / all < 0.15 ? [`only ${percent(again / all)} of the statuses were duplicates`] : []),
    ...(late / all < 0.05 ? [`only ${percent(late / all)} of the statuses came out of order`] : []),
  ]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
