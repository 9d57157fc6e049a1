/** How long a single message waits for Meta: less than a campaign does. */
import type { SendOutcome } from '../whatsapp/outcome.ts'

/** Nobody expects a single message after more than this. */
const LONGEST_RETRY_MS = 10 * 60_000

/** A campaign can wait for hours, or until a person has mended something; whoever sent one message is told now. */
export function finalIfStopped({ result, effect }: SendOutcome): SendOutcome {
  if (result.kind !== 'again') return effect ? { result, effect } : { result }
  const isLong = effect?.kind === 'stop' || effect?.kind === 'hold' || result.afterMs > LONGEST_RETRY_MS
  if (!isLong) return effect ? { result, effect } : { result }
  return { result: { kind: 'failed', code: result.code, reason: result.reason } }
}
