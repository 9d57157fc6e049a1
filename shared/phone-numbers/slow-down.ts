/** Meta said that calls come too fast: of a number, or of all numbers that share a limit of their account or app. */
import type { Deps } from '../deps.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import type { PhoneNumber } from './schema.ts'
import { numbersSharing } from './sharing.ts'

export async function slowDown(
  deps: Pick<Deps, 'containers' | 'config' | 'pacer'>,
  { workspace_id, id, meta_id }: Pick<PhoneNumber, 'workspace_id' | 'id' | 'meta_id'>,
  code: number,
): Promise<void> {
  const { sharedBy, afterMs } = errorRule(code)
  if (!sharedBy) return deps.pacer.slowDown(meta_id)
  // Each would only add to what is too much already, so they stand still rather than find out one by one.
  for (const number of await numbersSharing(deps, workspace_id, id, sharedBy)) {
    await deps.pacer.slowDown(number.meta_id, afterMs)
  }
}
