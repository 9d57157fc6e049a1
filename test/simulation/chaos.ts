/** What a seed's world does to its hosts: how slow it is, what fails, who dies. Drawn once, from the seed. */
import { PAGE_SIZE } from '../../shared/recipients/page.ts'
import type { FrequencyCap } from '../../shared/workspaces/schema.ts'
import type { Random } from './random.ts'

export type Service = 'cosmos' | 'table' | 'queue' | 'blobs'

export interface Chaos {
  hosts: number
  recipients: number
  campaigns: number
  /** Everything answers within 40 ms and no host stands still: what is promised in seconds is checked. */
  isCalm: boolean
  /** Several campaigns share a slow number, on hosts that know of each other by the stores alone: the pace is checked. */
  isCrowded: boolean
  /** The number may send 1,000 a second, so that one queue message names several pages; there are some more people. */
  isFast: boolean
  /** The workspace bounds how often one contact is written to, and has more campaigns than that. */
  frequencyCap: FrequencyCap | undefined
  longestLatencyMs: number
  longestFreezeMs: number
  /** Of each call. */
  crash: number
  freeze: number
  lost: number
  refused: number
  /** While one of these lasts, nothing reaches that service, or no answer comes back. */
  outages: { service: Service; fromMs: number; toMs: number }[]
  /** Of each queue message. */
  duplicate: number
  late: number
  /** Of each send. */
  meta: { lost: number; lostUnsent: number; refused: number; stopped: number; notSent: number }
  failedStatus: number
  /** Nothing goes wrong from here on, so that what is left can come to rest. */
  healsAfterMs: number
}

export function drawChaos(random: Random, nowMs: number): Chaos {
  const isCrowded = random.chance(0.1)
  const isCalm = isCrowded || random.chance(0.5)
  const some = (...levels: number[]) => random.pick(levels)
  return {
    hosts: random.between(isCrowded ? 3 : 2, 4),
    recipients: isCrowded || random.chance(0.3) ? random.between(80, 200) : random.between(20, 80),
    campaigns: isCrowded ? 4 : random.chance(0.25) ? 2 : 1,
    isCalm,
    isCrowded,
    isFast: false,
    frequencyCap: undefined,
    longestLatencyMs: isCalm ? 40 : some(200, 2_000, 8_000),
    longestFreezeMs: isCalm ? 0 : 90_000,
    crash: some(0, 0.001, 0.004, 0.015),
    freeze: isCalm ? 0 : some(0, 0.002, 0.005),
    lost: some(0, 0.01, 0.05),
    refused: some(0, 0.01, 0.05),
    outages: Array.from({ length: some(0, 0, 1, 3) }, () => drawOutage(random, nowMs)),
    duplicate: some(0, 0.1, 0.4),
    late: some(0, 0.05, 0.2),
    meta: {
      lost: some(0, 0.02, 0.1),
      lostUnsent: some(0, 0.02, 0.05),
      refused: some(0, 0.05, 0.2),
      stopped: some(0, 0, 0.005),
      notSent: some(0, 0.03),
    },
    failedStatus: some(0, 0.05, 0.15),
    healsAfterMs: 1000 * random.between(30, 900),
  }
}

/** The same world under a frequency cap. */
export function capped(chaos: Chaos, messages: number): Chaos {
  return { ...chaos, frequencyCap: { messages, hours: 1 }, campaigns: Math.max(chaos.campaigns, messages + 1) }
}

/** The same world with a fast number, and recipients for several pages. */
export function fast(chaos: Chaos): Chaos {
  return { ...chaos, isFast: true, isCrowded: false, recipients: chaos.recipients + PAGE_SIZE }
}

function drawOutage(random: Random, nowMs: number): Chaos['outages'][number] {
  const fromMs = nowMs + random.between(0, 40_000)
  const toMs = fromMs + random.between(500, random.chance(0.8) ? 15_000 : 200_000)
  return { service: random.pick(['cosmos', 'table', 'queue'] as const), fromMs, toMs }
}

/** The same world once nothing goes wrong any more. */
export function healed(chaos: Chaos): Chaos {
  const none = { lost: 0, lostUnsent: 0, refused: 0, stopped: 0, notSent: 0 }
  const calm = { isCalm: chaos.isCalm, longestLatencyMs: 40, crash: 0, freeze: 0, lost: 0, refused: 0, outages: [] }
  return { ...chaos, ...calm, duplicate: 0, late: 0, meta: none }
}
