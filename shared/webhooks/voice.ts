/**
 * What a signed body may speak for: everything, if this server's own app signed it; else only the numbers and accounts
 * whose own app secret did. What it says beyond that is not believed, and kept for inspection.
 */
import * as z from 'zod'
import type { Change, EventKind } from './split.ts'

export const Voice = z.union([
  z.literal('everything'),
  z.object({
    /** Meta's ids of numbers. */
    numbers: z.array(z.string()),
    /** Ids of WhatsApp Business Accounts. */
    accounts: z.array(z.string()),
  }),
])
export type Voice = z.output<typeof Voice>

type Kinds = ReadonlyMap<EventKind, Change[]>

export interface Heard {
  kinds: Map<EventKind, Change[]>
  unproven: Change[]
}

export function heard(kinds: Kinds, voice: Exclude<Voice, 'everything'>): Heard {
  const said: Heard = { kinds: new Map(), unproven: [] }
  for (const [kind, changes] of kinds) {
    const proven = changes.flatMap((change) => provenPart(kind, change, voice) ?? [])
    if (proven.length > 0) said.kinds.set(kind, proven)
    said.unproven.push(...changes.filter((change) => provenPart(kind, change, voice) === undefined))
  }
  return said
}

/** The ids that the changes would need a voice for. */
export function namedIn(kinds: Kinds): { numbers: Set<string>; accounts: Set<string> } {
  const all = [...kinds.values()].flat()
  const ids = (list: (string | null | undefined)[]) => new Set(list.filter((id) => typeof id === 'string'))
  return {
    numbers: ids(all.map(numberOf)),
    accounts: ids((kinds.get('account') ?? []).map(({ entry_id }) => entry_id)),
  }
}

/** Events of an account that are about nothing but the account of their entry, and its templates and numbers. */
const ABOUT_ITS_ENTRY = new Set([
  'account_review_update',
  'account_update',
  'business_capability_update',
  'message_template_components_update',
  'message_template_quality_update',
  'message_template_status_update',
  'phone_number_name_update',
  'phone_number_quality_update',
  'template_category_update',
])

function provenPart(kind: EventKind, change: Change, voice: Exclude<Voice, 'everything'>): Change | undefined {
  const number = numberOf(change)
  const isOfAccount = change.entry_id !== null && voice.accounts.includes(change.entry_id)
  if (number !== undefined) {
    if (!voice.numbers.includes(number)) return undefined
    // The number is proven, the account beside it need not be.
    return isOfAccount ? change : { ...change, entry_id: null }
  }
  return kind === 'account' && isOfAccount && isAboutItsEntry(change, voice.accounts) ? change : undefined
}

function isAboutItsEntry({ field, value }: Change, accounts: string[]): boolean {
  const named = OtherAccount.safeParse(value).data?.waba_info.waba_id
  return ABOUT_ITS_ENTRY.has(field) && (named === undefined || accounts.includes(named))
}

/** An account_update names its account once more. */
const OtherAccount = z.object({ waba_info: z.object({ waba_id: z.union([z.string(), z.number()]).transform(String) }) })

const OfNumber = z.object({ metadata: z.object({ phone_number_id: z.string() }) })

function numberOf({ value }: Change): string | undefined {
  return OfNumber.safeParse(value).data?.metadata.phone_number_id
}
