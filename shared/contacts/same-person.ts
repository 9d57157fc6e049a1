/**
 * Consent is a person's, whichever way their number is written. Two numbers of these countries reach the same WhatsApp
 * account, and lists have both: Brazil put a 9 before its mobile numbers, Argentina has one after the country code.
 * (Mexico's 1 is taken out where numbers are read: see phone.ts.)
 */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { contactId, isOptedOut, type Contact } from './schema.ts'
import { contactStore } from './store.ts'

/** The other form of a WhatsApp id, if there is one. */
export function otherForm(waId: string): string | undefined {
  const [, area = '', nine, number = ''] = /^55(\d\d)(9?)([6-9]\d{7})$/.exec(waId) ?? []
  if (number !== '') return `55${area}${nine === '' ? '9' : ''}${number}`
  const [, mobile, national = ''] = /^54(9?)(\d{10})$/.exec(waId) ?? []
  return national === '' ? undefined : `54${mobile === '' ? '9' : ''}${national}`
}

/** Whether this person said no under either form. `known` is the contact with the number itself; deleted ones count. */
export async function hasOptedOut(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  waId: string,
  known: Contact | undefined,
): Promise<boolean> {
  if (known && isOptedOut(known)) return true
  const other = otherForm(waId)
  if (other === undefined) return false
  const twin = await contactStore(containers).find(workspaceId, contactId(workspaceId, other))
  return twin !== undefined && isOptedOut(twin.value)
}
