/** One campaign recipient as everybody outside the engine sees them: from the page and what Meta reported. */
import { adviceFor } from '../whatsapp/error-advice.ts'
import { priceOf, type Price } from '../whatsapp/pricing.ts'
import { failureCode, failureWasReported, knownState, type FactRow, type KnownState } from './fact-row.ts'
import { reasonText } from './reasons.ts'
import { triesOf, type Page } from './page.ts'

export interface KnownRecipient {
  position: number
  contactId: string
  address: string
  wamid: string | null
  status: KnownState
  sentAt: string | null
  deliveredAt: string | null
  readAt: string | null
  failedAt: string | null
  /** When the person first answered this message, by Meta's time of the answer. */
  repliedAt: string | null
  /** What Meta charges the message as; null until it says so. */
  price: Price | null
  /** Of whoever failed, was skipped or is uncertain. */
  problem: Problem | null
  /** How often the message was given to Meta, or tried to. */
  tries: number
}

export interface Problem {
  /** Meta's, or 0 for a reason of our own. */
  code: number
  /** One word for it, to filter by. */
  reason: string
  /** The same for a person. */
  title: string
  /** What to do about it. */
  hint: string
}

/** Meta's reason where Meta refused; every other reason is our own word, as the page keeps it. */
export const REFUSED_BY_META = 'refused_by_meta'

/** `row` has taken over what the page says. */
export function knownRecipient(page: Page, row: FactRow, position: number): KnownRecipient {
  const status = knownState(row, position)
  return {
    position,
    contactId: page.contacts[position] ?? '',
    address: page.addresses[position] ?? '',
    wamid: page.wamids[position] ?? null,
    status,
    ...timesOf(page, row, position, status),
    repliedAt: timeOf(row.replied[position]),
    price: priceOf(row.prices.charAt(position)) ?? null,
    problem: problemOf(page, row, position, status),
    tries: triesMade(page, position, status),
  }
}

/** Cumulative, as the counters are: who has read a message was sent it, though the report of that is still to come. */
function timesOf(page: Page, row: FactRow, position: number, status: KnownState) {
  const reportedFailure = status === 'failed' && failureWasReported(row, position)
  const failedAt = reportedFailure ? timeOf(row.failed[position]) : (page.notes[position]?.at ?? null)
  return {
    sentAt: SENT.has(status) || reportedFailure ? timeOf(row.sent[position]) : null,
    deliveredAt: timeOf(row.delivered[position]),
    readAt: timeOf(row.read[position]),
    failedAt: status === 'failed' ? failedAt : null,
  }
}

const SENT: ReadonlySet<KnownState> = new Set(['sent', 'delivered', 'read'])

/** Unix seconds; 0 where nothing was reported. */
function timeOf(seconds: number | undefined): string | null {
  return seconds ? new Date(seconds * 1000).toISOString() : null
}

const WITH_REASON: readonly KnownState[] = ['failed', 'skipped', 'uncertain']

function problemOf(page: Page, row: FactRow, position: number, status: KnownState): Problem | null {
  if (!WITH_REASON.includes(status)) return null
  const code = status === 'failed' ? failureCode(row, position) : 0
  const noted = page.notes[position]?.reason
  if (code !== 0) return { code, reason: REFUSED_BY_META, ...adviceFor(code) }
  const reason = status === 'failed' && failureWasReported(row, position) ? 'no_reason_given' : (noted ?? 'unknown')
  return { code, reason, ...reasonText(reason) }
}

const NEVER_TRIED: readonly KnownState[] = ['skipped', 'cancelled', 'pending']

function triesMade(page: Page, position: number, status: KnownState): number {
  const earlier = page.resends[position] === undefined ? 0 : 1
  return triesOf(page, position) + earlier + (NEVER_TRIED.includes(status) ? 0 : 1)
}
