/** Once a day: says which numbers have an access token that ends within a week, while there is time for another one. */
import type { Deps } from '../deps.ts'
import { expiringNumbers } from './store.ts'

const WITHIN_MS = 7 * 24 * 3_600_000

/** How many there are. One that has ended is told too, until the number has another. */
export async function warnOfExpiry(deps: Pick<Deps, 'containers' | 'log' | 'now'>): Promise<number> {
  const expiring = await expiringNumbers(deps.containers, new Date(deps.now().getTime() + WITHIN_MS))
  for (const { id, workspace_id, token_expires_at } of expiring) {
    deps.log.warn('phone_number.token_expires', { workspace_id, phone_number_id: id, expires_at: token_expires_at })
  }
  return expiring.length
}
