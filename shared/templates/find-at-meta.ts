/** Finds a template at Meta by its name and language, and tells whether it says the same as ours. */
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { isPassing } from '../whatsapp/refusal.ts'
import { TemplateCategory, TemplateStatus, type Template } from './schema.ts'

const MetaTemplate = z.object({
  id: z.string(),
  name: z.string(),
  language: z.string(),
  status: TemplateStatus.catch('PENDING'),
  category: TemplateCategory.optional().catch(undefined),
  rejected_reason: z.string().nullish(),
  components: z.array(z.looseObject({ type: z.string() })).default([]),
})

const List = z.object({
  data: z.array(z.unknown()),
  paging: z.object({ cursors: z.object({ after: z.string() }).optional(), next: z.string().optional() }).optional(),
})

export interface FoundTemplate {
  id: string
  status: TemplateStatus
  category?: TemplateCategory | undefined
  rejectionReason: string | null
  components: z.output<typeof MetaTemplate>['components']
}

/** Meta's `name` filter may match more than the name; with 100 to a page, ten pages hold every name there can be. */
const MOST_PAGES = 10

type Wanted = Pick<Template, 'waba_id' | 'name' | 'language'>

/** Undefined if Meta has none, or does not show it. Throws `meta_unavailable` where Meta could not be asked. */
export async function findAtMeta(
  { graph }: Pick<Deps, 'graph'>,
  wanted: Wanted,
  token: string,
): Promise<FoundTemplate | undefined> {
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const list = await listPage({ graph }, wanted, token, after)
    const found = list.templates.find(({ name, language }) => name === wanted.name && language === wanted.language)
    if (found) return { ...found, rejectionReason: reasonOf(found.rejected_reason) }
    after = list.after
    if (after === undefined) return undefined
  }
  return undefined
}

async function listPage(
  { graph }: Pick<Deps, 'graph'>,
  { waba_id, name }: Wanted,
  token: string,
  after: string | undefined,
): Promise<{ templates: z.output<typeof MetaTemplate>[]; after?: string | undefined }> {
  const fields = 'id,name,language,status,category,rejected_reason,components'
  const query = { name, fields, limit: '100', ...(after === undefined ? {} : { after }) }
  const answer = await graph.call({ method: 'GET', path: `${waba_id}/message_templates`, token, query })
  if (answer.kind === 'refused' && !isPassing(answer.error)) return { templates: [] }
  if (answer.kind !== 'ok') throw new AppError('meta_unavailable', 'Meta could not be asked for the template')
  const { data, paging } = List.parse(answer.body)
  return {
    templates: data.flatMap((item) => MetaTemplate.safeParse(item).data ?? []),
    after: paging?.next === undefined ? undefined : paging.cursors?.after,
  }
}

/** Meta's NONE is no reason. */
export function reasonOf(reason: string | null | undefined): string | null {
  return reason === undefined || reason === 'NONE' || reason === '' ? null : reason
}

/** Compares what a recipient reads; the rest Meta may write in its own way. */
export function hasSameContent(template: Template, found: Pick<FoundTemplate, 'components'>): boolean {
  // Meta replaces the content of these by its own words, alike for everybody.
  if (template.category === 'AUTHENTICATION') return true
  return fingerprint(template.components) === fingerprint(found.components)
}

const Readable = z.object({
  type: z.string(),
  format: z.string().optional(),
  text: z.string().optional(),
  buttons: z.array(z.object({ type: z.string(), text: z.string().optional(), url: z.string().optional() })).optional(),
})

function fingerprint(components: readonly { type: string }[]): string {
  const parts = components.flatMap((component) => {
    const { type, format, text, buttons } = Readable.safeParse(component).data ?? { type: component.type }
    const labels = buttons?.map((button) => [button.type, button.text ?? '', button.url ?? ''])
    return [[type, type === 'HEADER' ? (format ?? '') : '', text ?? '', labels ?? []]]
  })
  return JSON.stringify(parts.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)))
}
