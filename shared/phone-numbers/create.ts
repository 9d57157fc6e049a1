/**
 * Connects a phone number. Meta is asked first, so that nobody claims a number they hold no token for; then the number
 * is claimed in `directory`, then its row is written. A claim whose row was never written is finished by asking again
 * from the same workspace, and becomes free for others once the request that made it must have ended. A claim whose
 * row is deleted is free at once.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError, isConflict } from '../errors.ts'
import { isOwn, madeBy } from '../idempotency/once.ts'
import { newId, type WorkspaceId } from '../ids.ts'
import { askMeta, checkIsOfWaba, subscribeToWaba } from './ask-meta.ts'
import { phoneNumberDirectory } from './directory.ts'
import { expiryOf } from './meta-token.ts'
import { sealAppSecret, sealToken, type PhoneNumber } from './schema.ts'
import { phoneNumberStore } from './store.ts'
import { checkRoomForNumber, placeForNumber } from '../workspaces/quotas.ts'
import { countPhoneNumbers } from './find.ts'

export interface NewPhoneNumber {
  metaId: string
  accessToken: string
  displayName: string | null
  wabaId: string | null
  /** Of the Meta app that sends its webhooks, if it is not this server's. */
  appSecret?: string | null | undefined
}

/** Longer than host.json lets any request run. */
const CLAIM_MS = 15 * 60 * 1000

type CreateDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'log' | 'now' | 'once'>

export async function createPhoneNumber(
  deps: CreateDeps,
  workspaceId: WorkspaceId,
  { metaId, accessToken, displayName, wabaId, appSecret }: NewPhoneNumber,
): Promise<PhoneNumber> {
  const { config, containers, now, once } = deps
  const earlier = await connectedEarlier(deps, workspaceId, metaId)
  if (earlier) return earlier
  await checkRoomForNumber(deps, workspaceId, () => countPhoneNumbers(deps, workspaceId))
  const [facts, expiresAt] = await Promise.all([askMeta(deps, metaId, accessToken), expiryOf(deps, accessToken)])
  if (wabaId !== null) await checkIsOfWaba(deps, { metaId, wabaId, token: accessToken })
  const id = await claim(deps, workspaceId, metaId)
  if (wabaId !== null) await phoneNumberDirectory(containers).addToWaba(wabaId, workspaceId)
  const isActive = facts.meta_status === 'CONNECTED'
  const isSubscribed = wabaId !== null && (await subscribeToWaba(deps, wabaId, accessToken))
  const at = now().toISOString()
  const phoneNumber: PhoneNumber = {
    id,
    workspace_id: workspaceId,
    type: 'phone_number',
    v: 1,
    meta_id: metaId,
    waba_id: wabaId,
    display_name: displayName,
    ...facts,
    status: isActive ? 'active' : 'pending',
    is_subscribed: isSubscribed,
    access_token: sealToken(config, { id, workspace_id: workspaceId }, accessToken),
    app_secret: appSecret ? sealAppSecret(config, { id, workspace_id: workspaceId }, appSecret) : null,
    token_expires_at: expiresAt,
    token_refused_at: null,
    trouble: null,
    synced_at: at,
    ...madeBy(once),
    verified_at: isActive ? at : null,
    created_at: at,
    updated_at: at,
  }
  await store(deps, phoneNumber)
  return phoneNumber
}

/** Looks once more whether the plan has a place for it: of those who asked at once, only as many as it has may go on. */
async function store(deps: CreateDeps, phoneNumber: PhoneNumber): Promise<void> {
  const { workspace_id: workspaceId, id } = phoneNumber
  const phoneNumbers = phoneNumberStore(deps.containers)
  await retryingConflicts(async () => {
    if (await phoneNumbers.findAny(workspaceId, id)) throw taken()
    const place = await placeForNumber(deps, workspaceId, () => countPhoneNumbers(deps, workspaceId))
    await phoneNumbers.createWith(phoneNumber, place)
  })
}

/** What an earlier run of this request connected. */
async function connectedEarlier(
  { containers, once }: CreateDeps,
  workspaceId: WorkspaceId,
  metaId: string,
): Promise<PhoneNumber | undefined> {
  const row = once.isRepeat ? await phoneNumberStore(containers).findAny(workspaceId, metaId) : undefined
  return row && isOwn(once, row.value) ? row.value : undefined
}

/** The id under which this workspace may write the number's row. */
async function claim(deps: CreateDeps, workspaceId: WorkspaceId, metaId: string): Promise<string> {
  try {
    return await retryingConflicts(() => claimOnce(deps, workspaceId, metaId))
  } catch (error) {
    if (isConflict(error)) throw taken()
    throw error
  }
}

/** Throws `conflict` if the number's entry changed while this looked at it: somebody claimed or released it. */
async function claimOnce({ containers, now }: CreateDeps, workspaceId: WorkspaceId, metaId: string): Promise<string> {
  const directory = phoneNumberDirectory(containers)
  const fresh = { workspaceId, phoneNumberId: newId('phoneNumber', workspaceId), at: now().toISOString() }
  const known = await directory.findNumber(metaId)
  if (!known) {
    await directory.claimNumber(metaId, fresh)
    return fresh.phoneNumberId
  }
  const { workspace_id, phone_number_id, claimed_at } = known.value
  const row = await phoneNumberStore(containers).findAny(workspace_id, phone_number_id)
  if (row && row.value.deleted_at === undefined) throw taken()
  if (!row && workspace_id === workspaceId) return phone_number_id
  if (!row && now().getTime() - Date.parse(claimed_at) < CLAIM_MS) throw taken()
  await directory.reclaimNumber(known, metaId, fresh)
  return fresh.phoneNumberId
}

function taken(): AppError {
  return new AppError('phone_number_taken', 'This number is connected already, here or in another workspace')
}
