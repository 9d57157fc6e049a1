/** The numbers of a workspace that what Meta said about one of them is about, too. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { appSecretOf, type PhoneNumber } from './schema.ts'
import { phoneNumberStore } from './store.ts'

export type Shared = 'account' | 'app'

/** A workspace's numbers are looked through for them. */
const MOST_NUMBERS = 500

/**
 * Those of the same WhatsApp Business Account, or of the same Meta app; the number itself among them, deleted ones not. Other
 * workspaces hear it themselves: nobody's word slows down, or stops, somebody else.
 */
export async function numbersSharing(
  { containers, config }: Pick<Deps, 'containers' | 'config'>,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  shared: Shared,
): Promise<PhoneNumber[]> {
  const page = { limit: MOST_NUMBERS, offset: 0, cursor: undefined }
  const { items } = await phoneNumberStore(containers).list([workspaceId], undefined, page)
  const one = items.find(({ id }) => id === phoneNumberId)
  if (!one) return []
  const secretOf = (phoneNumber: PhoneNumber) => appSecretOf(config, phoneNumber)
  return items.filter((other) => {
    if (other.id === one.id) return true
    return shared === 'app' ? secretOf(other) === secretOf(one) : one.waba_id !== null && other.waba_id === one.waba_id
  })
}
