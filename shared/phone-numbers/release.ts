/** Frees all numbers of a workspace that is gone: others can connect them, and webhooks lead here no more. */
import { isConflict } from '../errors.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberDirectory } from './directory.ts'
import type { PhoneNumber } from './schema.ts'
import { phoneNumberStore } from './store.ts'

const AT_ONCE = 50

/** The rows are marked last: what a crash leaves unmarked is visited again. Safe to run again. */
export async function releaseNumbersOf(
  deps: Pick<Deps, 'containers' | 'now'>,
  workspaceId: WorkspaceId,
): Promise<void> {
  const phoneNumbers = phoneNumberStore(deps.containers)
  for (;;) {
    const { items } = await phoneNumbers.list([workspaceId], undefined, { limit: AT_ONCE, offset: 0 })
    for (const phoneNumber of items) await release(deps, phoneNumber)
    if (items.length < AT_ONCE) return
  }
}

async function release({ containers, now }: Pick<Deps, 'containers' | 'now'>, phoneNumber: PhoneNumber): Promise<void> {
  const { id, workspace_id, meta_id, waba_id } = phoneNumber
  const directory = phoneNumberDirectory(containers)
  await directory.releaseNumber(meta_id, id)
  if (waba_id !== null) await directory.removeFromWaba(waba_id, workspace_id)
  const phoneNumbers = phoneNumberStore(containers)
  const stored = await phoneNumbers.find(workspace_id, id)
  if (!stored) return
  const at = now().toISOString()
  try {
    // A row that nothing can send with any more needs no secrets.
    await phoneNumbers.replace(stored, {
      ...stored.value,
      access_token: '',
      app_secret: null,
      deleted_at: at,
      updated_at: at,
    })
  } catch (error) {
    // Somebody else wrote: the next look decides.
    if (!isConflict(error)) throw error
  }
}
