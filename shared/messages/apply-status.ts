/** Applies what Meta's webhooks report about a single message; a repeated or late report changes nothing that is settled. */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { noteFailure } from './note-failure.ts'
import { statusOf, withReport, type Report } from './status.ts'
import { messageStore } from './store.ts'

/**
 * False if no such message was ever sent. A message is stored before it can be sent, so its status never comes before
 * its record.
 */
export async function applyMessageReports(
  deps: Pick<Deps, 'containers' | 'gates' | 'log' | 'now' | 'queues'>,
  workspaceId: WorkspaceId,
  messageId: string,
  reports: readonly Report[],
): Promise<boolean> {
  const { containers, log, now } = deps
  const store = messageStore(containers)
  return retryingConflicts(async () => {
    const stored = await store.findOutbound(workspaceId, messageId)
    if (!stored) return false
    const next = reports.reduce(withReport, stored.value)
    if (next === stored.value) return true
    // Before the write: what is repeated after a crash is this, too.
    if (statusOf(next) === 'failed') await noteFailure(deps, next)
    await store.replace(stored, { ...next, updated_at: now().toISOString() })
    const other = reports.find(({ wamid }) => wamid !== undefined && wamid !== next.wa_message_id)
    // Each accepted send has an id of its own: two of them would mean two sends.
    if (other) log.error('message.two_wamids', { message_id: messageId })
    return true
  })
}
