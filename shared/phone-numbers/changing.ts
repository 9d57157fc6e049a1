/** One change of a number that other requests change too. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { PhoneNumber } from './schema.ts'
import { phoneNumberStore } from './store.ts'

/** Reads, decides and writes; decides anew when somebody else wrote in between. `decide` returns its input to leave it. */
export function changing(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  decide: (phoneNumber: PhoneNumber) => PhoneNumber,
): Promise<PhoneNumber> {
  const phoneNumbers = phoneNumberStore(containers)
  return retryingConflicts(async () => {
    const stored = await phoneNumbers.find(workspaceId, phoneNumberId)
    if (!stored) throw new AppError('phone_number_not_found', NOT_FOUND_WORDS)
    const next = decide(stored.value)
    return next === stored.value ? next : (await phoneNumbers.replace(stored, next)).value
  })
}
