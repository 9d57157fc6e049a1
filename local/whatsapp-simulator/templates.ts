/** Templates as Graph nodes: create, list, read, edit, delete (reference §5). */
import { invalid, required } from './errors.ts'
import type { GraphError } from './errors.ts'
import { page, picked } from './fields.ts'
import type { Call } from './http.ts'
import { listOf, parseObject, textOf } from './json.ts'
import type { Json } from './json.ts'
import { scheduleReview } from './template-review.ts'
import { checkedCategory, checkedComponents, checkedLanguage, checkedName, templateError } from './template-rules.ts'
import type { Template } from './template-types.ts'
import { newId } from './world.ts'
import type { Waba, World } from './world.ts'

const dayMs = 24 * 3600 * 1000
const mostTemplates = 6000
const usualFields = ['name', 'parameter_format', 'components', 'language', 'status', 'category']
const ttlRanges: Readonly<Record<string, readonly [number, number]>> = {
  AUTHENTICATION: [30, 900],
  UTILITY: [30, 43_200],
  MARKETING: [43_200, 2_592_000],
}

export function createTemplate(world: World, waba: Waba, { fields }: Call): Json {
  const body = fields ?? {}
  const name = checkedName(body['name'])
  const category = checkedCategory(body['category'])
  const language = checkedLanguage(body['language'])
  const parameterFormat = formatOf(body['parameter_format'])
  const components = checkedComponents(body['components'], category, parameterFormat)
  checkIsNew(world, waba, name, language)
  const now = world.now()
  const template: Template = {
    id: newId(world),
    wabaId: waba.id,
    name,
    language,
    status: 'PENDING',
    category,
    previousCategory: null,
    correctCategory: null,
    parameterFormat,
    components,
    ttlSeconds: checkedTtl(body['message_send_ttl_seconds'], category),
    quality: 'UNKNOWN',
    rejectedReason: 'NONE',
    createdAt: now,
    reviewAt: now + world.behaviour.review_ms,
    wasApproved: false,
    editedAt: [],
    pacing: 'none',
  }
  world.templates.put(template)
  scheduleReview(world, template)
  return { id: template.id, status: 'PENDING', category }
}

export function listTemplates(world: World, waba: Waba, call: Call): Json {
  const { query } = call
  const wanted = ['name', 'status', 'category', 'language'].flatMap((field) => {
    const value = query.get(field)
    return value === null ? [] : [{ field, values: valuesOf(value) }]
  })
  const nodes = world.templates
    .ofWaba(waba.id)
    .map(nodeOf)
    .filter((node) =>
      // Meta narrows by name without saying whether it must be equal: here a part is enough, so nobody relies on it.
      wanted.every(({ field, values }) =>
        values.some((value) => {
          const own = String(node[field]).toLowerCase()
          return field === 'name' ? own.includes(value) : own === value
        }),
      ),
    )
    .map((node) => picked(node, query.get('fields'), usualFields))
  return page(nodes, query, `${world.url}${call.path}`)
}

export function readTemplate(template: Template, call: Call): Json {
  return picked(nodeOf(template), call.query.get('fields'), usualFields)
}

/** Sends the template to review again; an approved one may change once a day and ten times in 30 days. */
export function editTemplate(world: World, template: Template, { fields }: Call): Json {
  const { components, category: wantedCategory, message_send_ttl_seconds: ttl } = fields ?? {}
  const now = world.now()
  const category = wantedCategory === undefined ? template.category : checkedCategory(wantedCategory)
  const edits = template.editedAt.filter((at) => now - at < 30 * dayMs)
  checkMayEdit(template, category, edits, now)
  if (components !== undefined) {
    template.components = checkedComponents(components, category, template.parameterFormat)
  }
  if (ttl !== undefined) template.ttlSeconds = checkedTtl(ttl, category)
  template.category = category
  template.editedAt = template.status === 'APPROVED' ? [...edits, now] : edits
  template.status = 'PENDING'
  template.reviewAt = now + world.behaviour.review_ms
  world.templates.put(template)
  scheduleReview(world, template)
  return { success: true }
}

function checkMayEdit(template: Template, category: string, edits: number[], now: number): void {
  if (!['APPROVED', 'REJECTED', 'PAUSED'].includes(template.status))
    throw cannotEdit('This template cannot be edited now.')
  if (template.status !== 'APPROVED') return
  if (category !== template.category) throw cannotEdit('The category of an approved template cannot change.')
  if (edits.length >= 10 || edits.some((at) => now - at < dayMs)) {
    throw cannotEdit('An approved template can be edited once in 24 hours and 10 times in 30 days.')
  }
}

