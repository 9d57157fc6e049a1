/**
 * A world with a connected number, an approved MARKETING template and nobody in it, in which a test delivers queue
 * messages and webhooks itself, when, how often and in whatever order it likes.
 */
import { newUuid } from '../../shared/ids.ts'
import type { Deps } from '../../shared/deps.ts'
import { findMessage } from '../../shared/messages/find.ts'
import { messageStatusResponse } from '../../shared/messages/api.ts'
import { queueTemplate } from '../../shared/messages/queue-template.ts'
import { queueText } from '../../shared/messages/queue-text.ts'
import { sendMessage } from '../../shared/messages/send.ts'
import type { OutboundMessage } from '../../shared/messages/schema.ts'
import type { QueueMessage } from '../../shared/queue/messages.ts'
import { applyMessages } from '../../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../../shared/webhooks/apply-statuses.ts'
import { aCampaignWorld, type CampaignWorld } from './campaign-world.ts'

export type Entry = QueueMessage<'outbound-messages'>

export interface MessageWorld extends CampaignWorld {
  /** Somebody who never wrote and is no contact: another one each time. */
  aStranger(): string
  /** The person writes to our number; the simulator knows it too. */
  writes(person: string, at?: Date): Promise<void>
  text(to: string, deps?: Deps): Promise<OutboundMessage>
  template(to: string, deps?: Deps): Promise<OutboundMessage>
  /** What is queued to be sent at once or after a wait, without the guards. */
  entries(): Entry[]
  guards(): Entry[]
  /** Delivers what is queued to be sent. */
  deliver(deps?: Deps): Promise<void>
  deliverOne(entry: Entry): Promise<void>
  status(id: string): Promise<ReturnType<typeof messageStatusResponse>>
  /** Statuses as Meta reports them, in one webhook. */
  told(...statuses: Record<string, unknown>[]): Promise<void>
}

export async function aMessageWorld(): Promise<MessageWorld> {
  const w = await aCampaignWorld({ contacts: 0 })
  const { deps, workspaceId, phoneNumberId, simulator } = w
  let strangers = 0
  const entries = () => split(w, false)
  return {
    ...w,
    aStranger: () => `+1555010${String(strangers++).padStart(4, '0')}`,
    async writes(person, at = new Date()) {
      await simulator.control('POST', 'windows', { from: person, last_message_at: at.toISOString() })
      await applyMessages(deps, { received_at: new Date().toISOString(), changes: [inbound(w, person, at)] })
    },
    text: (to, given = deps) => queueText(given, workspaceId, { phone_number_id: phoneNumberId, to, text: 'Hello' }),
    template: (to, given = deps) =>
      queueTemplate(given, workspaceId, {
        phone_number_id: phoneNumberId,
        to,
        template_name: 'autumn_greeting',
        template_language: 'en',
        components: { body: ['Ada'] },
      }),
    entries,
    guards: () => split(w, true),
    async deliver(given = deps) {
      for (const entry of entries()) await sendMessage(given, entry)
    },
    deliverOne: (entry) => sendMessage(deps, entry),
    status: async (id) => messageStatusResponse(await findMessage(deps, workspaceId, id)),
    async told(...statuses) {
      const value = { metadata: { phone_number_id: simulator.phoneNumberId }, statuses }
      const change = { entry_id: '1', entry_time: null, field: 'messages', value }
      await applyStatuses(deps, { received_at: new Date().toISOString(), changes: [change] })
    },
  }
}

/** A webhook change in which the person says hello. */
export function inbound(w: CampaignWorld, person: string, at: Date, item: Record<string, unknown> = {}) {
  const from = person.replace('+', '')
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const message = { from, id: `wamid.${newUuid()}`, timestamp, type: 'text', text: { body: 'Hello' }, ...item }
  const metadata = { display_phone_number: '15550783881', phone_number_id: w.simulator.phoneNumberId }
  const contacts = [{ profile: { name: 'Ada' }, wa_id: from }]
  const value = { messaging_product: 'whatsapp', metadata, contacts, messages: [message] }
  return { entry_id: '1', entry_time: null, field: 'messages', value }
}

function split(w: CampaignWorld, guard: boolean): Entry[] {
  const isWanted = (message: unknown) => (message as Entry).guard === guard // of outbound-messages
  const wanted = w.queued.filter(({ queue, message }) => queue === 'outbound-messages' && isWanted(message))
  const rest = w.queued.filter((entry) => !wanted.includes(entry))
  w.queued.splice(0, w.queued.length, ...rest)
  return wanted.map(({ message }) => message as Entry)
}
