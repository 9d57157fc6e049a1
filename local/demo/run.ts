/** The demo itself: from an empty world to a table in which everything adds up. */
import { whatsappRecord, type WhatsappRecord } from '../stack/measure.ts'
import type { Stack } from '../stack/stack.ts'
import { apiClient, type ApiClient } from './api-client.ts'
import { createCampaign, executeCampaign, followCampaign, retryUncertain, type Campaign } from './campaign.ts'
import { startChaos, type Chaos } from './chaos.ts'
import { whatDoesNotAddUp, type ChaosOutcome, type Outcome } from './checks.ts'
import { contactFiles } from './contact-files.ts'
import { costBetween } from './costs.ts'
import { importFiles } from './import-contacts.ts'
import type { DemoOptions } from './options.ts'
import { prepare } from './prepare.ts'
import { progress, type Progress } from './progress.ts'
import { report } from './report.ts'
import { isAsReported, settle, type Settled } from './settle.ts'

interface Running {
  stack: Stack
  api: ApiClient
  record: WhatsappRecord
  campaign: Campaign
  screen: Progress
  uncertainWaitSeconds: number
  withinMs: number
}

/** Prints the table; returns what does not add up. */
export async function runDemo(stack: Stack, options: DemoOptions, uncertainWaitSeconds: number): Promise<string[]> {
  if (!stack.whatsapp) throw new Error('there is no simulated WhatsApp in this world')
  const api = apiClient(stack.url)
  const record = whatsappRecord(stack.whatsapp.url)
  const prepared = await prepare(api, stack.whatsapp, step)
  const imported = await importFiles(api, prepared.workspaceId, contactFiles(options), step)
  const campaign = await createCampaign(api, prepared)
  if (campaign.total_contacts === 0) throw new Error('no row of the file is a contact that can be sent to')
  step(`created a campaign for ${campaign.total_contacts} contacts; sending`)

  const screen = progress(campaign.total_contacts)
  const withinMs = timeFor(campaign.total_contacts, options.chaos)
  const running: Running = { stack, api, record, campaign, screen, uncertainWaitSeconds, withinMs }
  const sent = await send(running, options).finally(() => screen.stop())
  const ledger = await record.ledger()
  const refusedForGood = ledger.refused === 0 ? 0 : await record.refusedForGood()
  const outcome: Outcome = { imported, ...sent.end, ledger, refusedForGood }
  const [before, whenSent, after] = sent.readings
  const costs = {
    sending: costBetween(before, whenSent, ledger.accepted),
    afterwards: costBetween(whenSent, after, ledger.accepted),
  }
  console.log(`\n${report(outcome, { campaignSeconds: sent.seconds }, costs)}`)
  return whatDoesNotAddUp(outcome)
}

/** From execute to the last status, with a reading of the costs at both ends and in between. */
async function send(running: Running, options: DemoOptions) {
  const { stack, api, campaign, screen, withinMs } = running
  const before = await stack.metrics()
  const startedAt = performance.now()
  await executeCampaign(api, campaign.id)
  const chaos = options.chaos ? startChaos(chaosOptions(running, options.seed)) : undefined
  await followCampaign(api, campaign.id, withinMs, (now) => screen.show(now))
  const seconds = (performance.now() - startedAt) / 1000
  const whenSent = await stack.metrics()
  const end = await finish(running, chaos)
  return { end, seconds, readings: [before, whenSent, await stack.metrics()] as const }
}

function step(line: string): void {
  console.log(`✓ ${line}`)
}

/** Waits for the last status; after crashes also has the uncertain sent again, as a person would. */
async function finish(
  running: Running,
  chaos: Chaos | undefined,
): Promise<Settled & { chaos: ChaosOutcome | undefined }> {
  const { api, record, campaign, screen, uncertainWaitSeconds, withinMs } = running
  const show = (now: Campaign): void => screen.show(now)
  await chaos?.stop()
  const settled = await settle(api, campaign.id, record, show)
  if (!chaos) return { ...settled, chaos: undefined }
  const killedAt = chaos.kills.map(({ accepted }) => accepted)
  const uncertain = settled.campaign.uncertain_count
  // Sending again while a report is missing could reach somebody twice; the checks tell that it is missing.
  if (uncertain === 0 || !isAsReported(settled.campaign, settled.counts)) {
    return { ...settled, chaos: { killedAt, uncertainAfterCrashes: uncertain, sentAgain: 0 } }
  }

  screen.say(`${uncertain} recipients are uncertain: WhatsApp never reported on them; asking to send to them again`)
  await retryUncertain(api, settled.campaign, uncertainWaitSeconds)
  await followCampaign(api, campaign.id, withinMs, show)
  const again = await settle(api, campaign.id, record, show)
  const sentAgain = again.counts.accepted - settled.counts.accepted
  return { ...again, chaos: { killedAt, uncertainAfterCrashes: uncertain, sentAgain } }
}

function chaosOptions({ stack, record, campaign, screen }: Running, seed: number) {
  return { stack, record, recipients: campaign.total_contacts, seed, say: (line: string) => screen.say(line) }
}

/** Generous: what takes longer hangs. A crash holds up the pages in flight until their leases end. */
function timeFor(recipients: number, isChaos: boolean): number {
  return 60_000 + recipients * 10 + (isChaos ? 240_000 : 0)
}
