/** Statuses of messages as events: what was applied together is told together. */
import type { Deps } from '../deps.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import type { Price } from '../whatsapp/pricing.ts'
import type { PublicEvent } from './publish.ts'

/** So that an event stays within what receivers take. */
export const MOST_CHANGES = 100

export interface StatusChange {
  message_id: string
  /** null: a single message. */
  campaign_id: string | null
  status: 'sent' | 'delivered' | 'read' | 'failed'
  /** By Meta's clock, ISO 8601. */
  at: string
  /** Of a failure: Meta's code, and what it means. */
  error: { code: number; reason: string } | null
  /** What Meta charges the message as, where this report says it. */
  price: Price | null
}

/** After they are stored. The same changes make the same events, so a repeated queue message repeats none. */
export async function publishStatuses(
  { events, now }: Pick<Deps, 'events' | 'now'>,
  workspaceId: WorkspaceId,
  changes: readonly StatusChange[],
): Promise<void> {
  const told: PublicEvent[] = []
  for (let at = 0; at < changes.length; at += MOST_CHANGES) {
    const part = changes.slice(at, at + MOST_CHANGES)
    const id = derivedId('other', workspaceId, `message.status\n${JSON.stringify(part)}`)
    told.push({ id, type: 'message.status', timestamp: now().toISOString(), data: { changes: part } })
  }
  await events.publish(workspaceId, told)
}
