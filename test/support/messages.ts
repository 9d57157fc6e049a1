/** Messages made through the product's own verbs. */
import type { Deps } from '../../shared/deps.ts'
import { newId, newUuid, type WorkspaceId } from '../../shared/ids.ts'
import type { Media } from '../../shared/media/schema.ts'
import { mediaStore } from '../../shared/media/store.ts'
import { personKey } from '../../shared/contacts/person.ts'
import { queueText } from '../../shared/messages/queue-text.ts'
import { receiveMessage } from '../../shared/messages/receive.ts'
import type { OutboundMessage } from '../../shared/messages/schema.ts'
import { aPng } from './media-samples.ts'

/** The person writes to the number, now: its service window opens. */
export async function opensWindow(
  deps: Deps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  person: string,
): Promise<void> {
  const address = { workspaceId, phoneNumberId, person: personKey(person.replace('+', '')) }
  await receiveMessage(deps, address, {
    direction: 'inbound',
    wamid: `wamid.${newUuid()}`,
    sentAt: deps.now().toISOString(),
    item: { type: 'text', text: { body: 'Hello' } },
    sender: null,
    contactId: null,
    formerContactIds: [],
    by: 'contact',
    isHistory: false,
  })
}

/** A text that is queued as an answer. */
export async function aQueuedText(
  deps: Deps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  to = '+12015550123',
): Promise<OutboundMessage> {
  await opensWindow(deps, workspaceId, phoneNumberId, to)
  return queueText(deps, workspaceId, { phone_number_id: phoneNumberId, to, text: 'Hello' })
}

/** An image of the workspace as an upload leaves it. */
export async function aStoredImage({ blobs, containers, now }: Deps, workspaceId: WorkspaceId): Promise<Media> {
  const at = now().toISOString()
  const media: Media = {
    id: newId('media', workspaceId),
    type: 'media',
    v: 1,
    workspace_id: workspaceId,
    kind: 'image',
    mime_type: 'image/png',
    is_playable: true,
    file_name: 'dot.png',
    file_size: aPng().length,
    blob: newUuid(),
    uploaded_by: null,
    source: 'upload',
    at_meta: [],
    created_at: at,
    updated_at: at,
  }
  await blobs.put('media', media.blob, aPng(), media.mime_type)
  await mediaStore(containers).create(media)
  return media
}
