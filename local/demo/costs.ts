/** What a stretch of the demo cost: the difference of two readings, per message. */
import type { StackMetrics } from '../stack/measure.ts'

export interface Cost {
  cosmosRequests: number | undefined
  requestUnits: number | undefined
  /** Puts, gets that found something or not, and deletes. */
  queueOperations: number | undefined
  tableOperations: number | undefined
}

/** Undefined where the part is not ours to measure. */
export function costBetween(before: StackMetrics, after: StackMetrics, messages: number): Cost {
  const per = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined || messages === 0 ? undefined : (to - from) / messages
  return {
    cosmosRequests: per(before.cosmos?.requests, after.cosmos?.requests),
    requestUnits: per(before.cosmos?.request_units, after.cosmos?.request_units),
    queueOperations: per(before.storage?.queue, after.storage?.queue),
    tableOperations: per(before.storage?.table, after.storage?.table),
  }
}
