/** Another process beside the world's: it shares nothing but the stores. */
import type { Deps } from '../../shared/deps.ts'
import { pacer as newPacer, type Pacer } from '../../shared/pace/pacer.ts'
import { slotPool } from '../../shared/pace/slot-pool.ts'
import { factWriter } from '../../shared/recipients/fact-writer.ts'
import { gates } from '../../shared/recipients/gate.ts'

/** What a process keeps for itself is new; `change` is laid over its pacer. */
export function anotherInstance(deps: Deps, change: Partial<Pacer> = {}): Deps {
  const pacer = { ...newPacer(deps), ...change }
  return { ...deps, pacer, slots: slotPool({ ...deps, pacer }), facts: factWriter(deps), gates: gates(deps) }
}
