/** Reads one message. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Message } from './schema.ts'
import { messageStore } from './store.ts'

export async function findMessage(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Message> {
  const stored = await messageStore(containers).find(workspaceId, id)
  if (!stored) throw new AppError('message_not_found', NOT_FOUND_WORDS)
  return stored.value
}
