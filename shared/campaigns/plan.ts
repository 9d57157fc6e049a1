/**
 * Planning: reads the audience by keyset, freezes each recipient's parameters, and writes pages with fixed ids together
 * with the place it has come to. A step that ran before, or runs twice, finds that place and goes on from it.
 */
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { PAGE_SIZE, pageId, type Page } from '../recipients/page.ts'
import { newPlan, pagePartition, pageStore, type Plan } from '../recipients/page-store.ts'
import { changing } from './changing.ts'
import { conductCampaign } from './conduct.ts'
import type { HeaderDeps } from './header-file.ts'
import { readRecipients, RECIPIENTS_PER_READ, type Recipient } from './read-recipients.ts'
import { reopenForRetry } from './reopen.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

/** The first step is queued before the write that starts the campaign (execute.ts), and may come before it has landed. */
const LOOKS_FOR_START = 10
const LOOK_EVERY_MS = 100
/** Longer than any turn of a conductor. */
const CONDUCTOR_FRESH_MS = 30_000
/** Pages written in one step: with the plan within a batch's 100 operations and 2 MB, however large they are. */
const PAGES_PER_STEP = 50
/** Steps in one invocation, so that none runs for long. */
const STEPS = 10
/** A full page with wamids of 64 characters stays within 32 KB, where a write costs little. */
const BYTES_PER_PAGE = 32_000 - PAGE_SIZE * 80

type PlanDeps = Pick<
  Deps,
  'containers' | 'queues' | 'now' | 'sleep' | 'log' | 'facts' | 'factsTable' | 'config' | 'gates'
> &
  HeaderDeps
type Message = QueueMessage<'campaign-planning'>

export async function planCampaign(deps: PlanDeps, message: Message): Promise<void> {
  const campaign = await startedCampaign(deps, message)
  if (!campaign) return
  if (!(await reopenForRetry(deps, campaign, message))) return
  for (let step = 0; step < STEPS; step++) {
    const isDone = await planStep(deps, campaign)
    if (step === 0) await startConductor(deps, message)
    else if (isDone) await conductNow(deps, message)
    if (isDone) return
  }
  await deps.queues.send('campaign-planning', message)
}

/** Undefined if the campaign does not run in the execution of the message; one that did not start in time is swept. */
async function startedCampaign(deps: PlanDeps, message: Message): Promise<Campaign | undefined> {
  for (let look = 1; ; look++) {
    const campaign = (await campaignStore(deps).find(message.workspace_id, message.campaign_id))?.value
    if (campaign?.execution_id === message.execution_id) return campaign.status === 'SENDING' ? campaign : undefined
    if (!campaign || campaign.status === 'SENDING' || look === LOOKS_FOR_START) return undefined
    await deps.sleep(LOOK_EVERY_MS)
  }
}

/**
 * The conductor's first turn is taken here, so that the first pages are sent while the others are planned. One that moved
 * a moment ago needs no second chain of turns beside it.
 */
async function startConductor(deps: PlanDeps, message: Message): Promise<void> {
  const { before, place } = await conductorOf(deps, message)
  if (place && deps.now().getTime() - Date.parse(place.updated_at) < CONDUCTOR_FRESH_MS) return
  await conductCampaign(deps, { ...message, turn: place?.turn ?? 0 }, { before })
}

/** The pages planned since the last turn need not wait for the next, whose message then finds its turn taken. */
async function conductNow(deps: PlanDeps, message: Message): Promise<void> {
  const { before, place } = await conductorOf(deps, message)
  if (place) await conductCampaign(deps, { ...message, turn: place.turn }, { before })
}

/** What is stored, and the place if it is of this execution. */
async function conductorOf(deps: PlanDeps, message: Message) {
  const before = await pageStore(deps).conductor(message.workspace_id, message.campaign_id)
  return { before, place: before?.value.execution_id === message.execution_id ? before.value : undefined }
}

