/**
 * How the simulated people, networks and reviewers behave. One shape serves the start option and the control API, so
 * its names are those of the wire.
 */
import { isObject } from './json.ts'
import type { Json } from './json.ts'

export type Range = readonly [least: number, most: number]

export type Behaviour = {
  /** Shares of all recipients; what is neither delivered nor failed stays at `sent`. */
  delivered: number
  failed: number
  /** Share of the delivered. */
  read: number
  /** Weights of the codes that failures carry. */
  failure_codes: Record<string, number>
  /** Share of the failures that were reported as sent before. */
  sent_before_failed: number
  /** Each is the time after the step before; `answer` counts from the delivery. */
  latency_ms: { sent: Range; delivered: Range; read: Range; answer: Range }
  /** Share of the delivered that write back; with `press_buttons` they press a quick reply where there is one. */
  answers: { share: number; texts: string[]; press_buttons: boolean }
  read_without_delivered: number
  duplicated: number
  /** How long after the first. */
  duplicate_within_ms: Range
  reordered: number
  batch_max: number
  batch_wait_ms: number
  webhook_concurrency: number
  webhook_timeout_ms: number
  retry_first_ms: number
  retry_max_ms: number
  retry_for_ms: number
  /** Shares of users: known by a business-scoped id, with a username, writing without their phone number. */
  bsuid: number
  usernames: number
  hidden_phones: number
  /** Shares of payload noise. */
  missing_profiles: number
  unknown_fields: number
  /** Templates: time of the review, and the words in a name that decide it. */
  review_ms: number
  reject_name: string
  recategorise_name: string
  pair_interval_ms: number
  pair_burst: number
  throughput_tolerance: number
  enforce_windows: boolean
  enforce_portfolio_limit: boolean
}

export const defaultBehaviour: Behaviour = {
  delivered: 0.96,
  failed: 0.03,
  read: 0.7,
  failure_codes: { '131026': 6, '131049': 2, '131050': 1, '130472': 1 },
  sent_before_failed: 1,
  latency_ms: { sent: [50, 400], delivered: [200, 1500], read: [500, 4000], answer: [500, 3000] },
  answers: { share: 0, texts: ['Thank you!', 'Olá! 👍', 'Can you tell me more?', 'STOP'], press_buttons: false },
  read_without_delivered: 0.02,
  duplicated: 0.02,
  duplicate_within_ms: [20, 2000],
  reordered: 0.02,
  batch_max: 100,
  batch_wait_ms: 20,
  webhook_concurrency: 16,
  webhook_timeout_ms: 10_000,
  retry_first_ms: 100,
  retry_max_ms: 5000,
  retry_for_ms: 7 * 24 * 3600 * 1000,
  bsuid: 0.9,
  usernames: 0.2,
  hidden_phones: 0,
  missing_profiles: 0.02,
  unknown_fields: 0.02,
  review_ms: 300,
  reject_name: 'reject',
  recategorise_name: 'promo',
  pair_interval_ms: 6000,
  pair_burst: 45,
  throughput_tolerance: 0.05,
  enforce_windows: true,
  enforce_portfolio_limit: false,
}

/** Lays changes over a behaviour; a name or type that does not fit throws, so that a typing error in a test is seen. */
export function changedBehaviour(current: Behaviour, changes: Json): Behaviour {
  // `laidOver` keeps every name and the kind of every value, so the result is complete again.
  const changed = laidOver('', { ...current }, changes) as Behaviour
  if (changed.batch_max < 1 || changed.batch_max > 1000) throw new RangeError('batch_max must be from 1 to 1000')
  if (changed.webhook_concurrency < 1) throw new RangeError('webhook_concurrency must be at least 1')
  return changed
}

function laidOver(prefix: string, before: Json, changes: Json): Json {
  const changed = { ...before }
  for (const [part, value] of Object.entries(changes)) {
    const name = prefix + part
    const known = before[part]
    if (known === undefined) throw new TypeError(`There is no behaviour ${name}`)
    if (kindOf(known) !== kindOf(value)) throw new TypeError(`The behaviour ${name} must be ${kindOf(known)}`)
    // The weights of failures are replaced as a whole; the other groups by their parts.
    const isGroup = name !== 'failure_codes' && isObject(known) && isObject(value)
    changed[part] = isGroup ? laidOver(`${name}.`, known, value) : value
  }
  return changed
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return `a ${typeof value}`
}
