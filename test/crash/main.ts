/**
 * `npm run test:crash`: campaigns through several host processes, one of which is killed with SIGKILL every few seconds,
 * while Meta times out, loses answers and refuses in bursts. Nobody may get two messages, and every counter must equal
 * what WhatsApp saw: before a person sends again to the uncertain, and afterwards.
 *
 * npm run test:crash [-- --campaigns 2 --recipients 2000 --hosts 3 --seed N --max-seconds 300]
 */
import { whatsappRecord } from '../../local/stack/measure.ts'
import { outcomeOf, problemsOf, sendAgainToUncertain, startCampaigns, untilCompleted } from './campaigns.ts'
import { startKilling } from './kills.ts'
import { crashOptions, type CrashOptions } from './options.ts'
import { badWeather } from './weather.ts'
import { inTestWorld, UNCERTAIN_WAIT_SECONDS, type TestWorld } from './world.ts'

const USUAL = { campaigns: 2, recipients: 2000, hosts: 3, maxSeconds: 300 }
const FEWEST_KILLS = 5

const options = crashOptions(process.argv.slice(2), USUAL)
// At 80 messages a second sending takes long enough to be interrupted many times.
await inTestWorld('Crash test', { ...options, throughput: 'STANDARD' }, (world) => crash(world, options))

async function crash(
  { stack, whatsapp, simulator, api, prepared }: TestWorld,
  wanted: CrashOptions,
): Promise<string[]> {
  const withinMs = wanted.maxSeconds * 1000
  const all = whatsappRecord(whatsapp.url)
  const startedAt = performance.now()
  const campaigns = await startCampaigns(api, whatsapp.url, prepared, wanted.campaigns)
  const weather = await badWeather(simulator)
  const kills = startKilling({ stack, seed: wanted.seed, accepted: all.accepted, say: (line) => console.log(line) })
  await untilCompleted(campaigns, withinMs)
  const seconds = (performance.now() - startedAt) / 1000
  await kills.stop()
  await weather.clear()

  const before = await Promise.all(campaigns.map(outcomeOf))
  const problems = problemsOf(before).map((problem) => `before sending again: ${problem}`)
  const again = await sendAgainToUncertain(campaigns, before, { waitSeconds: UNCERTAIN_WAIT_SECONDS, withinMs })
  const after = await Promise.all(campaigns.map(outcomeOf))
  problems.push(...problemsOf(after))

  const { accepted } = await all.ledger()
  const during = kills.at.filter((count) => count > 0 && count < accepted).length
  if (during < FEWEST_KILLS) problems.push(`only ${during} kills came during the sending`)
  const left = after.reduce((sum, { campaign }) => sum + campaign.uncertain_count, 0)
  if (left > 0) problems.push(`${left} recipients are uncertain although they were sent to again`)

  console.log(`${wanted.campaigns} campaigns of ${wanted.recipients} completed in ${seconds.toFixed(0)} s`)
  console.log(`  hosts killed         ${kills.at.length} times, ${during} of them during the sending`)
  console.log(`  bursts of refusals   ${weather.bursts}`)
  console.log(`  sent again           ${again} uncertain recipients`)
  for (const [index, { campaign, ledger, refusedForGood }] of after.entries()) {
    console.log(
      `  campaign ${index + 1}: total ${campaign.total_contacts}, sent ${campaign.sent_count}, delivered ${campaign.delivered_count}, ` +
        `read ${campaign.read_count}, failed ${campaign.failed_count}, skipped ${campaign.skipped_count}; ` +
        `accepted ${ledger.accepted} for ${ledger.recipients} people, at most ${ledger.max_per_recipient} each, ` +
        `refused ${ledger.refused} (${refusedForGood} for good); ` +
        `failures ${campaign.failures.map(({ code, count }) => `${count} × ${code}`).join(', ')}`,
    )
  }
  return problems
}