/** By name all languages, by id one, by a list of ids all or nothing. */
export function deleteTemplates(world: World, waba: Waba, { query }: Call): Json {
  const ids = query.get('hsm_ids')
  const found = ids === null ? byName(world, waba, query) : byIds(world, waba, ids, query)
  const chosen = found.filter((template) => template !== undefined)
  if (chosen.length === 0 || chosen.length < found.length) {
    throw templateError(2593002, 'Message template not found', 'There is no such message template in this account.')
  }
  if (chosen.some((template) => template.status === 'DISABLED'))
    throw cannotEdit('A disabled template cannot be deleted.')
  for (const template of chosen) world.templates.remove(template, world.now())
  return { success: true }
}

function byName(world: World, waba: Waba, query: URLSearchParams): Template[] {
  const [name, id] = [query.get('name'), query.get('hsm_id')]
  if (name === null) throw required('name')
  return world.templates
    .ofWaba(waba.id)
    .filter((template) => template.name === name && (id === null || template.id === id))
}

function byIds(world: World, waba: Waba, text: string, query: URLSearchParams): (Template | undefined)[] {
  if (query.has('name') || query.has('hsm_id')) throw invalid('hsm_ids cannot be combined with name or hsm_id.')
  // Read as text: as JSON numbers these ids would lose digits.
  const ids = text.match(/\d+/g) ?? []
  if (ids.length === 0 || ids.length > 100) throw invalid('Param hsm_ids must have 1 to 100 elements.')
  return ids.map((id) => {
    const template = world.templates.find(id)
    return template?.wabaId === waba.id ? template : undefined
  })
}

function checkIsNew(world: World, waba: Waba, name: string, language: string): void {
  if (world.templates.named(waba.id, name, language)) {
    const text = `There is already ${language} content for this template. You can create a new template and try again.`
    throw templateError(2388024, 'Content in this language already exists', text)
  }
  if (world.templates.isBlocked(waba.id, name, language, world.now())) {
    const text = `New ${language} content can't be added while the existing ${language} content is being deleted. Try again in 4 weeks.`
    throw templateError(2388023, "Message template language can't be added", text)
  }
  if (world.templates.ofWaba(waba.id).length >= mostTemplates) {
    throw templateError(
      2388019,
      'Message template limit exceeded',
      `This account has ${mostTemplates} message templates.`,
    )
  }
}

function nodeOf(template: Template): Json {
  return {
    id: template.id,
    name: template.name,
    language: template.language,
    status: template.status,
    category: template.category,
    sub_category: 'CUSTOM',
    previous_category: template.previousCategory ?? undefined,
    correct_category: template.correctCategory ?? undefined,
    parameter_format: template.parameterFormat,
    components: template.components,
    quality_score: { score: template.quality, date: Math.floor(template.createdAt / 1000) },
    rejected_reason: template.rejectedReason,
    message_send_ttl_seconds: template.ttlSeconds ?? undefined,
    library_template_name: undefined,
    cta_url_link_tracking_opted_out: false,
  }
}

function formatOf(value: unknown): Template['parameterFormat'] {
  const format = value === undefined ? 'POSITIONAL' : textOf(value)?.toUpperCase()
  if (format === 'NAMED' || format === 'POSITIONAL') return format
  throw invalid(`Param parameter_format must be one of {NAMED, POSITIONAL} - got "${String(value)}".`)
}

function checkedTtl(value: unknown, category: string): number | null {
  if (value === undefined) return null
  const [least, most] = ttlRanges[category] ?? [30, 900]
  const seconds = Number(value)
  if (seconds === -1 && category !== 'MARKETING') return seconds
  if (!Number.isInteger(seconds) || seconds < least || seconds > most) {
    throw invalid(`Param message_send_ttl_seconds must be from ${least} to ${most} for ${category}.`)
  }
  return seconds
}

/** `approved`, or a list as JSON. */
function valuesOf(text: string): string[] {
  const list = text.startsWith('[') ? listOf(parseObject(`{"list":${text}}`)?.['list']) : [text]
  return list.map((value) => String(value).toLowerCase())
}

function cannotEdit(userMessage: string): GraphError {
  return templateError(2388039, "Message template status can't be changed", userMessage)
}
