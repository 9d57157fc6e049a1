/** The contacts who get nothing any more of a campaign that has them in its pages: they opted out, or were deleted. */
import * as z from 'zod'
import type { DocumentContainer } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'

/** By the ids they have and had, with the reason. */
export type LeftOut = ReadonlyMap<string, 'opted_out' | 'contact_deleted'>

const MOST_AT_ONCE = 1000
const Row = z.object({ id: z.string(), contact_id: z.string().optional(), former_ids: z.array(z.string()).default([]) })

/**
 * Since `at` (ISO 8601), and did not come back. Opt-outs and deletions carry a time that is taken just before they are stored:
 * who must not miss one asks from some seconds earlier. One query, for a campaign asks it every second.
 */
export function leftOutQuery(contacts: DocumentContainer) {
  const optedOut = "c.type = 'consent' AND c.kind = 'opt_out' AND c.at >= @at AND NOT IS_DEFINED(c.is_late)"
  const deleted = "c.type = 'contact' AND c.deleted = true AND c.deleted_at >= @at"
  const text = `SELECT c.id, c.contact_id, c.former_ids FROM c WHERE (${optedOut}) OR (${deleted})`
  return async (workspaceId: WorkspaceId, at: string): Promise<LeftOut> => {
    const query = { text, parameters: { at }, partition: workspaceId, maxItems: MOST_AT_ONCE }
    const rows = await contacts.query(query, (row) => Row.parse(row))
    const reasons = (isOptOut: boolean) =>
      rows
        .filter(({ contact_id }) => (contact_id !== undefined) === isOptOut)
        .flatMap(({ id, contact_id = id, former_ids }) => [contact_id, ...former_ids])
        .map((id) => [id, isOptOut ? 'opted_out' : 'contact_deleted'] as const)
    return new Map([...reasons(false), ...reasons(true)])
  }
}
