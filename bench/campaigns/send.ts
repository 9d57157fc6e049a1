/** One measured campaign run: planning and sending with Meta's webhooks held back, then all statuses at once. */
import { Campaign, executeCampaign, getCampaign } from '../../local/demo/campaign.ts'
import { poll } from '../../local/demo/poll.ts'
import { isAsReported } from '../../local/demo/settle.ts'
import { whatsappRecord, type StackMetrics, type WhatsappRecord } from '../../local/stack/measure.ts'
import { recipientMessageId } from '../../shared/ids.ts'
import { cpuMs, watchMemory, worldCpuMs } from './memory.ts'
import type { Setting } from './setting.ts'

const WITHIN_MS = 600_000
const LOOK_EVERY_MS = 100

/** As the budget has it: three statuses a recipient, shuffled, one in five of them twice. */
const DISORDER = {
  // Whoever fails may be left out of the next campaign, and both are to have the same size.
  failed: 0,
  delivered: 1,
  read: 1,
  duplicated: 0.6,
  reordered: 0.5,
  duplicate_within_ms: [0, 50],
  latency_ms: { sent: [0, 50], delivered: [0, 50], read: [0, 50] },
}

export interface Sent {
  recipients: number
  /** From execute until every recipient was in a page. */
  planningSeconds: number
  /** From execute to the last send that Meta took. */
  campaignSeconds: number
  messagesPerSecond: number
  completedSeconds: number
  refusedShare: number
  cost: Cost
  /** Of the hosts, the simulator, the emulators and this process. */
  worldCpuMsPerMessage: number
  hostCpuMsPerMessage: number
  simulatorCpuMsPerMessage: number
  peakMb: number
}

export interface Counted {
  recipients: number
  campaigns: number
  statuses: number
  posts: number
  seconds: number
  cost: Cost
  /** Of all: bodies that do not fit into a queue message. */
  blobOperations: number
  hostCpuMsPerStatus: number
  isExact: boolean
}

/** For each message, or for each status. */
export interface Cost {
  cosmosRequests: number
  requestUnits: number
  /** Put, received and deleted. */
  queueOperations: number
  queuePuts: number
  /** Looks at the queues, those that found nothing included. */
  queueLooks: number
  tableOperations: number
}

export interface CampaignRun {
  sent: Sent
  /** All statuses of the run, `perPost` in one webhook. */
  countStatuses: (perPost: number) => Promise<Counted>
}

/** So many messages in as many campaigns as `numbers` says, each through a number of its own and to everybody. */
export async function runCampaigns(setting: Setting, recipients: number, numbers: number): Promise<CampaignRun> {
  const { stack, simulator, whatsapp } = setting
  await simulator.behave(DISORDER)
  await simulator.holdWebhooks()
  const campaigns = await createCampaigns(setting, numbers)
  const hostPids = () => stack.hosts.flatMap(({ child }) => child.process.pid ?? [])
  const memory = watchMemory(hostPids)
  const cpu = () => hostPids().reduce((sum, pid) => sum + cpuMs(pid), 0)
  const simulatorCpu = () => cpuMs(whatsapp.child.process.pid ?? 0)
  const start = {
    metrics: await stack.metrics(),
    world: worldCpuMs(),
    cpu: cpu(),
    simulator: simulatorCpu(),
    atMs: performance.now(),
  }
  const startedAt = Date.now()
  const done = {
    planned: setting.logged('campaign.planned').length,
    completed: setting.logged('campaign.completed').length,
  }
  await Promise.all(campaigns.map(({ id }) => executeCampaign(setting.api, id)))
  await poll(
    () => Promise.resolve(setting.logged('campaign.completed').length),
    (count) => count >= done.completed + campaigns.length,
    { everyMs: 20, withinMs: WITHIN_MS, what: 'the campaigns to complete' },
  )
  const after = await stack.metrics()
  const worldCpu = worldCpuMs()
  const records = campaigns.map(({ id }) => whatsappRecord(whatsapp.url, callbackPrefix(id)))
  const ledgers = await Promise.all(records.map((record) => record.ledger()))
  const accepted = ledgers.reduce((sum, ledger) => sum + ledger.accepted, 0)
  if (accepted !== recipients) throw new Error(`${accepted} of ${recipients} messages were accepted`)
  const first = Math.min(...ledgers.map(({ first_accepted_at: at }) => Date.parse(at ?? '')))
  const last = Math.max(...ledgers.map(({ last_accepted_at: at }) => Date.parse(at ?? '')))
  const sent: Sent = {
    recipients,
    planningSeconds: secondsSince(start.atMs, setting.logged('campaign.planned').slice(done.planned)),
    campaignSeconds: (last - startedAt) / 1000,
    messagesPerSecond: recipients / ((last - first) / 1000),
    completedSeconds: secondsSince(start.atMs, setting.logged('campaign.completed').slice(done.completed)),
    refusedShare: ledgers.reduce((sum, ledger) => sum + ledger.refused, 0) / recipients,
    cost: costBetween(start.metrics, after, recipients),
    worldCpuMsPerMessage: (worldCpu - start.world) / recipients,
    hostCpuMsPerMessage: (cpu() - start.cpu) / recipients,
    simulatorCpuMsPerMessage: (simulatorCpu() - start.simulator) / recipients,
    peakMb: memory.peakMb(),
  }
  memory.stop()
  return { sent, countStatuses: (perPost) => countStatuses(setting, { recipients, campaigns, records, perPost, cpu }) }
}

