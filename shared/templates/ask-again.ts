/** Has Meta asked for a template that it refused as if it were another one than ours. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { templateOrNone } from './find.ts'

/** A campaign can be refused hundreds of times in the seconds until it stops, and Meta limits such questions by the hour. */
const FRESH_FOR_MS = 2 * 60_000

/** Nothing if Meta told of the template a moment ago. Safe to run again. */
export async function askAgain(
  { containers, queues, now }: Pick<Deps, 'containers' | 'queues' | 'now'>,
  workspaceId: WorkspaceId,
  templateId: string,
): Promise<void> {
  const template = await templateOrNone({ containers }, workspaceId, templateId)
  const told = template?.status_at ?? ''
  if (!template || told > new Date(now().getTime() - FRESH_FOR_MS).toISOString()) return
  const queued_at = now().toISOString()
  await queues.send('template-submissions', {
    workspace_id: workspaceId,
    template_id: templateId,
    queued_at,
    refresh: true,
  })
}
