/** Adds tags to a contact or takes them away, whoever else changes it at the same time. Doing it again changes nothing. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { findUndeleted } from './find.ts'
import { foldTag } from './fold.ts'
import { MAX_TAGS, profileFields, tidyTags, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

export interface TagChange {
  add?: readonly string[]
  remove?: readonly string[]
}

export function changeTags(
  { containers, now, backOff }: Pick<Deps, 'containers' | 'now'> & Partial<Pick<Deps, 'backOff'>>,
  workspaceId: WorkspaceId,
  contactId: string,
  change: TagChange,
): Promise<Contact> {
  const store = contactStore(containers)
  return retryingConflicts(async () => {
    const stored = await findUndeleted(store, workspaceId, contactId)
    const next = withTags(stored.value, change, now())
    if (next === 'too many') throw fieldProblem(['body', 'tags'], `A contact has at most ${MAX_TAGS} tags`)
    return next === stored.value ? next : (await store.replace(stored, next)).value
  }, backOff)
}

/** The same contact if nothing changes. Tags it has keep their spelling. */
export function withTags(contact: Contact, { add = [], remove = [] }: TagChange, now: Date): Contact | 'too many' {
  const gone = new Set(remove.map(foldTag))
  const tags = tidyTags([...contact.tags, ...add]).filter((tag) => !gone.has(foldTag(tag)))
  if (tags.length === contact.tags.length && tags.every((tag, index) => tag === contact.tags[index])) return contact
  if (tags.length > MAX_TAGS && tags.length > contact.tags.length) return 'too many'
  return { ...contact, ...profileFields({ name: contact.name, tags }), updated_at: now.toISOString() }
}
