/** What Meta's answer to a send means for the message, and for everything else that would be sent the same way. */
import { z } from 'zod'
import { errorRule, type ErrorAction } from './error-actions.ts'
import type { GraphAnswer } from './graph.ts'

export type CallResult =
  | { kind: 'accepted'; wamid: string }
  | { kind: 'failed'; code: number; reason: string }
  | { kind: 'uncertain'; reason: string }
  /** Surely not sent: another try, after a wait. */
  | { kind: 'again'; afterMs: number; code: number; reason: string }

/** What must be done beyond recording the result. */
export type SideEffect = { kind: 'slow_down' } | { kind: 'stop'; reason: string }

export interface SendOutcome {
  result: CallResult
  effect?: SideEffect
}

const MOST_TRIES = 6
const SECOND_MS = 1000

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
      return { result: againOrFailed(0, 'not_reachable', tries, backOffMs(tries)) }
    case 'refused':
      return refused(answer.error.code, answer.status, tries)
  }
}

function refused(code: number, status: number, tries: number): SendOutcome {
  const { action, reason } = errorRule(code, status)
  switch (action) {
    case 'fail':
      return { result: { kind: 'failed', code, reason } }
    case 'retry':
      return { result: againOrFailed(code, reason, tries, backOffMs(tries)) }
    case 'slow_down':
      // Not this message's fault: no limit on tries.
      return { result: { kind: 'again', afterMs: 2 * SECOND_MS, code, reason }, effect: { kind: 'slow_down' } }
    case 'retry_pair':
      // Meta's own advice for 131056: wait 4^n seconds.
      return { result: againOrFailed(code, reason, tries, 4 ** tries * SECOND_MS) }
    default:
      return stopped(action, code, reason)
  }
}

/** Nothing is wrong with this message: it can go when a person has mended what stopped it. */
function stopped(action: ErrorAction, code: number, reason: string): SendOutcome {
  const what = action === 'stop_template' ? 'template' : action === 'stop_number' ? 'number' : 'account'
  return {
    result: { kind: 'again', afterMs: 0, code, reason },
    effect: { kind: 'stop', reason: `${reason} (Meta ${code}, ${what})` },
  }
}

function againOrFailed(code: number, reason: string, tries: number, afterMs: number): CallResult {
  if (tries + 1 >= MOST_TRIES) return { kind: 'failed', code, reason }
  return { kind: 'again', afterMs, code, reason }
}

function backOffMs(tries: number): number {
  return SECOND_MS * 2 ** tries
}
