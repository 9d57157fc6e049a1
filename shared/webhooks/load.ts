/** The changes a webhook queue message carries, or names the blob of. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { Change } from './split.ts'

const Changes = z.array(
  z.object({
    entry_id: z.string().nullable(),
    entry_time: z.number().nullable(),
    field: z.string(),
    value: z.unknown(),
  }),
)

export async function loadChanges(
  { blobs }: Pick<Deps, 'blobs'>,
  message: QueueMessage<'webhook-account'>,
): Promise<Change[]> {
  if ('changes' in message) return Changes.parse(message.changes)
  return Changes.parse(JSON.parse((await blobs.get('webhook-bodies', message.blob)).toString('utf8')))
}
