/**
 * Changes a number: its friendly name, its secrets, and whether it may send. Whatever could make it send is checked with
 * Meta first; whatever keeps it from sending pauses the campaigns that use it.
 */
import { pauseCampaignsOfNumber } from '../campaigns/of-number.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { askMeta, type MetaFacts } from './ask-meta.ts'
import { changing } from './changing.ts'
import { findPhoneNumber } from './find.ts'
import { expiryOf } from './meta-token.ts'
import { sealAppSecret, sealToken, tokenOf, type PhoneNumber, type PhoneNumberStatus } from './schema.ts'

/** Absent or null: leave it. An empty name takes away the name. */
export interface PhoneNumberChanges {
  displayName?: string | null | undefined
  accessToken?: string | null | undefined
  status?: PhoneNumberStatus | null | undefined
  /** Empty: takes it away. */
  appSecret?: string | null | undefined
}

type UpdateDeps = Pick<Deps, 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now'>

export async function updatePhoneNumber(
  deps: UpdateDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  changes: PhoneNumberChanges,
): Promise<PhoneNumber> {
  const known = await findPhoneNumber(deps, workspaceId, phoneNumberId)
  const checked = await checkWithMeta(deps, known, changes)
  const phoneNumber = await changing(deps, workspaceId, known.id, (current) => {
    const next = { ...current, ...changed(deps, current, changes), ...checked }
    if (!differs(current, next)) return current
    // Meta's word lifts a number that waited for it; one that a person disabled stays so until a person says otherwise.
    const lifts = next.status === 'pending' && !changes.status && checked?.meta_status === 'CONNECTED'
    const status = lifts ? 'active' : next.status
    const at = deps.now().toISOString()
    const isNewlyActive = status === 'active' && current.status !== 'active'
    return { ...next, status, verified_at: isNewlyActive ? at : current.verified_at, updated_at: at }
  })
  // Asked for again, too: the first request may have been stopped before it came here.
  if (changes.status && phoneNumber.status !== 'active') {
    await pauseCampaignsOfNumber(deps, workspaceId, known.id, { reason: `The phone number is ${phoneNumber.status}` })
  }
  return phoneNumber
}

function changed(
  { config }: Pick<Deps, 'config'>,
  current: PhoneNumber,
  { appSecret, displayName, status }: PhoneNumberChanges,
) {
  const newSecret = appSecret ? sealAppSecret(config, current, appSecret) : null
  return {
    app_secret: typeof appSecret === 'string' ? newSecret : current.app_secret,
    display_name: typeof displayName === 'string' ? displayName || null : current.display_name,
    status: status ?? current.status,
  }
}

type Checked = MetaFacts &
  Pick<PhoneNumber, 'access_token' | 'token_expires_at' | 'token_refused_at' | 'synced_at' | 'trouble'>

/** Undefined if the change needs no word of Meta's. */
async function checkWithMeta(
  deps: UpdateDeps,
  known: PhoneNumber,
  { accessToken, status }: PhoneNumberChanges,
): Promise<Checked | undefined> {
  const activates = status === 'active' && known.status !== 'active'
  if (!accessToken && !activates) return undefined
  const token = accessToken ?? tokenOf(deps.config, known)
  const [facts, expiresAt] = await Promise.all([askMeta(deps, known.meta_id, token), expiryOf(deps, token)])
  if (activates && facts.meta_status !== 'CONNECTED') {
    throw new AppError(
      'phone_number_not_active',
      `Meta says the number is ${facts.meta_status}; only a CONNECTED one can send`,
    )
  }
  return {
    ...facts,
    access_token: accessToken ? sealToken(deps.config, known, accessToken) : known.access_token,
    token_expires_at: expiresAt,
    token_refused_at: null,
    trouble: facts.meta_status === 'CONNECTED' ? null : known.trouble,
    synced_at: deps.now().toISOString(),
  }
}

function differs(current: PhoneNumber, next: PhoneNumber): boolean {
  // True for every key of `next`: it is a copy of `current` with some values changed.
  const keys = Object.keys(next) as (keyof PhoneNumber)[]
  return keys.some((key) => current[key] !== next[key])
}
