/**
 * What is known of an outbound message, as pure rules. Facts are only added (the outcome of our call, what webhooks
 * reported) and the status is computed from them, so that any order and any number of duplicates give the same end.
 */
import { errorRule } from '../whatsapp/error-actions.ts'
import type { CallResult } from '../whatsapp/outcome.ts'
import { higherPrice, type Price } from '../whatsapp/pricing.ts'
import type { Failure, MetaConversation, OutboundMessage } from './schema.ts'

/** Longer than any call to Meta can take (whatsapp/graph.ts). */
export const LEASE_MS = 30_000
/** A message that could not be sent for so long fails: nobody expects it any more. */
const GIVE_UP_AFTER_MS = 15 * 60_000

export type MessageStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed' | 'uncertain'

export function statusOf({ outcome, reported }: OutboundMessage): MessageStatus {
  if (reported.read !== undefined) return 'read'
  if (reported.delivered !== undefined) return 'delivered'
  if (reported.failed) return 'failed'
  if (reported.sent !== undefined && outcome?.kind !== 'failed') return 'sent'
  return outcome ? STATUS_OF_OUTCOME[outcome.kind] : 'queued'
}

const STATUS_OF_OUTCOME = { accepted: 'sent', failed: 'failed', uncertain: 'uncertain' } as const

export interface StatusTimes {
  sent_at: string | null
  delivered_at: string | null
  read_at: string | null
  failed_at: string | null
}

/** Meta's times, and for `sent` our own until Meta told. A later step stands for those before it. */
export function timesOf(message: OutboundMessage): StatusTimes {
  const { outcome, reported } = message
  const failure = failureOf(message)
  const acceptedAt = outcome?.kind === 'accepted' ? outcome.at : undefined
  const deliveredAt = reported.delivered ?? reported.read ?? null
  return {
    sent_at: reported.sent ?? acceptedAt ?? deliveredAt,
    delivered_at: deliveredAt,
    read_at: reported.read ?? null,
    failed_at: failure?.at ?? null,
  }
}

/** Undefined unless the message failed in the end: what was delivered did not fail, whatever was said before. */
export function failureOf(message: OutboundMessage): (Failure & { at: string }) | undefined {
  if (statusOf(message) !== 'failed') return undefined
  const { outcome, reported } = message
  return reported.failed ?? (outcome?.kind === 'failed' ? outcome : undefined)
}

/** What a worker that holds the queue message may do. */
export type Turn = 'settled' | 'taken' | 'abandoned' | 'waiting' | 'ready'

/**
 * A claim without an outcome whose time is over is `abandoned`: the worker may have called Meta and died before it could
 * say so. Such a message becomes `uncertain`; sending it again is up to a person.
 */
export function turnOf(message: OutboundMessage, now: Date): Turn {
  if (statusOf(message) !== 'queued') return 'settled'
  const { claim, not_before: notBefore } = message
  if (claim) return Date.parse(claim.until) > now.getTime() ? 'taken' : 'abandoned'
  return notBefore !== null && Date.parse(notBefore) > now.getTime() ? 'waiting' : 'ready'
}

export function claimed(message: OutboundMessage, holder: string, now: Date): OutboundMessage {
  const until = new Date(now.getTime() + LEASE_MS).toISOString()
  return { ...message, claim: { holder, until }, updated_at: now.toISOString() }
}

/** Not to be tried before then, by anybody. */
export function postponed(message: OutboundMessage, afterMs: number, now: Date): OutboundMessage {
  return { ...message, not_before: new Date(now.getTime() + afterMs).toISOString(), updated_at: now.toISOString() }
}

/** Given up by a worker that died in the middle. */
export function abandoned(message: OutboundMessage, now: Date): OutboundMessage {
  const at = now.toISOString()
  return { ...message, claim: null, outcome: { kind: 'uncertain', at, reason: 'worker_stopped' }, updated_at: at }
}

