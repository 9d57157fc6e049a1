/**
 * What Meta reports that a person should see, and that stops nothing: its alerts about an account or a number, and what
 * happens to a number's PIN. It stands with the number until Meta takes it back, or is asked and has nothing against it.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { warnNumber } from '../phone-numbers/trouble.ts'

type WarningDeps = Pick<Deps, 'containers' | 'gates' | 'log' | 'now'>

const MOST_LENGTH = 500
const words = z.string().min(1).optional().catch(undefined)

const Alert = z.object({
  entity_type: z.string(),
  entity_id: z.coerce.string().optional().catch(undefined),
  alert_info: z.object({
    alert_severity: z.string(),
    alert_status: words,
    alert_type: z.string(),
    alert_description: words,
  }),
})

/** What is for information only tells nobody to do anything. */
const SEVERITIES = new Set(['CRITICAL', 'WARNING'])

/** `numbers`: those of the account. False if it tells nothing to see about any of them. Safe to run again. */
export async function applyAlert(deps: WarningDeps, numbers: PhoneNumber[], value: unknown, at: string) {
  const alert = Alert.safeParse(value).data
  if (!alert || !SEVERITIES.has(alert.alert_info.alert_severity)) return false
  const { alert_type: type, alert_description: description = type, alert_status: status = 'ACTIVE' } = alert.alert_info
  const isOfNumber = alert.entity_type === 'PHONE_NUMBER'
  const meant = isOfNumber ? numbers.filter(({ meta_id }) => meta_id === alert.entity_id) : numbers
  const reason = `Meta’s alert ${type}: ${description}`.slice(0, MOST_LENGTH)
  return warnAll(deps, meant, { reason, at, isOver: status !== 'ACTIVE' })
}

const Security = z.object({ event: z.string() })

const PIN_EVENTS: ReadonlyMap<string, string> = new Map([
  ['PIN_CHANGED', 'The PIN of the number was changed at Meta'],
  ['PIN_RESET_REQUEST', 'Somebody asked Meta to take the PIN off the number'],
  ['PIN_RESET_SUCCESS', 'The PIN was taken off the number at Meta'],
  ['PIN_REQUEST_SUCCESS', 'The PIN was taken off the number at Meta'],
])

/** `numbers`: those that it names. */
export async function applySecurity(deps: WarningDeps, numbers: PhoneNumber[], value: unknown, at: string) {
  const reason = PIN_EVENTS.get(Security.safeParse(value).data?.event ?? '')
  return reason !== undefined && warnAll(deps, numbers, { reason, at, isOver: false })
}

async function warnAll(deps: WarningDeps, numbers: PhoneNumber[], warning: Parameters<typeof warnNumber>[3]) {
  for (const { workspace_id, id } of numbers) await warnNumber(deps, workspace_id, id, warning)
  return numbers.length > 0
}
