/** Comes after a write that is an event: tells it unless it was told, if the document is as it says. */
import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { toldBy } from './changes.ts'

export async function tellChanges(
  { containers, events }: Pick<Deps, 'containers' | 'events'>,
  { workspace_id, container, changes }: QueueMessage<'endpoint-changes'>,
): Promise<void> {
  const landed = await Promise.all(
    changes.map(async ({ document_id, event }) => {
      const stored = await containers[container].read(document_id, workspace_id, asObject)
      const told = stored && toldBy(stored.value)
      // A later state has an event of its own.
      return isDeepStrictEqual(told?.data, event.data) ? [event] : []
    }),
  )
  await events.publish(workspace_id, landed.flat())
}

function asObject(document: unknown): object {
  // What Cosmos DB stores are JSON objects.
  return document as object
}
