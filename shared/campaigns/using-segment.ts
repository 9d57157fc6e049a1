/** The campaigns that will start with a segment, and look it up then. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'

const Awaiting = z.object({ id: z.string(), name: z.string() })

export function campaignsAwaitingSegment(
  { containers: { core } }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  segmentId: string,
): Promise<z.output<typeof Awaiting>[]> {
  return core.query(
    {
      // Few campaigns of a workspace wait for their time at once: only these are looked through for the segment.
      text:
        "SELECT c.id, c.name FROM c WHERE c.type = 'campaign' AND c.status = 'SCHEDULED' AND IS_NULL(c.started_at) " +
        'AND c.audience.segment = @segmentId AND NOT IS_DEFINED(c.deleted_at)',
      parameters: { segmentId },
      partition: workspaceId,
    },
    (row) => Awaiting.parse(row),
  )
}
