/** How much of its pace each number uses, told as its slots are taken. */
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Pacer } from './pacer.ts'

export function observedPacer(pacer: Pacer, telemetry: Telemetry): Pacer {
  return {
    ...pacer,
    async reserve(number, request) {
      const taken = await pacer.reserve(number, request)
      if ('waitMs' in taken) return taken
      telemetry.tell('herald.pace.slots', request.count, { meta_number_id: number })
      telemetry.tell('herald.pace.allowed', 1000 / taken.intervalMs, { meta_number_id: number })
      return taken
    },
  }
}
