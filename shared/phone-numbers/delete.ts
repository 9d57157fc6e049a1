/**
 * Disconnects a number for good. Its row is marked first, then Meta's number becomes free: stopped in between, it is
 * free all the same (see create.ts), and asking again tidies up. Meta is not told: other workspaces may use the account.
 */
import { campaignsUsingNumber, pauseCampaignsOfNumber } from '../campaigns/of-number.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { phoneNumberDirectory } from './directory.ts'
import type { PhoneNumber } from './schema.ts'
import { phoneNumberStore } from './store.ts'

type DeleteDeps = Pick<Deps, 'containers' | 'gates' | 'log' | 'now'>

export async function deletePhoneNumber(
  deps: DeleteDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<void> {
  const { phoneNumber, wasDeleted } = await markDeleted(deps, workspaceId, phoneNumberId)
  await phoneNumberDirectory(deps.containers).releaseNumber(phoneNumber.meta_id, phoneNumber.id)
  if (wasDeleted) throw new AppError('phone_number_not_found', NOT_FOUND_WORDS)
  // One that was started between the check and the write would find out by itself, a little later.
  await pauseCampaignsOfNumber(deps, workspaceId, phoneNumber.id, { reason: 'The phone number was deleted' })
  deps.log.info('phone_number.deleted', { workspace_id: workspaceId, phone_number_id: phoneNumber.id })
}

function markDeleted(
  deps: DeleteDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<{ phoneNumber: PhoneNumber; wasDeleted: boolean }> {
  const phoneNumbers = phoneNumberStore(deps.containers)
  return retryingConflicts(async () => {
    const stored = await phoneNumbers.findAny(workspaceId, phoneNumberId)
    if (!stored) throw new AppError('phone_number_not_found', NOT_FOUND_WORDS)
    if (stored.value.deleted_at !== undefined) return { phoneNumber: stored.value, wasDeleted: true }
    await checkUnused(deps, stored.value)
    const at = deps.now().toISOString()
    // A row that nothing can send with any more needs no secrets.
    const deleted = { ...stored.value, access_token: '', app_secret: null, deleted_at: at, updated_at: at }
    await phoneNumbers.replace(stored, deleted)
    return { phoneNumber: deleted, wasDeleted: false }
  })
}

async function checkUnused(deps: DeleteDeps, { workspace_id, id }: PhoneNumber): Promise<void> {
  const [campaign] = await campaignsUsingNumber(deps, workspace_id, id)
  if (!campaign) return
  throw new AppError(
    'phone_number_in_use',
    'A campaign sends with this number, or will go on with it: wait for its end, or cancel it first',
    { details: { campaign_id: campaign.id } },
  )
}
