/** Reads templates for the API. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberIdOfFilter } from '../phone-numbers/find.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Template } from './schema.ts'
import { templateStore, type TemplateFilter } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

export async function findTemplate({ containers }: ReadDeps, workspaceId: WorkspaceId, id: string): Promise<Template> {
  const template = await templateOrNone({ containers }, workspaceId, id)
  if (!template) throw new AppError('template_not_found', NOT_FOUND_WORDS)
  return template
}

/** As `findTemplate`, for callers to whom a missing template is no error. */
export async function templateOrNone(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Template | undefined> {
  return (await templateStore(containers).find(workspaceId, id))?.value
}

/** `phoneNumberId` may be Meta's id of the number too; a number of nobody here has no templates. */
export async function listTemplates(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  filter: TemplateFilter,
  page: Page,
): Promise<Listed<Template>> {
  const { phoneNumberId: ref } = filter
  const phoneNumberId = ref === undefined ? undefined : await phoneNumberIdOfFilter({ containers }, workspaceId, ref)
  if (ref !== undefined && phoneNumberId === undefined) return { items: [], total: 0, next: undefined }
  return templateStore(containers).list(workspaceId, { ...filter, phoneNumberId }, page)
}
