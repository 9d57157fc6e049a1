/**
 * Whether every store answers. Anybody may ask: all who ask within a second get the same look, so that no one makes the
 * stores work by asking, and no look takes longer than its patience, whatever a store does.
 */
import type { StoreProbes } from '../azure/probes.ts'
import { STORES, type StoreName } from '../azure/resources.ts'
import type { Log } from '../log.ts'

export interface StoreState {
  name: StoreName
  ok: boolean
  ms: number
}

/** Never throws. */
export type Readiness = () => Promise<StoreState[]>

const PATIENCE_MS = 2_000
const HELD_MS = 1_000

interface ReadinessDeps {
  probes: StoreProbes
  log: Log
  now: () => Date
}

export function readiness({ probes, log, now }: ReadinessDeps, patienceMs = PATIENCE_MS): Readiness {
  let last: { states: Promise<StoreState[]>; until: number } | undefined

  const look = async (name: StoreName): Promise<StoreState> => {
    const startedAt = performance.now()
    const past = () => Math.round(performance.now() - startedAt)
    try {
      await inTime(probes[name], patienceMs)
      return { name, ok: true, ms: past() }
    } catch (error) {
      log.warn('store.unreachable', { store: name, ms: past(), error })
      return { name, ok: false, ms: past() }
    }
  }

  return () => {
    if (last && now().getTime() < last.until) return last.states
    const states = Promise.all(STORES.map(look))
    const mine = { states, until: Infinity }
    last = mine
    void states.then(() => (mine.until = now().getTime() + HELD_MS))
    return states
  }
}

/** A client that does not heed the signal is left behind. */
async function inTime(probe: (signal: AbortSignal) => Promise<void>, patienceMs: number): Promise<void> {
  const patience = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, failed) => {
    timer = setTimeout(() => {
      patience.abort()
      failed(new Error(`No answer within ${patienceMs} ms`))
    }, patienceMs)
  })
  try {
    await Promise.race([probe(patience.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
