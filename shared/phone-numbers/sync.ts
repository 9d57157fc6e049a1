/**
 * Asks Meta anew about a number. Its word lifts a number that waited for it; it never takes one out of use, because
 * Meta's words for a number that cannot send differ, and Meta refuses such sends itself, which pauses their campaign.
 */
import { pauseCampaignsOfNumber } from '../campaigns/of-number.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { isTokenRefusal } from '../whatsapp/refusal.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { askMeta, subscribeToWaba } from './ask-meta.ts'
import { changing } from './changing.ts'
import { findPhoneNumber } from './find.ts'
import { tokenOf, type PhoneNumber } from './schema.ts'

type SyncDeps = Pick<Deps, 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now'>

export async function syncPhoneNumber(
  deps: SyncDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<PhoneNumber & { synced_at: string }> {
  const known = await findPhoneNumber(deps, workspaceId, phoneNumberId)
  const token = tokenOf(deps.config, known)
  const facts = await askMeta(deps, known.meta_id, token).catch(async (error: unknown) => {
    if (isTokenRefusal(error)) await markRefused(deps, known)
    throw error
  })
  const isSubscribed =
    known.is_subscribed || (known.waba_id !== null && (await subscribeToWaba(deps, known.waba_id, token)))
  const at = deps.now().toISOString()
  const synced = await changing(deps, workspaceId, known.id, (current) => {
    const lifts = current.status === 'pending' && facts.meta_status === 'CONNECTED'
    return {
      ...current,
      ...facts,
      status: lifts ? 'active' : current.status,
      verified_at: lifts ? at : current.verified_at,
      is_subscribed: isSubscribed,
      // What Meta said is about the token it was asked with.
      token_refused_at: current.access_token === known.access_token ? null : current.token_refused_at,
      trouble: facts.meta_status === 'CONNECTED' ? null : current.trouble,
      synced_at: at,
      updated_at: at,
    }
  })
  if (facts.quality_rating === 'RED' && known.quality_rating !== 'RED') await pauseForQuality(deps, synced)
  return { ...synced, synced_at: at }
}

/** Going on as before could cost the number. Only when it becomes RED: whoever then resumes has decided. */
async function pauseForQuality(deps: SyncDeps, { workspace_id, id }: PhoneNumber): Promise<void> {
  const { pauseOnRedQuality } = await workspaceSettings(deps, workspace_id)
  if (!pauseOnRedQuality) return
  const reason =
    'Meta rates the phone number RED: people block or report its messages. Resume when you have looked at why'
  await pauseCampaignsOfNumber(deps, workspace_id, id, { reason })
}

async function markRefused(deps: SyncDeps, known: PhoneNumber): Promise<void> {
  const at = deps.now().toISOString()
  deps.log.warn('phone_number.token_refused', { workspace_id: known.workspace_id, phone_number_id: known.id })
  await changing(deps, known.workspace_id, known.id, (current) =>
    current.access_token === known.access_token
      ? { ...current, trouble: { kind: 'token', reason: REFUSED, since: at }, token_refused_at: at, updated_at: at }
      : current,
  )
}

const REFUSED = 'Meta does not accept the access token'
