/** Takes in what people write to our numbers, and what is written from them elsewhere. What cannot be read is kept for inspection. */
import type { Deps } from '../deps.ts'
import { receiveMessage } from '../messages/receive.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { loadChanges } from './load.ts'
import { park } from './park.ts'
import { personIn, readMessages, type ReadMessage } from './read-messages.ts'
import type { Change } from './split.ts'

type InboundDeps = Pick<Deps, 'containers' | 'blobs' | 'log' | 'now' | 'numberOwners'>

/** One message that cannot be stored never holds up the others; what failed is tried again with the whole entry. */
export async function applyMessages(deps: InboundDeps, entry: QueueMessage<'webhook-messages'>): Promise<void> {
  const unusable: Change[] = []
  const failures: unknown[] = []
  for (const change of await loadChanges(deps, entry)) {
    const read = readMessages(change, entry.received_at)
    const owner = read && (await deps.numberOwners.findNow(read.metaId))
    if (!read || !owner) {
      unusable.push(change)
      continue
    }
    if (read.rest) unusable.push(read.rest)
    for (const message of read.messages) {
      try {
        await receive(deps, owner, message)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  if (unusable.length > 0) await park(deps, 'message', JSON.stringify(unusable))
  if (failures.length > 0) throw new Error(`${failures.length} message event(s) failed`, { cause: failures[0] })
}

async function receive(
  deps: InboundDeps,
  { workspaceId, phoneNumberId }: NumberOwner,
  read: ReadMessage,
): Promise<void> {
  const address = { workspaceId, phoneNumberId, person: personIn(read) }
  await receiveMessage(deps, address, { ...read, contactId: null, formerContactIds: [] })
}
