/** Templates in Cosmos DB, in their workspace's partition of `core`. */
import type { BatchOperation, Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import { Template, type TemplateCategory, type TemplateStatus } from './schema.ts'

export interface TemplateFilter {
  phoneNumberId?: string | undefined
  status?: TemplateStatus | undefined
  category?: TemplateCategory | undefined
}

export function templateStore({ core }: Pick<Deps['containers'], 'core'>) {
  const parse = (document: unknown): Template => Template.parse(document)
  /** Deleted ones too. */
  const findAny = async (workspaceId: WorkspaceId, anyCaseId: string): Promise<Stored<Template> | undefined> => {
    const id = anyCaseId.toLowerCase()
    return isIdOf('template', workspaceId, id) ? core.read(id, workspaceId, parse) : undefined
  }
  return {
    findAny,

    async find(workspaceId: WorkspaceId, anyCaseId: string): Promise<Stored<Template> | undefined> {
      const stored = await findAny(workspaceId, anyCaseId)
      return stored?.value.type === 'template' ? stored : undefined
    },

    /** Every language of a name in an account: some dozens at most. */
    named(workspaceId: WorkspaceId, wabaId: string, name: string): Promise<Template[]> {
      const text = "SELECT * FROM c WHERE c.type = 'template' AND c.name = @name AND c.waba_id = @wabaId"
      return core.query({ text, parameters: { name, wabaId }, partition: workspaceId }, parse)
    },

    list(workspaceId: WorkspaceId, filter: TemplateFilter, page: Page): Promise<Listed<Template>> {
      const { phoneNumberId, status, category } = filter
      const equal = { type: 'template', phone_number_id: phoneNumberId, status, category }
      return listNewestFirst({ container: core, partitions: [workspaceId], equal, page }, parse)
    },

    /** All of an account, deleted ones too. */
    ofAccount(workspaceId: WorkspaceId, wabaId: string): Promise<Stored<Template>[]> {
      const text = "SELECT * FROM c WHERE c.type IN ('template', 'deleted_template') AND c.waba_id = @wabaId"
      return core.query({ text, parameters: { wabaId }, partition: workspaceId, maxItems: 1000 }, storedTemplate)
    },

    /** All or none, ≤ 100. */
    writeAll: (workspaceId: WorkspaceId, operations: BatchOperation<Template>[]) => core.batch(operations, workspaceId),

    /** Throws `conflict` if the id is in use. */
    create(template: Template): Promise<Stored<Template>> {
      return core.create(template, template.workspace_id)
    },

    replace(stored: Stored<Template>, template: Template): Promise<Stored<Template>> {
      return core.replace(stored, template, template.workspace_id)
    },
  }
}

function storedTemplate(document: unknown): Stored<Template> {
  // Cosmos DB puts its _etag into every document of a SELECT *.
  const { _etag: etag } = document as { _etag: string }
  return { value: Template.parse(document), etag }
}
