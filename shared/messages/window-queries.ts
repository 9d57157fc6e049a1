/** Whose service window with a number is open: one question about the whole workspace, confined as the inbox's are. */
import type { DocumentContainer } from '../azure/cosmos.ts'
import type { WorkspaceId } from '../ids.ts'
import { Conversation } from './schema.ts'

const Writer = Conversation.pick({ person: true, contact_id: true })

export interface OpenWindowsOf {
  workspaceId: WorkspaceId
  phoneNumberId: string
  /** They wrote after this. */
  wroteAfter: string
  /** Of more, only so many are told. */
  most: number
}

/** The window is open, as conversation.ts judges it, if the person wrote after `@wroteAfter`, 24 hours ago. */
export const WROTE_AFTER =
  'IS_STRING(c.last_inbound_at) AND c.last_inbound_at > @wroteAfter ' +
  'AND (NOT IS_DEFINED(c.window_refused_at) OR c.last_inbound_at > c.window_refused_at)'

export function windowQueries(messages: DocumentContainer) {
  return {
    /**
     * One request for a thousand. The time of the last activity is what the index has; where it is older, because they
     * did nothing that is shown, they are not told.
     */
    openWindowsOf: ({ workspaceId, phoneNumberId, wroteAfter, most }: OpenWindowsOf) =>
      messages.query(
        {
          text:
            'SELECT TOP @most c.person, c.contact_id FROM c WHERE c.workspace_id = @workspace ' +
            "AND c.type = 'conversation' AND c.phone_number_id = @number AND c.last_activity_at > @wroteAfter " +
            `AND ${WROTE_AFTER}`,
          parameters: { workspace: workspaceId, number: phoneNumberId, wroteAfter, most },
          maxItems: most,
        },
        (row) => Writer.parse(row),
      ),
  }
}
