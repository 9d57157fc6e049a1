/**
 * Gives Meta the file in the header of a campaign's template, once for all of its recipients. The conductor does, of which
 * a campaign has one, and not the senders, who must not wait for an upload while they hold recipients.
 */
import type { Deps } from '../deps.ts'
import { mediaOrNone } from '../media/find.ts'
import { keepAtMeta } from '../media/keep-at-meta.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { holdForHours, stopSending } from '../recipients/effects.ts'
import type { SendOutcome } from '../whatsapp/outcome.ts'
import { headerMediaId } from './header.ts'
import { holdBySystem } from './hold.ts'
import { pauseBySystem } from './pause.ts'
import type { Campaign } from './schema.ts'

export type HeaderDeps = Pick<
  Deps,
  'blobs' | 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now' | 'uploadsToMeta'
>

/** Before Meta is given it again. */
export const HEADER_WAIT_SECONDS = 60
/** Then a person should know. */
const PATIENCE_MS = 2 * 3_600_000

/** False if Meta does not have it: then the campaign was held or paused, with the reason. */
export async function isHeaderAtMeta(deps: HeaderDeps, campaign: Campaign): Promise<boolean> {
  const mediaId = headerMediaId(campaign.variables)
  if (mediaId === undefined) return true
  const [media, number] = await Promise.all([
    mediaOrNone(deps, campaign.workspace_id, mediaId),
    phoneNumberOrNone(deps, campaign.workspace_id, campaign.phone_number_id),
  ])
  // Senders pause a campaign that lacks either.
  if (!media || !number) return true
  const kept = await keepAtMeta(deps, media, number)
  if (kept.kind === 'kept') return true
  await holdOrPause(deps, campaign, kept)
  return false
}

async function holdOrPause(deps: HeaderDeps, campaign: Campaign, { result, effect }: SendOutcome): Promise<void> {
  const { workspace_id, id: campaign_id, phone_number_id: numberId } = campaign
  const execution = { workspace_id, campaign_id, execution_id: campaign.execution_id ?? '' }
  if (effect?.kind === 'stop') return stopSending(deps, execution, numberId, effect)
  if (effect?.kind === 'hold') return holdForHours(deps, execution, numberId, effect)
  if (result.kind === 'failed') {
    const reason = `Meta does not take the file in the header of the template: ${result.reason} (Meta ${result.code})`
    return pauseBySystem(deps, execution, reason)
  }
  const untilMs = deps.now().getTime() + HEADER_WAIT_SECONDS * 1000
  const reason = 'Meta could not be given the file in the header of the template yet'
  return holdBySystem(deps, execution, { untilMs, reason, patienceMs: PATIENCE_MS })
}
