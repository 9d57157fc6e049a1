/** What a message says about the person beyond being a message: a word of consent, another number, another user id. */
import { consentFromMessage } from '../contacts/consent-from-message.ts'
import { phoneOf } from '../contacts/for-inbound.ts'
import { personKey } from '../contacts/person.ts'
import type { Contact } from '../contacts/schema.ts'
import { applySystemNote } from '../contacts/system-notes.ts'
import type { Deps } from '../deps.ts'
import { continueAfterChange } from '../messages/change-of-number.ts'
import { contentOf } from '../messages/content.ts'
import { kindOf } from '../messages/kinds.ts'
import { hasObject, objectIn } from '../messages/read-json.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { SettingsOf } from '../workspaces/settings.ts'
import type { ReadMessage } from './read-messages.ts'

type FollowDeps = Pick<Deps, 'containers' | 'log' | 'messageCounts' | 'now' | 'once' | 'queues'> & {
  settingsOf: SettingsOf
}

/** Where a person says a word to the business alone. */
const WITH_WORDS = new Set(['text', 'button', 'interactive'])

/** Safe to run again. What the business wrote, what is long past, and what is said to a group says nothing. */
export async function followPerson(
  deps: FollowDeps,
  owner: NumberOwner,
  contact: Contact,
  read: ReadMessage,
): Promise<void> {
  if (read.direction !== 'inbound' || read.isHistory || read.groupId !== undefined) return
  const kind = kindOf(read.item)
  if (kind === 'system') {
    await followNote(deps, owner, read)
    return
  }
  const { text } = contentOf(read.item)
  if (text === null || !WITH_WORDS.has(kind)) return
  const { wamid, sentAt: at } = read
  const { workspaceId, phoneNumberId } = owner
  await consentFromMessage(deps, workspaceId, contact, { text, at, wamid, phoneNumberId })
}

async function followNote(deps: FollowDeps, { workspaceId, phoneNumberId }: NumberOwner, read: ReadMessage) {
  const { item, waId, userId, sentAt: at } = read
  const system = objectIn(item, 'system')
  const identity = objectIn(hasObject(item, 'identity') ? item : system, 'identity')
  await applySystemNote(deps, workspaceId, { waId, userId, at, system, identity })
  const change = changeIn(read)
  if (change) await continueAfterChange(deps, { workspaceId, phoneNumberId }, { ...change, at })
}

/** Of a person with a number, only the number names their conversation. */
function changeIn({ item, waId, userId }: ReadMessage): { from: string; to: string } | undefined {
  const { new_wa_id: number, new_user_id: id } = contentOf(item).system ?? {}
  const digits = number?.replace(/\D/g, '') ?? ''
  if (waId !== undefined && digits !== '') return { from: personKey(waId), to: personKey(phoneOf(digits).waId) }
  return waId === undefined && userId !== undefined && id != null ? { from: userId, to: id } : undefined
}