async function createCampaigns({ api, workspaceId, templateId, numbers }: Setting, count: number): Promise<Campaign[]> {
  const campaigns: Campaign[] = []
  for (const [part, phoneNumberId] of numbers.slice(0, count).entries()) {
    const body = {
      workspace_id: workspaceId,
      phone_number_id: phoneNumberId,
      template_id: templateId,
      name: `Bench ${count}.${part}`,
      variables: { 'body.1': { field: 'name', fallback: 'there' } },
    }
    campaigns.push(await api.post(Campaign, '/api/campaigns', body))
  }
  return campaigns
}

function secondsSince(startMs: number, times: readonly number[]): number {
  return (Math.max(...times) - startMs) / 1000
}

/** What Meta gets with a message ends with the page and the position in it (shared/ids.ts): eight letters. */
function callbackPrefix(campaignId: string): string {
  return recipientMessageId({ campaignId, page: 0, position: 0 }).slice(0, -8)
}

interface Statuses {
  recipients: number
  campaigns: readonly Campaign[]
  records: readonly WhatsappRecord[]
  perPost: number
  cpu: () => number
}

async function countStatuses(setting: Setting, counting: Statuses): Promise<Counted> {
  const { recipients, campaigns, records, perPost, cpu } = counting
  const { stack, simulator, api } = setting
  await simulator.behave({ batch_max: perPost, webhook_concurrency: 64 })
  const before = { metrics: await stack.metrics(), cpu: cpu(), webhooks: await setting.simulator.webhooks() }
  const startMs = performance.now()
  await simulator.releaseWebhooks()
  await records[0]?.quiet(WITHIN_MS)
  const reported = await Promise.all(records.map((record) => record.counts()))
  // One after the other, because a look costs the hosts that are measured.
  const isExact = async (): Promise<boolean> => {
    for (const [index, { id }] of campaigns.entries()) {
      const counts = reported[index]
      if (!counts || !isAsReported(await getCampaign(api, id), counts)) return false
    }
    return true
  }
  await poll(isExact, (exact) => exact, { everyMs: LOOK_EVERY_MS, withinMs: WITHIN_MS, what: 'the counters' })
  const seconds = (performance.now() - startMs) / 1000
  const after = { metrics: await stack.metrics(), cpu: cpu(), webhooks: await setting.simulator.webhooks() }
  const statuses = after.webhooks.updates - before.webhooks.updates
  return {
    recipients,
    campaigns: campaigns.length,
    statuses,
    posts: after.webhooks.posts - before.webhooks.posts,
    seconds,
    cost: costBetween(before.metrics, after.metrics, statuses),
    blobOperations: (after.metrics.storage?.blob ?? 0) - (before.metrics.storage?.blob ?? 0),
    hostCpuMsPerStatus: (after.cpu - before.cpu) / statuses,
    isExact: true,
  }
}

function costBetween(before: StackMetrics, after: StackMetrics, messages: number): Cost {
  const { cosmos: cosmosBefore, storage: storageBefore } = before
  const { cosmos, storage } = after
  if (!cosmos || !storage || !cosmosBefore || !storageBefore) {
    throw new Error('Counting needs the emulators: unset COSMOS_ENDPOINT and AzureWebJobsStorage')
  }
  const queue = (method: string): number =>
    (storage.queueByMethod[method] ?? 0) - (storageBefore.queueByMethod[method] ?? 0)
  return {
    cosmosRequests: (cosmos.requests - cosmosBefore.requests) / messages,
    requestUnits: (cosmos.request_units - cosmosBefore.request_units) / messages,
    // Whatever was deleted had been received; several can come with one look.
    queueOperations: (queue('POST') + queue('DELETE') + Math.min(queue('DELETE'), queue('GET'))) / messages,
    queuePuts: queue('POST') / messages,
    queueLooks: queue('GET') / messages,
    tableOperations: (storage.table - storageBefore.table) / messages,
  }
}
