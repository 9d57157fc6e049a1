/**
 * Applies what Meta reports about phone numbers and their account. An event only says that something changed: Meta is
 * asked what holds now. What keeps an account from sending pauses its campaigns at once.
 */
import { z } from 'zod'
import { pauseCampaignsOfNumber } from '../campaigns/of-number.ts'
import type { Deps } from '../deps.ts'
import { numbersOfWaba } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { syncPhoneNumber } from '../phone-numbers/sync.ts'
import { AppError } from '../errors.ts'
import type { Change } from './split.ts'

type NumberDeps = Pick<Deps, 'config' | 'containers' | 'gates' | 'graph' | 'log' | 'now'>

const QualityUpdate = z.object({ display_phone_number: z.string(), event: z.string() })

const AccountUpdate = z.object({
  event: z.string(),
  ban_info: z.object({ waba_ban_state: z.string() }).optional().catch(undefined),
  restriction_info: z
    .array(z.object({ restriction_type: z.string() }))
    .optional()
    .catch(undefined),
  waba_info: z.object({ waba_id: z.coerce.string() }).optional().catch(undefined),
})

/** False if it is about none of our numbers, or tells nothing that we follow. Doing it again changes nothing. */
export async function applyNumberChange(deps: NumberDeps, { field, entry_id, value }: Change): Promise<boolean> {
  if (entry_id === null) return false
  switch (field) {
    case 'phone_number_quality_update':
      return syncAll(deps, await numbersNamed(deps, entry_id, value))
    case 'business_capability_update':
      return syncAll(deps, await numbersOfWaba(deps, entry_id))
    case 'account_update':
      return stopIfNeeded(deps, entry_id, value)
    default:
      return false
  }
}

/** Meta names the number by its digits only. */
async function numbersNamed(deps: NumberDeps, wabaId: string, value: unknown): Promise<PhoneNumber[]> {
  const digits = QualityUpdate.safeParse(value).data?.display_phone_number.replace(/\D/g, '')
  return (await numbersOfWaba(deps, wabaId)).filter(({ display_digits }) => display_digits === digits)
}

async function stopIfNeeded(deps: NumberDeps, entryId: string, value: unknown): Promise<boolean> {
  const update = AccountUpdate.safeParse(value).data
  const reason = update && whyItStops(update)
  return reason !== undefined && stopAll(deps, update?.waba_info?.waba_id ?? entryId, reason)
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

async function stopAll(deps: NumberDeps, wabaId: string, reason: string): Promise<boolean> {
  const numbers = await numbersOfWaba(deps, wabaId)
  for (const { workspace_id, id } of numbers) await pauseCampaignsOfNumber(deps, workspace_id, id, reason)
  return numbers.length > 0
}

const STOPPING_EVENTS: Record<string, string> = {
  ACCOUNT_DELETED: 'Meta reports that the WhatsApp account was deleted',
  ACCOUNT_OFFBOARDED: 'Meta reports that the WhatsApp account was taken off the platform',
  PARTNER_REMOVED: 'The WhatsApp account was disconnected from this app at Meta',
}

/** In words for a person; undefined if the account can still send. */
function whyItStops({ event, ban_info, restriction_info = [] }: z.output<typeof AccountUpdate>): string | undefined {
  if (event === 'DISABLED_UPDATE' && ban_info?.waba_ban_state === 'DISABLE') {
    return 'Meta disabled the WhatsApp account'
  }
  const isRestricted = restriction_info.some(({ restriction_type }) => restriction_type.includes('MESSAGING'))
  if (event === 'ACCOUNT_RESTRICTION' && isRestricted) {
    return 'Meta restricted the messages of the WhatsApp account for a policy violation'
  }
  return STOPPING_EVENTS[event]
}
