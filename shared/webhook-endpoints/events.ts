/** What endpoints are told about: the kinds of events, what each carries, and the text that is sent. */
import * as z from 'zod'
import type { WorkspaceId } from '../ids.ts'

/** What an endpoint can listen to. */
export const EventType = z
  .enum([
    'message.received',
    'message.status',
    'campaign.state_changed',
    'template.changed',
    'phone_number.changed',
    'contact.opted_out',
  ])
  .meta({ id: 'EventType' })
export type EventType = z.output<typeof EventType>

/** `endpoint.test` goes to the endpoint it was asked for, whatever that listens to. */
export const SentEventType = z.enum([...EventType.options, 'endpoint.test'])
export type SentEventType = z.output<typeof SentEventType>

/** Something that happened. The same happening always has the same id, so that a receiver can drop repeats. */
export const HappenedEvent = z.object({
  id: z.string(),
  type: SentEventType,
  /** When it happened, ISO 8601. */
  timestamp: z.string(),
  data: z.record(z.string(), z.unknown()),
})
export type HappenedEvent = z.output<typeof HappenedEvent>

/** The exact text of every attempt: it is signed as it is, and stored as it is. */
export function bodyOf(workspaceId: WorkspaceId, { id, type, timestamp, data }: HappenedEvent): string {
  return JSON.stringify({ id, type, timestamp, workspace_id: workspaceId, data })
}
