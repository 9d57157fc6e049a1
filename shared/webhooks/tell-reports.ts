/** Counts what Meta reported about messages, and why those failed that did. */
import type { Deps } from '../deps.ts'

interface Reported {
  kind: string
  code: number
}

export function tellReports({ telemetry }: Pick<Deps, 'telemetry'>, reports: () => Iterable<Reported>): void {
  if (!telemetry) return
  for (const { kind, code } of reports()) telemetry.tell('herald.messages.reported', 1, { status: kind, code })
}
