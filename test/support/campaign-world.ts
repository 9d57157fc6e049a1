/**
 * A world with a connected number, an approved template and contacts, in which a test makes every step of a campaign
 * itself: it holds the queue messages in its hands, delivers them when, how often and in whatever order it likes.
 */
import { campaignWithCounters } from '../../shared/campaigns/respond.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { campaignStore } from '../../shared/campaigns/store.ts'
import { conductCampaign } from '../../shared/campaigns/conduct.ts'
import { FIRST_REFRESH_SECONDS } from '../../shared/campaigns/refresh.ts'
import { planCampaign } from '../../shared/campaigns/plan.ts'
import type { Variables } from '../../shared/campaigns/variable-sources.ts'
import { newContact } from '../../shared/contacts/schema.ts'
import { contactStore } from '../../shared/contacts/store.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createPhoneNumber } from '../../shared/phone-numbers/create.ts'
import type { QueueName } from '../../shared/azure/resources.ts'
import type { QueueMessage, Queues } from '../../shared/queue/messages.ts'
import { sendPages } from '../../shared/recipients/send-pages.ts'
import { createTemplate } from '../../shared/templates/create.ts'
import { templateStore } from '../../shared/templates/store.ts'
import { submitTemplate } from '../../shared/templates/submit.ts'
import { applyTemplateStatus } from '../../shared/templates/apply-status.ts'
import { aWorkspaceId } from './builders.ts'
import { aSimulator, type TestSimulator } from './simulator.ts'
import { aWorld, type World } from './world.ts'

export interface Delivered {
  queue: QueueName
  message: unknown
  delaySeconds: number
}

export interface CampaignWorld {
  world: World
  deps: Deps
  simulator: TestSimulator
  workspaceId: WorkspaceId
  phoneNumberId: string
  templateId: string
  /** What was queued and not taken yet. */
  queued: Delivered[]
  /** Removes and returns the queued messages of one queue; of pages, one for each. */
  taken<Name extends QueueName>(queue: Name): QueueMessage<Name>[]
  aCampaign(variables?: Variables, phoneNumberId?: string): Promise<string>
  /** Delivers everything until nothing is queued or `steps` were made; delays are not waited for. */
  settle(steps?: number): Promise<void>
  counters(campaignId: string): ReturnType<typeof campaignWithCounters>
  close(): Promise<void>
}

const HANDLERS: Partial<Record<QueueName, (deps: Deps, message: never) => Promise<void>>> = {
  'campaign-planning': planCampaign,
  'campaign-release': conductCampaign,
  'outbound-sends': sendPages,
}

export async function aCampaignWorld({ contacts = 10 } = {}): Promise<CampaignWorld> {
  const simulator = await aSimulator()
  const world = await aWorld({ graphUrl: simulator.url, appSecret: simulator.appSecret })
  const queued: Delivered[] = []
  const queues: Queues = {
    send(queue, message, { delaySeconds = 0 } = {}) {
      queued.push({ queue, message, delaySeconds })
      return Promise.resolve()
    },
  }
  const deps: Deps = { ...world.deps, queues }
  const workspaceId = aWorkspaceId()
  const phoneNumber = await createPhoneNumber(deps, workspaceId, {
    metaId: simulator.phoneNumberId,
    accessToken: simulator.accessToken,
    displayName: null,
    wabaId: simulator.wabaId,
  })
  const templateId = await anApprovedTemplate(deps, simulator, workspaceId, phoneNumber.id)
  await addContacts(deps, workspaceId, { count: contacts })
  queued.splice(0)

  const taken = <Name extends QueueName>(queue: Name): QueueMessage<Name>[] => {
    const mine = queued.filter((entry) => entry.queue === queue)
    queued.splice(0, queued.length, ...queued.filter((entry) => entry.queue !== queue))
    return mine.flatMap(({ message }) => pageByPage(message as QueueMessage<Name>))
  }
  return {
    world,
    deps,
    simulator,
    workspaceId,
    phoneNumberId: phoneNumber.id,
    templateId,
    queued,
    taken,
    async aCampaign(variables = { 'body.1': { field: 'name', fallback: 'there' } }, phoneNumberId = phoneNumber.id) {
      const input = { workspace_id: workspaceId, phone_number_id: phoneNumberId, template_id: templateId }
      return (await createCampaign(deps, workspaceId, { ...input, name: 'Autumn', variables })).id
    },
    async settle(steps = 500) {
      for (let step = 0; step < steps; step++) {
        // Pages before the conductor's next look, as in real time; what comes long after the campaign's end stays.
        const soon = queued.filter(({ delaySeconds }) => delaySeconds < FIRST_REFRESH_SECONDS)
        const entry = soon.find(({ queue }) => queue !== 'campaign-release') ?? soon[0]
        queued.splice(0, queued.length, ...queued.filter((other) => other !== entry))
        if (!entry) return
        await HANDLERS[entry.queue]?.(deps, entry.message as never)
      }
    },
    async counters(campaignId) {
      const { value } = await campaignStore(deps).get(workspaceId, campaignId)
      return campaignWithCounters(deps, value)
    },
    async close() {
      await world.close()
      await simulator.close()
    },
  }
}

/** A message for each page where it names several, so that a test has each of them in its hands. */
function pageByPage<Name extends QueueName>(message: QueueMessage<Name>): QueueMessage<Name>[] {
  if (!('pages' in message && 'page' in message)) return [message]
  const { pages = 1, page, ...rest }: { pages?: number | undefined; page: number } = message
  return Array.from({ length: pages }, (_, index) => ({ ...rest, page: page + index }) as QueueMessage<Name>)
}

/** Numbered contacts: +1 555 1000000 and so on. */
export async function addContacts(
  deps: Deps,
  workspaceId: WorkspaceId,
  { from = 0, count, name = 'Person' }: { from?: number; count: number; name?: string | null },
): Promise<void> {
  const store = contactStore(deps.containers)
  for (let at = from; at < from + count; at += 100) {
    const batch = Array.from({ length: Math.min(100, from + count - at) }, (_, index) => {
      const waId = `1555${1_000_000 + at + index}`
      const phone = { e164: `+${waId}`, waId }
      const contact = { phone, optedIn: true, source: 'api' as const, name, tags: [] }
      return { kind: 'create' as const, document: newContact(workspaceId, contact, deps.now()) }
    })
    await store.writeAll(workspaceId, batch)
  }
}

async function anApprovedTemplate(
  deps: Deps,
  simulator: TestSimulator,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<string> {
  await simulator.control('PATCH', 'behaviour', { review_ms: 0 })
  const template = await createTemplate(deps, workspaceId, {
    phoneNumberRef: phoneNumberId,
    name: 'autumn_greeting',
    category: 'MARKETING',
    language: 'en',
    components: [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }],
  })
  await submitTemplate(deps, {
    workspace_id: workspaceId,
    template_id: template.id,
    queued_at: template.created_at,
  })
  await simulator.control('GET', 'quiet?timeout_ms=2000')
  const submitted = await templateStore(deps.containers).find(workspaceId, template.id)
  const applied = await applyTemplateStatus(deps, {
    wabaId: simulator.wabaId,
    name: 'autumn_greeting',
    language: 'en',
    event: 'APPROVED',
    reason: null,
    metaTemplateId: submitted?.value.meta_template_id ?? '',
    at: new Date(Date.now() + 1000).toISOString(),
  })
  if (applied !== 'applied') throw new Error(`the approval was ${applied}`)
  return template.id
}