/** True if planning is done, or somebody else is doing it. */
async function planStep(deps: PlanDeps, campaign: Campaign): Promise<boolean> {
  const pages = pageStore(deps)
  const before = await pages.plan(campaign.workspace_id, campaign.id)
  const plan = before?.value ?? newPlan(campaign, deps.now())
  if (plan.done) return finishPlanning(deps, campaign, plan)
  const { next, added } = await nextStep(deps, campaign, plan)
  try {
    await pages.savePlan(before, next, added)
  } catch (error) {
    // Another worker planned this step: it also queues the next.
    if (isConflict(error)) return true
    throw error
  }
  return next.done && finishPlanning(deps, campaign, next)
}

async function nextStep(deps: PlanDeps, campaign: Campaign, plan: Plan): Promise<{ next: Plan; added: Page[] }> {
  const recipients = await readRecipients(deps, campaign, plan.cursor)
  const added = makePages(deps, campaign, plan, recipients)
  const taken = added.reduce((sum, page) => sum + page.contacts.length, 0)
  const next: Plan = {
    ...plan,
    cursor: recipients[taken - 1]?.contact.id ?? plan.cursor,
    pages: plan.pages + added.length,
    total: plan.total + taken,
    done: recipients.length < RECIPIENTS_PER_READ && taken === recipients.length,
    updated_at: deps.now().toISOString(),
  }
  return { next, added }
}

async function finishPlanning(deps: PlanDeps, campaign: Campaign, plan: Plan): Promise<true> {
  const at = deps.now().toISOString()
  await changing(deps, campaign.workspace_id, campaign.id, (current) =>
    current.planned_at === null
      ? { ...current, planned_at: at, total: plan.total, pages: plan.pages, updated_at: at }
      : current,
  )
  deps.log.info('campaign.planned', { campaign_id: campaign.id, recipients: plan.total, pages: plan.pages })
  return true
}

function makePages(deps: PlanDeps, campaign: Campaign, plan: Plan, recipients: Recipient[]): Page[] {
  const groups = cut(recipients).slice(0, PAGES_PER_STEP)
  return groups.map((group, index) => toPage(campaign, plan.pages + index, group, deps.now()))
}

/** Groups of at most 128 recipients and a bounded number of bytes. */
function cut(recipients: Recipient[]): Recipient[][] {
  const groups: Recipient[][] = []
  let bytes = 0
  for (const recipient of recipients) {
    const size = recipientBytes(recipient)
    const group = groups.at(-1)
    if (group && group.length < PAGE_SIZE && bytes + size <= BYTES_PER_PAGE) {
      group.push(recipient)
      bytes += size
    } else {
      groups.push([recipient])
      bytes = size
    }
  }
  return groups
}

function recipientBytes({ contact, frozen }: Recipient): number {
  const values = frozen.kind === 'values' ? frozen.values : []
  return contact.id.length + contact.phone_number.length + Buffer.byteLength(JSON.stringify(values)) + 10
}

function toPage(campaign: Campaign, number: number, group: Recipient[], now: Date): Page {
  const missing = group.flatMap(({ frozen }, position) => (frozen.kind === 'missing' ? [position] : []))
  const note = { code: 0, reason: 'missing_variable', at: now.toISOString() }
  return {
    id: pageId(number),
    pk: pagePartition(campaign.workspace_id, campaign.id),
    type: 'page',
    v: 1,
    workspace_id: campaign.workspace_id,
    campaign_id: campaign.id,
    number,
    version: 0,
    contacts: group.map(({ contact }) => contact.id),
    addresses: group.map(({ contact }) => contact.phone_number),
    parameters: group.map(({ frozen }) => (frozen.kind === 'values' ? frozen.values : [])),
    states: group.map(({ frozen }) => (frozen.kind === 'missing' ? 's' : 'p')).join(''),
    wamids: {},
    notes: Object.fromEntries(missing.map((position) => [String(position), note])),
    waits: {},
    lease: null,
    resends: {},
    round: 0,
    release: 0,
  }
}
