/**
 * Bad weather at Meta: some sends time out, some are taken without an answer, some meet a passing error, and every few
 * seconds a burst of sends is refused as too fast. A burst passes: what is left of it would otherwise wait for the last
 * few recipients, and refuse them again and again until all their tries are over.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Simulator } from './simulator.ts'

const SENDS = { method: 'POST', path: '/messages$' }

/** Chosen by recipient and try, so the same seed meets the same faults in any order. */
const STEADY = [
  { mode: { probability: 0.01 }, effect: { kind: 'answer_lost', ms: 50 } },
  { mode: { probability: 0.004 }, effect: { kind: 'timeout', ms: 3_000 } },
  // Longer than Herald waits for an answer.
  { mode: { probability: 0.001 }, effect: { kind: 'timeout', ms: 15_000 } },
  { mode: { probability: 0.002 }, effect: { kind: 'reset' } },
  { mode: { probability: 0.002 }, effect: { kind: 'http', status: 503 } },
  { mode: { probability: 0.01 }, effect: { kind: 'graph_error', code: 131016 } },
]
/** As the ledger names what the weather does: who met only these and has no message is uncertain or left out, not refused. */
export const PASSING_CODES = ['131016', '130429', 'http_429', 'http_503', 'timeout', 'reset']

/** Meta's own answer, and that of a gateway in front of it. */
const BURSTS = [
  { mode: { next: 20 }, effect: { kind: 'graph_error', code: 130429 } },
  { mode: { next: 10 }, effect: { kind: 'http', status: 429 } },
]
const BURST_EVERY_MS = 7_000
const BURST_LASTS_MS = 1_500

export interface Weather {
  bursts: number
  /** Fair from now on. */
  clear(): Promise<void>
}

export async function badWeather(simulator: Simulator): Promise<Weather> {
  for (const rule of STEADY) await simulator.addFault({ match: SENDS, ...rule })
  const over = new AbortController()
  const weather: Weather = {
    bursts: 0,
    async clear() {
      over.abort()
      await coming
      await simulator.clearFaults()
    },
  }
  const coming = burstAfterBurst(simulator, weather, over.signal)
  // Awaited in `clear`, which may be much later.
  coming.catch(() => undefined)
  return weather
}

async function burstAfterBurst(simulator: Simulator, weather: Weather, over: AbortSignal): Promise<void> {
  for (;;) {
    await delay(BURST_EVERY_MS - BURST_LASTS_MS, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) return
    const id = await simulator.addFault({ match: SENDS, ...BURSTS[weather.bursts % BURSTS.length] })
    weather.bursts += 1
    await delay(BURST_LASTS_MS, undefined, { signal: over }).catch(() => undefined)
    await simulator.removeFault(id)
  }
}
