/** Members in Cosmos DB, beside their workspace. A row is written only together with the workspace's document. */
import * as z from 'zod'
import type { BatchOperation, Document, Stored } from '../../azure/cosmos.ts'
import type { Deps } from '../../deps.ts'
import { isIdOf, type WorkspaceId } from '../../ids.ts'
import { Member, MOST_MEMBERS, type Workspace } from '../schema.ts'

const MemberDocument = z.looseObject({ type: z.literal('member') })

export function memberStore({ core }: Pick<Deps['containers'], 'core'>) {
  return {
    async find(workspaceId: WorkspaceId, memberId: string): Promise<Stored<Member> | undefined> {
      if (!isIdOf('other', workspaceId, memberId)) return undefined
      const stored = await core.read(memberId, workspaceId, (document) =>
        // Ids of this kind name other things too.
        MemberDocument.safeParse(document).success ? Member.parse(document) : undefined,
      )
      return stored?.value && { value: stored.value, etag: stored.etag }
    },

    /** All that were not removed, newest first: one request, because a workspace's members are bounded. */
    list(workspaceId: WorkspaceId, status: Member['status'] | undefined): Promise<Member[]> {
      const wanted = status === undefined ? 'c.status != @removed' : 'c.status = @status'
      return core.query(
        {
          text: `SELECT * FROM c WHERE c.type = @type AND ${wanted} ORDER BY c.created_at DESC, c.id DESC`,
          parameters: { type: 'member', ...(status === undefined ? { removed: 'removed' } : { status }) },
          partition: workspaceId,
          maxItems: MOST_MEMBERS + 1,
        },
        (document) => Member.parse(document),
      )
    },

    /** Both or none. Throws `conflict` if either changed since it was read. */
    async write(
      workspace: { before: Stored<Workspace>; after: Workspace },
      member: { before: Stored<Member> | undefined; after: Member },
    ): Promise<void> {
      const row: BatchOperation<Document> = member.before
        ? { kind: 'replace', document: member.after, etag: member.before.etag }
        : { kind: 'create', document: member.after }
      const owners: BatchOperation<Document> = {
        kind: 'replace',
        document: workspace.after,
        etag: workspace.before.etag,
      }
      await core.batch([owners, row], workspace.after.id)
    },
  }
}
