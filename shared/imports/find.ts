/** Reads imports. */
import type { Deps } from '../deps.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Import } from './schema.ts'
import { importStore } from './store.ts'

/** Throws `import_not_found`. */
export async function findImport(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  importId: string,
): Promise<Import> {
  return (await importStore(containers).get(workspaceId, importId)).value
}

export function listImports(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  page: Page,
): Promise<Listed<Import>> {
  return importStore(containers).list(workspaceId, page)
}
