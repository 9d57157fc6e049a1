/** What Meta's answer to a send means for the message, and for everything else that would be sent the same way. */
import * as z from 'zod'
import { errorRule, inWords, type ErrorAction, type ErrorRule, type HoldRule } from './error-actions.ts'
import type { GraphAnswer } from './graph.ts'

export type CallResult =
  | { kind: 'accepted'; wamid: string }
  | { kind: 'failed'; code: number; reason: string }
  | { kind: 'uncertain'; reason: string }
  /** Surely not sent: another try, after a wait. `isFree`: nothing is wrong with this message, so the try is not counted. */
  | { kind: 'again'; afterMs: number; code: number; reason: string; isFree?: true }

/** What must be done beyond recording the result. */
export type SideEffect =
  | { kind: 'slow_down'; code: number }
  /** The copy of a file that the message names is not at Meta any more: see media/copies.ts. */
  | { kind: 'lost_file' }
  /** What stands in the way passes by itself, in hours. */
  | { kind: 'hold'; code: number; reason: string; hold: HoldRule }
  | { kind: 'stop'; what: 'template' | 'number' | 'account'; code: number; reason: string }
  /** The template is another one at Meta than here. */
  | { kind: 'ask_template'; code: number }
  /** A person must know of it. */
  | { kind: 'warn'; code: number }

export interface SendOutcome {
  result: CallResult
  effect?: SideEffect
}

const MOST_TRIES = 6
const SECOND_MS = 1000
/** Meta counts marketing messages per person over 24 hours; a try within them only makes it longer. */
const TOMORROW_MS = 25 * 3600 * SECOND_MS
/** So a campaign is never held up for more than about two days by them. */
const MOST_DAYS = 3

const Accepted = z.object({ messages: z.array(z.object({ id: z.string() })).min(1) })

/** `tries` were made before this one. */
export function outcomeOf(answer: GraphAnswer, tries: number): SendOutcome {
  switch (answer.kind) {
    case 'ok': {
      const [message] = Accepted.safeParse(answer.body).data?.messages ?? []
      // A 200 without an id may stand for a message that went out: never sent again by itself.
      if (!message) return { result: { kind: 'uncertain', reason: 'answer_lost' } }
      return { result: { kind: 'accepted', wamid: message.id } }
    }
    case 'unknown':
      return { result: { kind: 'uncertain', reason: 'answer_lost' } }
    case 'not_sent':
      return { result: againOrFailed(0, 'not_reachable', { tries, afterMs: backOffMs(tries) }) }
    case 'refused':
      return refused(answer.error.code, answer.status, tries)
  }
}

function refused(code: number, status: number, tries: number): SendOutcome {
  const rule = errorRule(code, status)
  const { action, reason } = rule
  switch (action) {
    case 'fail':
    case 'mark_contact':
      return failedFor(rule, code)
    case 'retry':
    case 'retry_pair':
    case 'retry_tomorrow':
      return { result: laterOrFailed(rule, code, tries) }
    case 'slow_down':
      return { result: notItsFault(code, reason, rule.afterMs ?? 2 * SECOND_MS), effect: { kind: 'slow_down', code } }
    case 'hold':
      return held(rule, code)
    default:
      return stopped(action, code, reason)
  }
}

function failedFor({ reason, also }: ErrorRule, code: number): SendOutcome {
  const result: CallResult = { kind: 'failed', code, reason }
  return also === 'ask_template' || also === 'warn' ? { result, effect: { kind: also, code } } : { result }
}

function laterOrFailed({ action, reason, afterMs, mostTries }: ErrorRule, code: number, tries: number): CallResult {
  switch (action) {
    case 'retry_tomorrow':
      return againOrFailed(code, reason, { tries, mostTries: MOST_DAYS, afterMs: TOMORROW_MS })
    case 'retry_pair':
      // Meta's own advice for 131056: wait 4^n seconds.
      return againOrFailed(code, reason, { tries, afterMs: 4 ** tries * SECOND_MS })
    default:
      return againOrFailed(code, reason, { tries, mostTries, afterMs: afterMs ?? backOffMs(tries) })
  }
}

function held({ reason, hold }: ErrorRule, code: number): SendOutcome {
  const result = notItsFault(code, reason, 0)
  return hold ? { result, effect: { kind: 'hold', code, reason: inWords(code), hold } } : { result }
}

/** Nothing is wrong with this message: it can go when a person has mended what stopped it. */
export function stopped(action: ErrorAction, code: number, reason: string): SendOutcome {
  const what = action === 'stop_template' ? 'template' : action === 'stop_number' ? 'number' : 'account'
  return {
    result: notItsFault(code, reason, 0),
    effect: { kind: 'stop', what, code, reason: `${reason} (Meta ${code}, ${what})` },
  }
}

function notItsFault(code: number, reason: string, afterMs: number): CallResult {
  return { kind: 'again', afterMs, code, reason, isFree: true }
}

interface Try {
  tries: number
  mostTries?: number | undefined
  afterMs: number
}

function againOrFailed(code: number, reason: string, { tries, mostTries = MOST_TRIES, afterMs }: Try): CallResult {
  if (tries + 1 >= mostTries) return { kind: 'failed', code, reason }
  return { kind: 'again', afterMs, code, reason }
}

function backOffMs(tries: number): number {
  return SECOND_MS * 2 ** tries
}
