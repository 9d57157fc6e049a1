/**
 * Applies what Meta reports about phone numbers and their account. An event only says that something changed: Meta is
 * asked what holds now. What keeps an account from sending pauses its campaigns at once.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { numbersOfWaba } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { syncPhoneNumber } from '../phone-numbers/sync.ts'
import { applyVerdict, type Verdict } from '../phone-numbers/trouble.ts'
import { AppError } from '../errors.ts'
import { eventTime, MetaDate } from './event-time.ts'
import type { Change } from './split.ts'
import { applyAlert, applySecurity } from './warnings.ts'

type NumberDeps = Pick<Deps, 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now'>

const OfNumber = z.object({ display_phone_number: z.string() })

const AccountUpdate = z.object({
  event: z.string(),
  ban_info: z.object({ waba_ban_state: z.string(), waba_ban_date: MetaDate }).optional().catch(undefined),
  restriction_info: z
    .array(z.object({ restriction_type: z.string(), expiration: MetaDate }))
    .optional()
    .catch(undefined),
  violation_info: z.object({ violation_type: z.string() }).optional().catch(undefined),
  waba_info: z.object({ waba_id: z.coerce.string() }).optional().catch(undefined),
})
type AccountUpdate = z.output<typeof AccountUpdate>

const ReviewUpdate = z.object({ decision: z.string() })

/** False if it is about none of our numbers, or tells nothing that we follow. Doing it again changes nothing. */
export async function applyNumberChange(deps: NumberDeps, change: Change, receivedAt: string): Promise<boolean> {
  const { field, entry_id: wabaId, value } = change
  if (wabaId === null) return false
  switch (field) {
    case 'phone_number_quality_update':
    case 'phone_number_name_update':
      return syncAll(deps, await numbersNamed(deps, wabaId, value))
    case 'business_capability_update':
      return syncAll(deps, await numbersOfWaba(deps, wabaId))
    case 'account_alerts':
      return applyAlert(deps, await numbersOfWaba(deps, wabaId), value, eventTime(change, receivedAt))
    case 'security':
      return applySecurity(deps, await numbersNamed(deps, wabaId, value), value, eventTime(change, receivedAt))
    default: {
      const judged = judgedIn(field, value)
      if (!judged) return false
      const event = { at: eventTime(change, receivedAt), event: judged.event }
      return judge(deps, judged.wabaId ?? wabaId, judged.verdict, event)
    }
  }
}

interface Judged {
  /** Undefined for what says nothing about sending: prices, terms, partners and words to come. */
  verdict: Verdict | undefined
  /** What tells two events of one second apart. */
  event: string
  /** Where the entry names the business instead. */
  wabaId?: string | undefined
}

function judgedIn(field: string, value: unknown): Judged | undefined {
  const decision = field === 'account_review_update' ? ReviewUpdate.safeParse(value).data?.decision : undefined
  if (decision !== undefined) return { verdict: REVIEWS.get(decision), event: `REVIEW ${decision}` }
  const update = field === 'account_update' ? AccountUpdate.safeParse(value).data : undefined
  if (!update) return undefined
  const { event, ban_info, waba_info } = update
  const state = ban_info ? ` ${ban_info.waba_ban_state}` : ''
  return { verdict: VERDICTS.get(event)?.(update), event: event + state, wabaId: waba_info?.waba_id }
}

/** Meta names the number by its digits only. */
async function numbersNamed(deps: NumberDeps, wabaId: string, value: unknown): Promise<PhoneNumber[]> {
  const digits = OfNumber.safeParse(value).data?.display_phone_number.replace(/\D/g, '')
  return (await numbersOfWaba(deps, wabaId)).filter(({ display_digits }) => display_digits === digits)
}

async function syncAll(deps: NumberDeps, numbers: PhoneNumber[]): Promise<boolean> {
  for (const { workspace_id, id } of numbers) {
    try {
      await syncPhoneNumber(deps, workspace_id, id)
    } catch (error) {
      // Asking again with this token would bring the same; a person sees it with the number.
      if (!(error instanceof AppError && error.code === 'meta_refused')) throw error
    }
  }
  return numbers.length > 0
}

/** What is over is looked at with Meta, and stays paused. */
async function judge(
  deps: NumberDeps,
  wabaId: string,
  verdict: Verdict | undefined,
  event: { at: string; event: string },
): Promise<boolean> {
  if (!verdict) return false
  const numbers = await numbersOfWaba(deps, wabaId)
  for (const phoneNumber of numbers) await applyVerdict(deps, phoneNumber, verdict, event)
  return verdict.kind === 'over' ? syncAll(deps, numbers) : numbers.length > 0
}

const REVIEWS: ReadonlyMap<string, Verdict> = new Map([
  ['APPROVED', { kind: 'over' }],
  ['REJECTED', { kind: 'stop', reason: 'Meta rejected the WhatsApp account in its review' }],
])

const over = (): Verdict => ({ kind: 'over' })
const stop = (reason: string) => (): Verdict => ({ kind: 'stop', reason })

const VERDICTS: ReadonlyMap<string, (update: AccountUpdate) => Verdict | undefined> = new Map([
  ['DISABLED_UPDATE', banned],
  ['ACCOUNT_RESTRICTION', restricted],
  ['ACCOUNT_VIOLATION', violated],
  ['ACCOUNT_DELETED', stop('Meta reports that the WhatsApp account was deleted')],
  ['ACCOUNT_OFFBOARDED', stop('Meta reports that the WhatsApp account was taken off the platform')],
  ['PARTNER_REMOVED', stop('The WhatsApp account was disconnected from this app at Meta')],
  ['PARTNER_APP_UNINSTALLED', stop('This app was removed from the WhatsApp account at Meta')],
  ['ACCOUNT_RECONNECTED', over],
  ['PARTNER_ADDED', over],
  ['PARTNER_APP_INSTALLED', over],
])

function banned({ ban_info }: AccountUpdate): Verdict | undefined {
  switch (ban_info?.waba_ban_state) {
    case 'DISABLE':
      return { kind: 'stop', reason: 'Meta disabled the WhatsApp account' }
    case 'SCHEDULE_FOR_DISABLE':
      return { kind: 'warn', reason: `Meta will disable the WhatsApp account${onDay(' on', ban_info.waba_ban_date)}` }
    case 'REINSTATE':
      return { kind: 'over' }
    default:
      return undefined
  }
}

/** Other restrictions leave messages alone. */
function restricted({ restriction_info = [] }: AccountUpdate): Verdict | undefined {
  const found = restriction_info.find(({ restriction_type }) => restriction_type.includes('MESSAGING'))
  const words = 'Meta restricted the messages of the WhatsApp account for a policy violation'
  return found && { kind: 'stop', reason: `${words}${onDay(', until', found.expiration)}` }
}

function violated({ violation_info }: AccountUpdate): Verdict {
  const type = violation_info?.violation_type ?? 'it does not say which'
  return { kind: 'warn', reason: `Meta found a violation of its policy: ${type}` }
}

function onDay(word: string, at: string | undefined): string {
  return at === undefined ? '' : `${word} ${at.slice(0, 10)}`
}
