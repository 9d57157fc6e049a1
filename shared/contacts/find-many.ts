/** The contacts behind ids that were noted elsewhere: some may be aliases by now, and lead to the contact of today. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Contact } from './schema.ts'
import { contactStore } from './store.ts'

/** By the id that was asked for (≤ 200), deleted ones too. One request, and one more where there are aliases. */
export async function contactsById(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  ids: readonly string[],
): Promise<Map<string, Contact>> {
  const store = contactStore(containers)
  const found = (await store.lookMany(workspaceId, [...new Set(ids)])).map(({ value }) => value)
  const contacts = new Map(found.flatMap((one) => (one.type === 'contact' ? [[one.id, one] as const] : [])))
  const aliases = found.flatMap((one) => (one.type === 'alias' ? [one] : []))
  const targets = [...new Set(aliases.map(({ contact_id }) => contact_id))].filter((id) => !contacts.has(id))
  const more = targets.length === 0 ? [] : await store.findMany(workspaceId, targets)
  const behind = new Map([...contacts, ...more.map(({ value }) => [value.id, value] as const)])
  for (const { id, contact_id } of aliases) {
    const contact = behind.get(contact_id)
    if (contact) contacts.set(id, contact)
  }
  return contacts
}
