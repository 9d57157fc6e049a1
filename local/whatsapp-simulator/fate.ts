/** What becomes of an accepted message: the statuses that will be reported, when, and in which order. */
import type { Behaviour } from './behaviour.ts'
import { chance, hashOf, within } from './random.ts'

export type StatusKind = 'sent' | 'delivered' | 'read' | 'played' | 'failed'
/** `at` is when it happened (the timestamp inside), `due` when its webhook leaves. */
export type Step = { status: StatusKind; at: number; due: number; code?: number }

// One number per question, so that the answers do not depend on each other.
const purpose = {
  outcome: 1,
  read: 2,
  code: 3,
  sentFirst: 4,
  sentTime: 5,
  deliveredTime: 6,
  readTime: 7,
  skipDelivered: 8,
  duplicated: 9,
  duplicateTime: 10,
  reordered: 11,
  answers: 12,
  answerTime: 13,
  answerText: 14,
}

/** The usual fate: a function of the seed and the recipient alone, whatever is sent to them and whenever. */
export function usualFate(behaviour: Behaviour, seed: number, recipient: string, acceptedAt: number): Step[] {
  const hash = hashOf(seed, recipient)
  const { latency_ms: latency } = behaviour
  const outcome = chance(hash, purpose.outcome)
  const sentAt = acceptedAt + within(latency.sent, chance(hash, purpose.sentTime))
  const nextAt = sentAt + within(latency.delivered, chance(hash, purpose.deliveredTime))
  const sent: Step = { status: 'sent', at: sentAt, due: sentAt }
  if (outcome < behaviour.failed) {
    const failed: Step = { status: 'failed', at: nextAt, due: nextAt, code: failureCode(behaviour, hash) }
    return withNoise(
      behaviour,
      hash,
      chance(hash, purpose.sentFirst) < behaviour.sent_before_failed ? [sent, failed] : [failed],
    )
  }
  if (outcome >= behaviour.failed + behaviour.delivered) return withNoise(behaviour, hash, [sent])
  const steps: Step[] = [sent, { status: 'delivered', at: nextAt, due: nextAt }]
  if (chance(hash, purpose.read) < behaviour.read) {
    const readAt = nextAt + within(latency.read, chance(hash, purpose.readTime))
    if (chance(hash, purpose.skipDelivered) < behaviour.read_without_delivered) steps.pop()
    steps.push({ status: 'read', at: readAt, due: readAt })
  }
  return withNoise(behaviour, hash, steps)
}

/** Refused after all: accepted with 200, then only a `failed` webhook. */
export function failedFate(
  behaviour: Behaviour,
  seed: number,
  recipient: string,
  failure: { at: number; code: number },
): Step[] {
  const hash = hashOf(seed, recipient)
  const at = failure.at + within(behaviour.latency_ms.sent, chance(hash, purpose.sentTime))
  return withNoise(behaviour, hash, [{ status: 'failed', at, due: at, code: failure.code }])
}

/** Reactions are never reported as delivered or read. */
export function sentOnlyFate(behaviour: Behaviour, seed: number, recipient: string, acceptedAt: number): Step[] {
  return usualFate({ ...behaviour, failed: 0, delivered: 0 }, seed, recipient, acceptedAt)
}

/** When and what the recipient writes back to a message delivered at this time; undefined for those who stay silent. */
export function answerOf(
  behaviour: Behaviour,
  seed: number,
  recipient: string,
  deliveredAt: number,
): { due: number; text: string } | undefined {
  const { answers, latency_ms: latency } = behaviour
  if (answers.share === 0) return undefined
  const hash = hashOf(seed, recipient)
  if (chance(hash, purpose.answers) >= answers.share) return undefined
  const text = answers.texts[Math.floor(chance(hash, purpose.answerText) * answers.texts.length)] ?? 'OK'
  return { due: deliveredAt + within(latency.answer, chance(hash, purpose.answerTime)), text }
}

function failureCode({ failure_codes: weights }: Behaviour, hash: number): number {
  const entries = Object.entries(weights)
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let left = chance(hash, purpose.code) * total
  for (const [code, weight] of entries) {
    left -= weight
    if (left < 0) return Number(code)
  }
  return 131026
}

/** Reordered: the webhooks leave in the opposite order, the timestamps inside stay true. Duplicated: the last comes again. */
function withNoise(behaviour: Behaviour, hash: number, steps: Step[]): Step[] {
  if (steps.length > 1 && chance(hash, purpose.reordered) < behaviour.reordered) {
    const dues = steps.map((step) => step.due).reverse()
    steps.forEach((step, index) => (step.due = dues[index] ?? step.due))
  }
  const last = steps.at(-1)
  if (last && chance(hash, purpose.duplicated) < behaviour.duplicated) {
    steps.push({ ...last, due: last.due + within(behaviour.duplicate_within_ms, chance(hash, purpose.duplicateTime)) })
  }
  return steps
}
