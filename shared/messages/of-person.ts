/** All messages and conversations of one person, whatever ids they were known by. */
import type { DocumentContainer, Stored } from '../azure/cosmos.ts'
import { eraCondition } from '../contacts/eras.ts'
import type { Era } from '../contacts/schema.ts'
import type { Position } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { Conversation, Message } from './schema.ts'

/** Many more than a person has: one conversation with each number of the workspace, and those before a change of number. */
const MOST_CONVERSATIONS = 500

export function personQueries(messages: DocumentContainer) {
  return {
    /** The latest first. Those that are erased already only where asked for. */
    messagesOf(
      workspaceId: WorkspaceId,
      eras: readonly Era[],
      { until, after, take, erased }: { until: string; after: Position | undefined; take: number; erased: boolean },
    ): Promise<Stored<Message>[]> {
      const { text, parameters } = eraCondition(eras, 'created_at')
      const conditions = [
        `c.workspace_id = @workspace AND c.type = 'message' AND ${text} AND c.created_at <= @end`,
        ...(erased ? [] : ['NOT IS_DEFINED(c.erased_at)']),
        ...(after ? ['(c.created_at < @at OR (c.created_at = @at AND c.id < @beyond))'] : []),
      ]
      const order = 'ORDER BY c.created_at DESC, c.id DESC OFFSET 0 LIMIT @take'
      const place = after ? { at: after.created_at, beyond: after.id } : {}
      return messages.query(
        {
          text: `SELECT * FROM c WHERE ${conditions.join(' AND ')} ${order}`,
          parameters: { ...parameters, ...place, workspace: workspaceId, end: until, take },
          maxItems: take,
        },
        (document) => stored(document, (value) => Message.parse(value)),
      )
    },

    /** Where others began anew with the same number, theirs is left out. */
    async conversationsOf(workspaceId: WorkspaceId, eras: readonly Era[]): Promise<Stored<Conversation>[]> {
      const ids = [...new Set(eras.map(({ contact_id }) => contact_id))]
      const names = ids.map((_id, index) => `@c${index}`)
      const found = await messages.query(
        {
          text:
            "SELECT * FROM c WHERE c.workspace_id = @workspace AND c.type = 'conversation' " +
            `AND c.contact_id IN (${names.join(', ')}) OFFSET 0 LIMIT @most`,
          parameters: {
            workspace: workspaceId,
            most: MOST_CONVERSATIONS,
            ...Object.fromEntries(ids.map((id, index) => [`c${index}`, id])),
          },
        },
        (document) => stored(document, (value) => Conversation.parse(value)),
      )
      return found.filter(({ value }) => eras.some((era) => isOf(value, era)))
    },
  }
}

function isOf({ contact_id, begins_at = '', created_at }: Conversation, { contact_id: id, from, until }: Era): boolean {
  const begins = begins_at > created_at ? begins_at : created_at
  return contact_id === id && (until === null || begins <= until) && (from === null || begins_at >= from)
}

function stored<T>(document: unknown, parse: (document: unknown) => T): Stored<T> {
  // Cosmos DB puts its _etag into every document of a SELECT *.
  return { value: parse(document), etag: (document as { _etag: string })._etag }
}
