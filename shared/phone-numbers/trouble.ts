/** Marks a number that cannot send, with the reason, and pauses its campaigns; and takes the mark away. */
import { pauseCampaignsOfNumber } from '../campaigns/of-number.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { inWords } from '../whatsapp/error-actions.ts'
import { isAboutToken } from '../whatsapp/refusal.ts'
import { changing } from './changing.ts'
import type { PhoneNumber, Trouble } from './schema.ts'

type TroubleDeps = Pick<Deps, 'containers' | 'gates' | 'log' | 'now'>

export interface SendRefusal {
  /** Meta's. */
  code: number
  what: 'number' | 'account'
  reason: string
  /** When Meta said it, ISO 8601. */
  at: string
}

/** Meta refused a send for a reason that every other send from this number has, too. Safe to run again. */
export async function stopNumber(
  deps: TroubleDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  { code, what, reason, at }: SendRefusal,
): Promise<void> {
  await pauseCampaignsOfNumber(deps, workspaceId, phoneNumberId, { reason, saidAt: at })
  const kind = isAboutToken({ code }) ? 'token' : what
  await marking(deps, workspaceId, phoneNumberId, (current) => {
    // Since then Meta was asked, and had nothing against it.
    if ((current.synced_at ?? '') > at) return current
    return withTrouble(deps, current, { kind, reason, since: at })
  })
}

export interface Warning {
  reason: string
  /** When Meta said it, ISO 8601. */
  at: string
  /** It is taken back. */
  isOver?: boolean
}

/** Something about the number or its account that passes, or needs a look: campaigns go on. Of several the latest stands. */
export async function warnNumber(
  deps: TroubleDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  { reason, at, isOver = false }: Warning,
): Promise<void> {
  await marking(deps, workspaceId, phoneNumberId, (current) => {
    const { trouble, synced_at } = current
    const isWarned = trouble?.kind === 'warning'
    if ((synced_at ?? '') > at || (isWarned && trouble.since > at)) return current
    if (!isOver) return afterVerdict(deps, current, { kind: 'warn', reason }, at)
    return isWarned && trouble.reason === reason ? afterVerdict(deps, current, { kind: 'over' }, at) : current
  })
}

/** Messages fail for a reason that a person must know of. */
export function warnOfCode(
  deps: TroubleDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
  { code, at }: { code: number; at: Date },
): Promise<void> {
  return warnNumber(deps, workspaceId, phoneNumberId, { reason: inWords(code), at: at.toISOString() })
}

/** What Meta says about the account of a number. */
export type Verdict =
  | { kind: 'stop'; reason: string }
  | { kind: 'warn'; reason: string }
  /** Whatever it was is over; paused campaigns wait for a person. */
  | { kind: 'over' }

/** Nothing for events that were applied, and for those older than the last. */
export async function applyVerdict(
  deps: TroubleDeps,
  { workspace_id, id, account_event }: PhoneNumber,
  verdict: Verdict,
  event: { at: string; event: string },
): Promise<void> {
  if (isOld(account_event, event)) return
  // Before the mark: whatever is repeated after a crash is this, too.
  if (verdict.kind === 'stop') await pauseCampaignsOfNumber(deps, workspace_id, id, { reason: verdict.reason })
  await marking(deps, workspace_id, id, (current) => {
    if (isOld(current.account_event, event)) return current
    return { ...afterVerdict(deps, current, verdict, event.at), account_event: event }
  })
}

function isOld(known: PhoneNumber['account_event'], { at, event }: { at: string; event: string }): boolean {
  return known !== undefined && (known.at > at || (known.at === at && known.event === event))
}

/** As `changing`. Meta also tells of numbers that were deleted here: there is nothing to mark. */
async function marking(...parameters: Parameters<typeof changing>): Promise<void> {
  try {
    await changing(...parameters)
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'phone_number_not_found')) throw error
  }
}

function afterVerdict(deps: TroubleDeps, current: PhoneNumber, verdict: Verdict, since: string): PhoneNumber {
  if (verdict.kind === 'over') return { ...current, trouble: null, updated_at: deps.now().toISOString() }
  const isMinor = verdict.kind === 'warn' && current.trouble !== null && current.trouble.kind !== 'warning'
  if (isMinor) return current
  const kind = verdict.kind === 'warn' ? 'warning' : 'account'
  return withTrouble(deps, current, { kind, reason: verdict.reason, since })
}

/** The first time is what matters. */
function withTrouble({ log, now }: TroubleDeps, current: PhoneNumber, trouble: Trouble): PhoneNumber {
  if (current.trouble?.kind === trouble.kind && current.trouble.reason === trouble.reason) return current
  const { workspace_id, id } = current
  log.warn('phone_number.trouble', { workspace_id, phone_number_id: id, kind: trouble.kind, reason: trouble.reason })
  const refusedAt = trouble.kind === 'token' ? trouble.since : current.token_refused_at
  return { ...current, trouble, token_refused_at: refusedAt, updated_at: now().toISOString() }
}