export function failed(message: OutboundMessage, failure: Failure, now: Date): OutboundMessage {
  const at = now.toISOString()
  return { ...message, claim: null, outcome: { kind: 'failed', at, ...failure }, updated_at: at }
}

/**
 * With what came of the call that `holder` made. What Meta said for certain holds even if the claim ran out meanwhile;
 * anything less counts only for who still has the claim.
 */
export function withResult(message: OutboundMessage, holder: string, result: CallResult, now: Date): OutboundMessage {
  const at = now.toISOString()
  if (result.kind === 'accepted') {
    const wamid = message.wa_message_id ?? result.wamid
    return { ...message, claim: null, wa_message_id: wamid, outcome: { kind: 'accepted', at }, updated_at: at }
  }
  if (result.kind === 'failed') return failed(message, metaFailure(result.code, result.reason), now)
  if (message.claim?.holder !== holder) return message
  if (result.kind === 'uncertain') {
    return { ...message, claim: null, outcome: { kind: 'uncertain', at, reason: result.reason }, updated_at: at }
  }
  if (now.getTime() - Date.parse(message.created_at) > GIVE_UP_AFTER_MS) {
    return failed(message, metaFailure(result.code, result.reason), now)
  }
  const notBefore = new Date(now.getTime() + result.afterMs).toISOString()
  return { ...message, claim: null, tries: message.tries + 1, not_before: notBefore, updated_at: at }
}

/** Without a code of Meta's, it never answered. */
function metaFailure(code: number, reason: string): Failure {
  if (code === 0 && reason === 'not_reachable') return { code: 'meta_unavailable', title: 'Meta could not be reached' }
  return { code: String(code), title: reason }
}

/** One status of a webhook. */
export interface Report {
  kind: 'sent' | 'delivered' | 'read' | 'failed'
  /** ISO 8601, by Meta's clock. */
  at: string
  /** Of a failure; 0 if Meta gave none. */
  code: number
  wamid: string | undefined
  price?: Price | undefined
  conversation?: MetaConversation | undefined
}

/** The same message if the report adds nothing. */
export function withReport(message: OutboundMessage, report: Report): OutboundMessage {
  const reported = withTerms(reportedWith(message.reported, report), report)
  const wamid = message.wa_message_id ?? report.wamid ?? null
  if (reported === message.reported && wamid === message.wa_message_id) return message
  return { ...message, reported, wa_message_id: wamid }
}

function reportedWith(reported: OutboundMessage['reported'], { kind, at, code }: Report): OutboundMessage['reported'] {
  if (kind !== 'failed') {
    const known = reported[kind]
    return known !== undefined && known <= at ? reported : { ...reported, [kind]: at }
  }
  const title = code === 0 ? 'Meta gave no reason' : errorRule(code).reason
  const failure = { at, code: String(code), title }
  const known = reported.failed
  return known && orderOf(known) <= orderOf(failure) ? reported : { ...reported, failed: failure }
}

/** The same if neither a higher price nor a conversation that lasts longer is told. */
function withTerms(reported: OutboundMessage['reported'], told: Report): OutboundMessage['reported'] {
  const price = told.price ? higherPrice(reported.price, told.price) : reported.price
  const conversation = told.conversation ? longer(reported.conversation, told.conversation) : reported.conversation
  const isKnown = price === reported.price && conversation === reported.conversation
  return isKnown ? reported : { ...reported, price, conversation }
}

/** Only the first report of a message names the end. */
function longer(known: MetaConversation | undefined, told: MetaConversation): MetaConversation {
  const rank = ({ id, origin, expires_at }: MetaConversation) => `${expires_at ?? ''} ${id} ${origin ?? ''}`
  return known === undefined || rank(told) > rank(known) ? told : known
}

/** Two failures of one message: the earlier counts, and of two at the same time always the same one. */
function orderOf({ at, code }: Failure & { at: string }): string {
  return `${at} ${code}`
}
