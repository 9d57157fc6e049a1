/** What an endpoint was told, for the tests of what happens in a workspace. */
import { expect } from 'vitest'
import { eventSchema } from '../../../shared/webhook-endpoints/event-schemas.ts'
import type { SentEventType } from '../../../shared/webhook-endpoints/events.ts'
import type { EndpointWorld } from '../../support/endpoint-world.ts'

interface Told {
  id: string
  type: SentEventType
  workspace_id: string
  data: Record<string, unknown>
}

/** Once every queue is empty, each event once. */
export async function toldTo(w: EndpointWorld): Promise<Told[]> {
  await w.work()
  while (await w.workLater());
  const events = w.receiver.received.map(({ body }) => JSON.parse(body) as Told)
  expect(events.every(({ workspace_id }) => workspace_id === w.workspaceId)).toBe(true)
  expect(w.receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(events.map(({ id }) => id))
  for (const event of events) expect(eventSchema(event.type).parse(event)).toEqual(event)
  return [...new Map(events.map((event) => [event.id, event])).values()]
}
