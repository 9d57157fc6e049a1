/** Sends again to failed recipients, and to those whose fate stayed unknown where a person asks for that by name. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Counts } from '../recipients/fact-row.ts'
import { ERROR_CLASSES, errorClass, mayBeForced, type ErrorClass } from '../whatsapp/error-advice.ts'
import { readLedger } from './counters.ts'
import { startExecution, startOfEarlierRun, type ExecuteDeps } from './execute.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'

export const CampaignRetry = z
  .object({
    statuses: z
      .array(z.enum(['failed', 'uncertain']))
      .min(1)
      .default(['failed'])
      .describe(
        'Whom to send to again. `uncertain` must be named: Meta may have taken these messages, so that sending again ' +
          'can reach a person twice; it is possible only after the time in which Meta may still report.',
      ),
    error_classes: z
      .array(z.enum(ERROR_CLASSES))
      .min(1)
      .nullish()
      .describe(
        'Which failures: `temporary` (the default) pass by themselves, `account` once something was mended (template, ' +
          'number, payment), `permanent` ones are sent again only with `force`.',
      ),
    codes: z
      .array(z.int().min(0))
      .min(1)
      .nullish()
      .describe('Which failures by Meta’s code, instead of `error_classes`; 0 stands for failures without one.'),
    force: z
      .boolean()
      .default(false)
      .describe('Permanent failures too. Whoever stopped marketing is left out even so.'),
  })
  .meta({ id: 'CampaignRetry', description: 'Whom to send to again' })
export type CampaignRetry = z.output<typeof CampaignRetry>

/** How many are sent to again, and how many of those asked for are not, by the reason. */
export interface Retried {
  failed: number
  uncertain: number
  refused: Record<string, number>
}

type RetryDeps = ExecuteDeps & Pick<Deps, 'factsTable' | 'config'>

/**
 * One transition back to SENDING; its planner then puts the recipients back to pending. A second request at the same
 * time loses the write, and a later one finds the campaign sending: neither sends anything twice.
 */
export async function retryCampaign(
  deps: RetryDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  wanted: CampaignRetry,
): Promise<{ campaign: Campaign; retried: Retried }> {
  const stored = await campaignStore(deps).get(workspaceId, campaignId)
  const campaign = stored.value
  const earlier = startOfEarlierRun(deps, campaign)
  if (earlier?.retried) return { campaign, retried: earlier.retried }
  checkRetryable(deps, campaign, wanted)
  const { counts } = await readLedger(deps, workspaceId, campaignId, campaign.pages)
  const chosen = choose(counts, wanted)
  if (chosen.retried.failed + chosen.retried.uncertain === 0) throw nobodyLeft(chosen.retried, wanted)
  const next = { ...campaign, reopen: chosen.states, reopen_codes: chosen.codes, retries: (campaign.retries ?? 0) + 1 }
  return { campaign: await startExecution(deps, stored, next, chosen.retried), retried: chosen.retried }
}

function checkRetryable({ config, now }: RetryDeps, campaign: Campaign, { statuses }: CampaignRetry): void {
  if (campaign.status !== 'COMPLETED') {
    throw new AppError(
      'campaign_not_sendable',
      `Only a COMPLETED campaign can be retried; this one is ${campaign.status}`,
    )
  }
  if (!statuses.includes('uncertain')) return
  const waitUntil = Date.parse(campaign.completed_at ?? '') + config.uncertainWaitSeconds * 1000
  if (waitUntil <= now().getTime()) return
  const at = new Date(waitUntil).toISOString()
  throw new AppError('campaign_not_sendable', `Meta may still report on uncertain messages: retry them after ${at}`)
}

interface Choice {
  states: Campaign['reopen']
  codes: number[]
  retried: Retried
}

/** From the counters alone: failures are counted by code. */
function choose(counts: Counts, wanted: CampaignRetry): Choice {
  const retried: Retried = { failed: 0, uncertain: 0, refused: {} }
  const codes: number[] = []
  for (const [text, count] of Object.entries(wanted.statuses.includes('failed') ? counts.failures : {})) {
    const code = Number(text)
    const verdict = verdictOn(code, wanted)
    if (verdict === 'left') continue
    if (verdict === 'sent') {
      codes.push(code)
      retried.failed += count
    } else retried.refused[verdict] = (retried.refused[verdict] ?? 0) + count
  }
  if (wanted.statuses.includes('uncertain')) retried.uncertain = counts.uncertain
  return {
    states: [
      ...(retried.failed > 0 ? (['failed'] as const) : []),
      ...(retried.uncertain > 0 ? (['uncertain'] as const) : []),
    ],
    codes,
    retried,
  }
}

/** Sent again, left alone because nobody asked, or refused for a reason. */
function verdictOn(
  code: number,
  { error_classes, codes, force }: CampaignRetry,
): 'sent' | 'left' | ErrorClass | 'stopped_marketing' {
  const kind = errorClass(code)
  // "force" by itself asks for every failure.
  const classes: readonly ErrorClass[] = error_classes ?? (force ? ERROR_CLASSES : ['temporary'])
  const isAskedFor = codes ? codes.includes(code) : classes.includes(kind)
  if (isAskedFor) {
    if (!mayBeForced(code)) return 'stopped_marketing'
    return kind === 'permanent' && !force ? 'permanent' : 'sent'
  }
  // Told, so that nobody wonders where the other failures are.
  return codes || error_classes ? 'left' : kind
}

function nobodyLeft({ refused }: Retried, { statuses }: CampaignRetry): AppError {
  const others = Object.entries(refused).map(([reason, count]) => `${count} ${reason.replaceAll('_', ' ')}`)
  const left = others.length === 0 ? '' : `; not sent again: ${others.join(', ')}`
  return new AppError('campaign_not_sendable', `There is no ${statuses.join(' or ')} recipient to send to again${left}`)
}
