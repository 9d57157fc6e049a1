/** Jobs over contacts in Cosmos DB, in the partition of the contacts they change. */
import type { BatchOperation, Stored } from '../../azure/cosmos.ts'
import type { Deps } from '../../deps.ts'
import { isIdOf, type WorkspaceId } from '../../ids.ts'
import { contactsThat } from '../filter.ts'
import { Contact } from '../schema.ts'
import { BulkJob, filtersOf } from './schema.ts'

export function bulkStore({ contacts }: Pick<Deps['containers'], 'contacts'>) {
  return {
    async find(workspaceId: WorkspaceId, id: string): Promise<Stored<BulkJob> | undefined> {
      if (!isIdOf('contactJob', workspaceId, id)) return undefined
      return contacts.read(id, workspaceId, (document) => BulkJob.parse(document))
    },
    create: (job: BulkJob) => contacts.create(job, job.workspace_id),
    /** The next contacts of a job: those that fit its filter and were not changed since it was asked for. */
    next: (job: BulkJob, limit: number): Promise<Stored<Contact>[]> => {
      const { workspace_id, asked_at, cursor } = job
      const { text, parameters } = contactsThat(filtersOf(job))
      return contacts.query(
        {
          text: `SELECT TOP @limit * FROM c WHERE ${text} AND c.updated_at <= @asked AND c.id > @cursor ORDER BY c.id`,
          parameters: { ...parameters, limit, asked: asked_at, cursor },
          partition: workspace_id,
          maxItems: limit,
        },
        // Cosmos DB puts its _etag into every document of a SELECT *.
        (document) => ({ value: Contact.parse(document), etag: (document as { _etag: string })._etag }),
      )
    },
    replace: (stored: Stored<BulkJob>, job: BulkJob) => contacts.replace(stored, job, job.workspace_id),
    /** The job and the contacts it changed: all or nothing, so that no contact is counted twice or left out. */
    save: (before: Stored<BulkJob>, job: BulkJob, changed: BatchOperation<Contact>[]): Promise<void> =>
      contacts.batch([{ kind: 'replace', document: job, etag: before.etag }, ...changed], job.workspace_id),
  }
}
