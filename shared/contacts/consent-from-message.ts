/** Opt-out and opt-in by a word that a person writes, or by a button that says it. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { conversationId, type WorkspaceId } from '../ids.ts'
import { reply } from '../messages/reply.ts'
import type { EffectiveSettings, SettingsOf } from '../workspaces/settings.ts'
import { couldBeWord, isAmong, OPT_IN_WORDS, OPT_OUT_WORDS } from './consent-words.ts'
import { personOfContact } from './person.ts'
import { recordConsent } from './record-consent.ts'
import { isOptedOut, type Consent, type Contact } from './schema.ts'

export interface WrittenText {
  /** Of a text, or of the button that was pressed. */
  text: string
  /** Meta's time, ISO 8601. */
  at: string
  wamid: string
  /** Ours, that the person wrote to: what confirms it is sent from there. */
  phoneNumberId: string
}

type ConsentDeps = Pick<Deps, 'containers' | 'queues' | 'log' | 'messageCounts' | 'now' | 'once'> &
  Partial<Pick<Deps, 'backOff'>> & { settingsOf: SettingsOf }

/**
 * The contact if this changed its consent. Call it after the message is stored, so that the service window is open for the
 * answer. Asks nothing for texts too long to be a word; safe to run again.
 */
export async function consentFromMessage(
  deps: ConsentDeps,
  workspaceId: WorkspaceId,
  contact: Contact,
  { text, at, wamid, phoneNumberId }: WrittenText,
): Promise<Contact | undefined> {
  if (!couldBeWord(text)) return undefined
  const settings = await deps.settingsOf(workspaceId)
  const kind = kindOf(text, contact, settings)
  if (!kind) return undefined
  const changed = await recordConsent(deps, workspaceId, contact.id, { kind, at, source: 'inbound', key: wamid })
  if (!changed) return undefined
  deps.log.info('contact.consent', { workspace_id: workspaceId, contact_id: changed.id, kind })
  const words = kind === 'opt_out' ? settings.optOutReply : settings.optInReply
  if (words !== undefined) await confirm(deps, workspaceId, changed, { phoneNumberId, words })
  return changed
}

/** A word of ours takes back a no. It makes nobody opt in who never said anything: only a word that the workspace told them does. */
function kindOf(text: string, contact: Contact, settings: EffectiveSettings): Consent['kind'] | undefined {
  if (isAmong(text, settings.optOutWords ?? OPT_OUT_WORDS)) return 'opt_out'
  if (settings.optInWords) return isAmong(text, settings.optInWords) ? 'opt_in' : undefined
  return isOptedOut(contact) && isAmong(text, OPT_IN_WORDS) ? 'opt_in' : undefined
}

/** Once: whoever changed the consent sends it, and a crash in between leaves it out. To the number, or to who hides it. */
async function confirm(
  deps: ConsentDeps,
  workspaceId: WorkspaceId,
  contact: Contact,
  { phoneNumberId, words }: { phoneNumberId: string; words: string },
): Promise<void> {
  try {
    const id = conversationId(workspaceId, phoneNumberId, personOfContact(contact))
    await reply(deps, workspaceId, id, { type: 'text', text: words })
  } catch (error) {
    // Outside the window, or from a number that cannot send: consent stands without an answer.
    deps.log.warn('contact.consent_not_confirmed', {
      workspace_id: workspaceId,
      contact_id: contact.id,
      reason: error instanceof AppError ? error.code : 'unknown',
    })
  }
}
