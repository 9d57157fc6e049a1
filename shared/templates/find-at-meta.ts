/** What Meta has: one template by its id, one by name and language, or all of an account page by page. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { isAboutToken, isPassing } from '../whatsapp/refusal.ts'
import { TemplateCategory, statusOf, type Template, type TemplateStatus } from './schema.ts'

const MetaTemplate = z.object({
  id: z.string(),
  name: z.string(),
  language: z.string(),
  // Not sending is the safe reading of a word we do not know.
  status: z.string().transform((word): TemplateStatus => statusOf(word) ?? 'PENDING'),
  category: TemplateCategory.optional().catch(undefined),
  rejected_reason: z.string().nullish(),
  quality_score: z.object({ score: z.string() }).optional().catch(undefined),
  components: z.array(z.looseObject({ type: z.string() })).default([]),
})
export type MetaTemplate = z.output<typeof MetaTemplate>

const List = z.object({
  data: z.array(z.unknown()),
  paging: z.object({ cursors: z.object({ after: z.string() }).optional(), next: z.string().optional() }).optional(),
})

const FIELDS = 'id,name,language,status,category,rejected_reason,quality_score,components'
const PAGE = 100
/** Meta's `name` filter may match more than the name; with 100 to a page, ten pages hold every name there can be. */
const MOST_PAGES = 10

type GraphDeps = Pick<Deps, 'graph'>
type Wanted = Pick<Template, 'waba_id' | 'name' | 'language'>

/** Undefined if Meta has none, or does not show it. Throws `meta_unavailable` where Meta could not be asked. */
export async function findAtMeta(deps: GraphDeps, wanted: Wanted, token: string): Promise<MetaTemplate | undefined> {
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await callForPage(deps, wanted.waba_id, { token, after, name: wanted.name })
    if (answer.kind === 'refused' && !isPassing(answer.error)) return undefined
    if (answer.kind !== 'ok') throw unavailable()
    const list = toPage(answer.body)
    const found = list.templates.find(({ name, language }) => name === wanted.name && language === wanted.language)
    if (found) return found
    after = list.after
    if (after === undefined) return undefined
  }
  return undefined
}

/** Undefined if Meta has no such template any more. Throws `meta_unavailable` where Meta could not be asked. */
export async function readAtMeta(
  { graph }: GraphDeps,
  metaTemplateId: string,
  token: string,
): Promise<MetaTemplate | undefined> {
  const answer = await graph.call({ method: 'GET', path: metaTemplateId, token, query: { fields: FIELDS } })
  if (answer.kind === 'refused' && !isPassing(answer.error) && !isAboutToken(answer.error)) return undefined
  const parsed = MetaTemplate.safeParse(answer.kind === 'ok' ? answer.body : undefined)
  if (!parsed.success) throw unavailable()
  return parsed.data
}

/** One call; what it ended with is the caller's to judge. */
export function callForPage(
  { graph }: GraphDeps,
  wabaId: string,
  { token, after, name, limit = PAGE }: { token: string; after: string | undefined; name?: string; limit?: number },
) {
  const query = {
    fields: FIELDS,
    limit: String(limit),
    ...(name === undefined ? {} : { name }),
    ...(after === undefined ? {} : { after }),
  }
  return graph.call({ method: 'GET', path: `${wabaId}/message_templates`, token, query })
}

/** What could be read of a page, and where the next one begins. */
export function toPage(body: unknown): { templates: MetaTemplate[]; after: string | undefined } {
  const { data, paging } = List.parse(body)
  return {
    templates: data.flatMap((item) => MetaTemplate.safeParse(item).data ?? []),
    after: paging?.next === undefined ? undefined : paging.cursors?.after,
  }
}

function unavailable(): AppError {
  return new AppError('meta_unavailable', 'Meta could not be asked for the template')
}
