/** What a person's own messages tell about them: name, username and user id. */
import { isDeepStrictEqual } from 'node:util'
import { withoutYes } from './consent.ts'
import { tidy } from './fold.ts'
import { MAX_NAME_LENGTH, profileFields, restored, tidyName, type Contact } from './schema.ts'

export interface Told {
  /** For this business (BSUID), and for the business it belongs to. */
  userId?: string | undefined
  parentUserId?: string | undefined
  profileName?: string | undefined
  /** With or without `@`. */
  username?: string | undefined
  /** Meta's time of the message, ISO 8601. */
  at: string
}

const MAX_USERNAME_LENGTH = 100

/** The same contact if nothing is new. A name that anybody gave the contact stays; older messages than the last tell nothing. */
export function asTold(contact: Contact, told: Told, now: Date): Contact {
  if (contact.profile_at !== undefined && contact.profile_at > told.at) return contact
  const name = contact.name ?? tidyName(told.profileName?.slice(0, MAX_NAME_LENGTH))
  const ids = identityFields({
    user_id: told.userId,
    parent_user_id: told.parentUserId,
    username: tidyUsername(told.username),
  })
  const next = { ...contact, ...profileFields({ name, tags: contact.tags }), ...ids }
  if (isDeepStrictEqual(next, contact)) return contact
  return { ...next, profile_at: told.at, updated_at: now.toISOString() }
}

type Identity = { [Field in 'user_id' | 'parent_user_id' | 'username']?: string | undefined }

/** Those of them that are there: what is not told does not take away what is known. */
export function identityFields({ user_id, parent_user_id, username }: Identity) {
  return {
    ...(user_id === undefined ? {} : { user_id }),
    ...(parent_user_id === undefined ? {} : { parent_user_id }),
    ...(username === undefined ? {} : { username, username_folded: foldUsername(username) }),
  }
}

/** The form usernames are searched by: they have no case. */
export function foldUsername(username: string): string {
  return tidy(username).replace(/^@/, '').toLowerCase()
}

/** Given for other reasons, too: one such failure says little. */
export const NOT_ON_WHATSAPP = 131026

/** A contact whose person wrote: a deleted one is back, and no opt-in came back with it. */
export function revived(contact: Contact, wroteAt: string, now: Date): Contact {
  const reached = reachedAt(contact, wroteAt, now)
  if (!reached.deleted || (reached.deleted_at ?? '') >= wroteAt) return reached
  const back = restored(reached, reached, now)
  return withoutYes(back, 'wrote')
}

/** Who writes is on WhatsApp, whatever Meta said of an earlier message. */
function reachedAt(contact: Contact, wroteAt: string, now: Date): Contact {
  const { unreachable, doubted_at, ...reached } = contact
  const isOther = unreachable !== undefined && unreachable.code !== NOT_ON_WHATSAPP
  const since = isOther ? doubted_at : (unreachable?.at ?? doubted_at)
  if (since === undefined || since >= wroteAt) return contact
  return { ...reached, ...(isOther && { unreachable }), reached_at: wroteAt, updated_at: now.toISOString() }
}

function tidyUsername(username: string | undefined): string | undefined {
  const tidied = tidy(username ?? '')
    .replace(/^@/, '')
    .slice(0, MAX_USERNAME_LENGTH)
  return tidied === '' ? undefined : tidied
}
