/** Reads templates for the API. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { META_ID } from '../phone-numbers/schema.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import type { Template } from './schema.ts'
import { templateStore, type TemplateFilter } from './store.ts'

type ReadDeps = Pick<Deps, 'containers'>

export async function findTemplate({ containers }: ReadDeps, workspaceId: WorkspaceId, id: string): Promise<Template> {
  const stored = await templateStore(containers).find(workspaceId, id)
  if (!stored) throw new AppError('template_not_found', NOT_FOUND_WORDS)
  return stored.value
}

/** `phoneNumberId` may be Meta's id of the number too; a number of nobody here has no templates. */
export async function listTemplates(
  { containers }: ReadDeps,
  workspaceId: WorkspaceId,
  filter: TemplateFilter,
  page: Page,
): Promise<Listed<Template>> {
  let { phoneNumberId } = filter
  if (phoneNumberId !== undefined && META_ID.test(phoneNumberId)) {
    phoneNumberId = (await phoneNumberOrNone({ containers }, workspaceId, phoneNumberId))?.id
    if (phoneNumberId === undefined) return { items: [], total: 0, next: undefined }
  }
  return templateStore(containers).list(workspaceId, { ...filter, phoneNumberId: phoneNumberId?.toLowerCase() }, page)
}
