/** Reads phone numbers for other verbs and for the API. */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { phoneNumberDirectory } from './directory.ts'
import { META_ID, type PhoneNumber, type PhoneNumberStatus } from './schema.ts'
import { phoneNumberStore } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

/** Disconnected ones not. One query. */
export async function countPhoneNumbers({ containers }: ReadDeps, workspaceId: WorkspaceId): Promise<number> {
  return (await phoneNumberStore(containers).list([workspaceId], undefined, { limit: 1, offset: 0 })).total
}

/** By our id or Meta's digits. Throws `phone_number_not_found`. */
export async function findPhoneNumber(
  deps: ReadDeps,
  workspaceId: WorkspaceId,
  idOrMetaDigits: string,
): Promise<PhoneNumber> {
  const phoneNumber = await phoneNumberOrNone(deps, workspaceId, idOrMetaDigits)
  if (!phoneNumber) throw new AppError('phone_number_not_found', NOT_FOUND_WORDS)
  return phoneNumber
}

/** As `findPhoneNumber`, for callers to whom a missing number is no error. */
export async function phoneNumberOrNone(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  idOrMetaDigits: string,
): Promise<PhoneNumber | undefined> {
  return (await phoneNumberStore(containers).find(workspaceId, idOrMetaDigits))?.value
}

/**
 * What `phone_number_id` in a body names: our id or Meta's digits. 422 in one wording for a number that is unknown,
 * deleted or another workspace's.
 */
export async function resolvePhoneNumber(deps: ReadDeps, workspaceId: WorkspaceId, ref: string): Promise<PhoneNumber> {
  const phoneNumber = await phoneNumberOrNone(deps, workspaceId, ref)
  if (!phoneNumber) throw fieldProblem(['body', 'phone_number_id'], 'No phone number of this workspace has this id')
  return phoneNumber
}

/** The account of a number that a body names. 422 for one that was connected without it. */
export function wabaIdOf({ waba_id }: Pick<PhoneNumber, 'waba_id'>): string {
  if (waba_id !== null) return waba_id
  throw fieldProblem(
    ['body', 'phone_number_id'],
    'This number was connected without its business_id (its WhatsApp Business Account), which templates belong to: ' +
      'disconnect it, and connect it again with its business_id',
  )
}

/**
 * What `phone_number_id` as a filter stands for: the id to compare with, or undefined if nothing can match. A deleted
 * number's own id still finds what was made with it; no document is read for one of our ids.
 */
export async function phoneNumberIdOfFilter(
  deps: ReadDeps,
  workspaceId: WorkspaceId,
  ref: string,
): Promise<string | undefined> {
  if (!META_ID.test(ref)) return ref.toLowerCase()
  return (await phoneNumberOrNone(deps, workspaceId, ref))?.id
}

/** Accounts have some dozen numbers; a workspace's are looked through for them. */
const MOST_NUMBERS = 500

/** Our numbers of a WhatsApp Business Account, in whatever workspaces: what webhooks about the account are about. */
export async function numbersOfWaba(deps: ReadDeps, wabaId: string): Promise<PhoneNumber[]> {
  const workspaceIds = await workspacesOfWaba(deps, wabaId)
  if (workspaceIds.length === 0) return []
  const page = { limit: MOST_NUMBERS, offset: 0, cursor: undefined }
  const { items } = await phoneNumberStore(deps.containers).list(workspaceIds, undefined, page)
  return items.filter((phoneNumber) => phoneNumber.waba_id === wabaId)
}

/** The workspaces that use a WhatsApp Business Account: where webhooks about the account belong. */
export function workspacesOfWaba({ containers }: ReadDeps, wabaId: string): Promise<WorkspaceId[]> {
  return phoneNumberDirectory(containers).workspacesOfWaba(wabaId)
}

/** Several workspaces as one list. */
export function listPhoneNumbers(
  { containers }: ReadDeps,
  workspaceIds: readonly WorkspaceId[],
  status: PhoneNumberStatus | undefined,
  page: Page,
): Promise<Listed<PhoneNumber>> {
  return phoneNumberStore(containers).list(workspaceIds, status, page)
}
