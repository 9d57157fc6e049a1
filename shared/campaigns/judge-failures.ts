/**
 * Stops a campaign whose messages fail in numbers, before it burns through its audience: a template that takes other
 * parameters, a file that Meta cannot use. What is about one person only never counts.
 */
import type { Deps } from '../deps.ts'
import type { Counts } from '../recipients/fact-row.ts'
import type { Conductor } from '../recipients/page-store.ts'
import { refuseCopyFor } from '../media/keep-at-meta.ts'
import { inWords, isAboutOnePerson, WITHOUT_CODE } from '../whatsapp/error-actions.ts'
import { workspaceSettings } from '../workspaces/settings.ts'
import { headerMediaId } from './header.ts'
import { pauseBySystem } from './pause.ts'
import type { Campaign } from './schema.ts'

/** Fewer sends than this say little. */
const FEWEST_SENDS = 100

type Judged = Conductor['judged']

/** True if the campaign was paused. Asks nobody while next to nothing fails. */
export async function pauseForFailures(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  campaign: Campaign,
  before: Judged,
  counts: Counts,
): Promise<boolean> {
  const failures = failuresSince(before, counts)
  if (!failures || failures.percent < 1) return false
  const { maxErrorPercent } = await workspaceSettings(deps, campaign.workspace_id)
  if (failures.percent < maxErrorPercent) return false
  const { workspace_id, id, execution_id } = campaign
  const execution = { workspace_id, campaign_id: id, execution_id: execution_id ?? '' }
  await pauseBySystem(deps, execution, reasonOf(failures))
  const mediaId = headerMediaId(campaign.variables)
  // Resumed, it goes with a new copy of its file, if that was what they failed for.
  if (mediaId !== undefined) {
    const used = { mediaId, phoneNumberId: campaign.phone_number_id, code: failures.worst.code }
    await refuseCopyFor(deps, workspace_id, used)
  }
  return true
}

/** What the next look compares with: the counts now, once enough was sent since the last. */
export function judgedWith(before: Judged, counts: Counts): Judged {
  if (before && attemptsOf(counts) - before.attempts < FEWEST_SENDS) return before
  return { attempts: attemptsOf(counts), failures: counts.failures }
}

interface Failures {
  /** Of the attempts since the last look. */
  percent: number
  attempts: number
  /** The most frequent kind. */
  worst: { code: number; percent: number }
}

/** What failed since the last look, and not for what one person is; undefined if that is nothing, or too little was sent. */
export function failuresSince(before: Judged, counts: Counts): Failures | undefined {
  if (!before) return undefined
  const attempts = attemptsOf(counts) - before.attempts
  if (attempts < FEWEST_SENDS) return undefined
  const kinds = Object.entries(counts.failures)
    .map(([code, count]) => ({ code: Number(code), more: count - (before.failures[code] ?? 0) }))
    .filter(({ code }) => !isAboutOnePerson(code))
    .sort((a, b) => b.more - a.more)
  const [worst] = kinds
  if (!worst) return undefined
  const percentOf = (count: number) => Math.min(100, (count / attempts) * 100)
  const all = kinds.reduce((sum, { more }) => sum + Math.max(0, more), 0)
  return { percent: percentOf(all), attempts, worst: { code: worst.code, percent: percentOf(worst.more) } }
}

function attemptsOf({ sent, failed }: Counts): number {
  return sent + failed
}

function reasonOf({ percent, attempts, worst }: Failures): string {
  const why = worst.code === 0 ? WITHOUT_CODE : inWords(worst.code)
  const [all, most] = [Math.floor(percent), Math.floor(worst.percent)]
  const share = most < all ? `, ${most} % of all for one reason` : ''
  return `${all} % of the last ${attempts} messages failed${share}: ${why}. Correct this, then resume the campaign`
}
