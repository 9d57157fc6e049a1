/**
 * Everything that is held about one person, as JSON that is written while it is read: some messages are in memory at a time, however
 * many there are.
 */
import type { Deps } from '../deps.ts'
import { recipientMessageId, type WorkspaceId } from '../ids.ts'
import type { Media } from '../media/schema.ts'
import { mediaOrNone } from '../media/find.ts'
import { messageDetail } from '../messages/message-detail.ts'
import { withNotes } from '../messages/read-conversation.ts'
import { messageStore } from '../messages/store.ts'
import { placesOf } from '../recipients/of-person.ts'
import { contactResponse } from './api.ts'
import { erasOf } from './eras.ts'
import { findUndeleted } from './find.ts'
import { wholeLedger } from './ledger.ts'
import { consentEntry } from './people-api.ts'
import type { Contact, Era } from './schema.ts'
import { contactStore } from './store.ts'

const MESSAGES_PER_READ = 100

type ExportDeps = Pick<Deps, 'containers' | 'now'>

/** Throws `contact_not_found` before anything is written. */
export async function exportPerson(
  deps: ExportDeps,
  workspaceId: WorkspaceId,
  contactId: string,
): Promise<AsyncIterable<Uint8Array>> {
  const { value: contact } = await findUndeleted(contactStore(deps.containers), workspaceId, contactId)
  return written(deps, contact)
}

async function* written(deps: ExportDeps, contact: Contact): AsyncGenerator<Uint8Array> {
  const eras = erasOf(contact)
  const head = {
    exported_at: deps.now().toISOString(),
    contact: contactResponse(contact),
    former_ids: contact.former_ids ?? [],
  }
  yield Buffer.from(JSON.stringify(head).slice(0, -1))
  yield* list('consents', consentsOf(deps, contact))
  yield* list('conversations', conversationsOf(deps, contact, eras))
  yield* list('messages', messagesOf(deps, contact, eras))
  yield* list('campaign_recipients', recipientsOf(deps, contact, eras))
  yield Buffer.from('}\n')
}

async function* list(name: string, items: AsyncIterable<unknown[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`,${JSON.stringify(name)}:[`)
  let isFirst = true
  for await (const some of items) {
    if (some.length === 0) continue
    yield Buffer.from(`${isFirst ? '' : ','}${some.map((item) => JSON.stringify(item)).join(',')}`)
    isFirst = false
  }
  yield Buffer.from(']')
}

async function* consentsOf({ containers }: ExportDeps, contact: Contact): AsyncGenerator<unknown[]> {
  for await (const entries of wholeLedger(contactStore(containers), contact)) yield entries.map(consentEntry)
}

async function* conversationsOf({ containers }: ExportDeps, contact: Contact, eras: Era[]): AsyncGenerator<unknown[]> {
  const found = await messageStore(containers).conversationsOf(contact.workspace_id, eras)
  yield found.map(({ value }) => {
    const { id, phone_number_id, person, last_inbound_at, created_at, last_activity_at } = value
    return { id, phone_number_id, person, last_inbound_at, created_at, last_activity_at }
  })
}

async function* messagesOf(deps: ExportDeps, { workspace_id }: Contact, eras: Era[]): AsyncGenerator<unknown[]> {
  const store = messageStore(deps.containers)
  const until = deps.now().toISOString()
  let after: { created_at: string; id: string } | undefined
  do {
    const read = { until, after, take: MESSAGES_PER_READ, erased: true }
    const found = (await store.messagesOf(workspace_id, eras, read)).map(({ value }) => value)
    const details = (await withNotes(store, workspace_id, found)).map(messageDetail)
    yield await Promise.all(
      details.map(async (detail) => ({ ...detail, file: await fileOf(deps, workspace_id, detail.media?.media_id) })),
    )
    const last = found.length < MESSAGES_PER_READ ? undefined : found.at(-1)
    after = last && { created_at: last.created_at, id: last.id }
  } while (after)
}

/** Its bytes are at GET /api/media/{id}/download. */
async function fileOf(deps: ExportDeps, workspaceId: WorkspaceId, id: string | null | undefined) {
  const media: Media | undefined = id ? await mediaOrNone(deps, workspaceId, id) : undefined
  return media
    ? { media_id: media.id, mime_type: media.mime_type, file_name: media.file_name, file_size: media.file_size }
    : null
}

async function* recipientsOf(deps: ExportDeps, { workspace_id }: Contact, eras: Era[]): AsyncGenerator<unknown[]> {
  const ids = [...new Set(eras.map(({ contact_id }) => contact_id))]
  for await (const { campaign, page, position } of placesOf(deps, workspace_id, ids)) {
    const era = eras.filter(({ contact_id }) => contact_id === page.contacts[position])
    if (!era.some(({ from, until }) => isIn(campaign.created_at, from, until))) continue
    yield [
      {
        campaign_id: campaign.id,
        campaign_name: campaign.name,
        created_at: campaign.created_at,
        message_id: recipientMessageId({ campaignId: campaign.id, page: page.number, position }),
        to_number: page.addresses[position],
        values: page.parameters[position],
        wa_message_id: page.wamids[position] ?? null,
      },
    ]
  }
}

function isIn(at: string, from: string | null, until: string | null): boolean {
  return (from === null || at > from) && (until === null || at <= until)
}
