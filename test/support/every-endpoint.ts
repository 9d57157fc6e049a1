/**
 * Every endpoint with a request it takes, and every place in it where an id stands, found in the declarations: a new
 * endpoint is tried as soon as it is declared, and one whose request cannot be made here fails by name.
 */
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import type { Deps } from '../../shared/deps.ts'
import type { Answer, Endpoint } from '../../shared/http/endpoint.ts'
import { handleRequest } from '../../shared/http/handle.ts'
import { aForm, aPng, FORM_HEADERS, type FormField } from './media-samples.ts'
import { NOBODYS_URL } from './webhook-endpoints.ts'

export type Part = 'params' | 'query' | 'body' | 'form'

/** The ids a request is made of, by the name of their field. */
export type Ids = Record<
  | 'member_id'
  | 'workspace_id'
  | 'phone_number_id'
  | 'template_id'
  | 'contact_id'
  | 'segment_id'
  | 'job_id'
  | 'campaign_id'
  | 'media_id'
  | 'import_id'
  | 'message_id'
  | 'endpoint_id'
  | 'delivery_id'
  | 'conversation_id',
  string
>

export interface Position {
  endpoint: Endpoint
  part: Part
  field: keyof Ids
}

/** Fields that look like ids of ours and hold Meta's. */
const METAS_OWN = new Set(
  ['phone-numbers-create', 'phone-numbers-create-of-workspace'].flatMap((name) => [
    `${name} body.phone_number_id`,
    `${name} body.business_id`,
  ]),
)

/** Every place of every request where an id of ours stands. */
export function idPositions(): Position[] {
  return ENDPOINTS.flatMap((endpoint) =>
    (['params', 'query', 'body', 'form'] as const).flatMap((part) =>
      Object.keys(shapeOf(endpoint[part]))
        .filter((field) => field.endsWith('_id') && !METAS_OWN.has(`${endpoint.name} ${part}.${field}`))
        // A name that is not one of these fails in `aRequestOf`, where ids of that kind must be added.
        .map((field) => ({ endpoint, part, field: field as keyof Ids })),
    ),
  )
}

export function shapeOf(schema: z.ZodType | undefined): Record<string, unknown> {
  return schema instanceof z.ZodObject ? schema.shape : {}
}

export interface Asked {
  params: Record<string, string>
  query: Record<string, string>
  body: unknown
  /** Sent as multipart/form-data where there is no `body`. */
  form?: Record<string, FormValue>
}

/** The text of a field, or a file. */
export type FormValue = string | Omit<FormField, 'name'>

/** A request that the endpoint takes, as far as the ids are its caller's. */
export function aRequestOf(endpoint: Endpoint, ids: Ids): Asked {
  const make = BODIES[endpoint.name]
  if (endpoint.body && !make) throw new Error(`Give a body of ${endpoint.name} in test/support/every-endpoint.ts`)
  const params = { ...idsIn(endpoint.params, ids), ...wordsIn(endpoint.params) }
  const query = { ...idsIn(endpoint.query, ids), ...QUERIES[endpoint.name] }
  const asked = { params, query, body: make?.(ids) }
  return endpoint.form ? { ...asked, form: { ...idsIn(endpoint.form, ids), ...aFileFor(endpoint) } } : asked
}

export function at({ part, field }: Position, id: string, request: Asked): Asked {
  return { ...request, [part]: { ...(request[part] as object), [field]: id } }
}

/** What stands in a path and is no id. */
const WORDS: Record<string, string> = { provider: 'google' }

function wordsIn(schema: z.ZodType | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(WORDS).filter(([name]) => name in shapeOf(schema)))
}

function idsIn(schema: z.ZodType | undefined, ids: Ids): Record<string, string> {
  const fields = Object.keys(shapeOf(schema)).filter((field) => field.endsWith('_id'))
  return Object.fromEntries(
    fields.map((field) => {
      if (!(field in ids)) throw new Error(`Give an id for ${field} in test/support/every-endpoint.ts`)
      return [field, ids[field as keyof Ids]]
    }),
  )
}

/** What a query must have beyond ids. */
const QUERIES: Partial<Record<string, Record<string, string>>> = { 'contacts-remove-tag': { tag: 'vip' } }

const BODIES: Partial<Record<string, (ids: Ids) => Record<string, unknown>>> = {
  'auth-signup': () => ({ email: `${randomUUID()}@example.com`, password: 'correct horse battery', name: 'Ada' }),
  'auth-signin': () => ({ email: 'nobody@example.com', password: 'correct horse battery', name: 'Ada' }),
  'auth-refresh': () => ({ refresh_token: 'A'.repeat(43) }),
  'auth-logout': () => ({ refresh_token: 'A'.repeat(43) }),
  'workspaces-create': () => ({ name: 'Acme', plan: 'free' }),
  'workspaces-update': () => ({ name: 'Acme', settings: { default_country: 'DE', color: { hue: 'red', steps: [1] } } }),
  'members-add': () => ({ user_email: `${randomUUID()}@example.com`, role: 'MEMBER' }),
  'members-update': () => ({ role: 'AGENT', status: 'active' }),
  'phone-numbers-create': aNumberBody,
  'phone-numbers-create-of-workspace': aNumberBody,
  'phone-numbers-update': () => ({ display_name: 'Support', status: 'active' }),
  'phone-numbers-update-of-workspace': () => ({ display_name: 'Support', access_token: 'EAAmadeupmadeupmadeup' }),
  'templates-create': ({ workspace_id, phone_number_id }) => ({
    workspace_id,
    phone_number_id,
    name: `greeting_${randomUUID().replaceAll('-', '_')}`,
    category: 'UTILITY',
    language: 'en',
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Order' },
      { type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Look', url: 'https://example.com/{{1}}', example: ['x'] }] },
    ],
  }),
  'templates-update': () => ({
    components: { body: { text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } } },
    status: 'PENDING',
  }),
  'templates-sync': ({ workspace_id, phone_number_id }) => ({ workspace_id, phone_number_id }),
  'contacts-create': ({ workspace_id }) => ({ workspace_id, phone_number: aNumber(), name: 'Ada', tags: ['vip'] }),
  'contacts-update': () => ({ name: 'Ada', tags: ['vip'], opted_in: true, consent_how: 'By phone' }),
  'contacts-bulk': ({ workspace_id }) => ({
    workspace_id,
    action: 'untag',
    tags: ['none'],
    filter: { tags: ['none'] },
  }),
  'contacts-bulk-preview': ({ workspace_id }) => ({ workspace_id, filter: { tags: ['vip'] } }),
  'contacts-erase-number': ({ workspace_id }) => ({ workspace_id, phone_number: aNumber() }),
  'segments-create': ({ workspace_id }) => ({ workspace_id, name: 'Regulars', filter: { tags: ['vip'] } }),
  'segments-update': () => ({ name: 'Friends', filter: { tags: ['vip'], attributes: { city: 'Berlin' } } }),
  'contacts-add-tags': () => ({ tags: ['vip'] }),
  'messages-send-text': (ids) => ({ ...aRecipient(ids), text: 'Hello' }),
  'messages-send-template': (ids) => ({
    ...aRecipient(ids),
    template_name: 'greeting',
    template_language: 'en',
    components: { body: ['Ada'] },
  }),
  'messages-send-media': (ids) => ({
    ...aRecipient(ids),
    media_type: 'image',
    media_id: ids.media_id,
    caption: 'Look',
  }),
  'webhook-endpoints-create': () => ({ url: NOBODYS_URL, description: 'Our CRM', events: ['message.received'] }),
  'webhook-endpoints-update': () => ({ url: NOBODYS_URL, description: 'Our CRM', events: null, enabled: true }),
  // Without `message_id`: a message that Meta has not taken cannot be quoted.
  'conversations-reply': ({ media_id }) => ({ type: 'image', media_id, caption: 'Look' }),
  'campaigns-create': aCampaignBody,
  'workspace-campaigns-create': aCampaignBody,
  'campaigns-update': () => ({ name: 'Winter', variables: { 'body.1': { value: 'you' } } }),
  'workspace-campaigns-update': ({ phone_number_id, template_id, contact_id }) => ({
    name: 'Autumn',
    audience: { contact_ids: [contact_id] },
    phone_number_id,
    template_id,
  }),
  'campaigns-preview': ({ contact_id }) => ({ audience: { contact_ids: [contact_id] } }),
  'campaigns-test': ({ contact_id }) => ({ to: '+1 201 555 0123', contact_id }),
  'workspace-campaigns-test': ({ contact_id }) => ({ to: '+1 201 555 0123', contact_id }),
  'workspace-campaigns-preview': ({ contact_id }) => ({ audience: { contact_ids: [contact_id] } }),
  'campaigns-retry': () => ({ statuses: ['uncertain'] }),
  'workspace-campaigns-retry': () => ({ statuses: ['uncertain'] }),
}

function aNumberBody({ workspace_id }: Ids) {
  const token = { access_token: 'EAAmadeupmadeupmadeup', display_name: 'Support' }
  return { workspace_id, phone_number_id: '4242', business_id: '4243', ...token }
}

/** Who has a message of `aQueuedText`, and so wrote a moment ago. */
function aRecipient({ workspace_id, phone_number_id }: Ids) {
  return { workspace_id, phone_number_id, to: '+1 201 555 0123' }
}

function aCampaignBody({ workspace_id, phone_number_id, template_id }: Ids) {
  const variables = { 'body.1': { field: 'name', fallback: 'there' } }
  return { workspace_id, phone_number_id, template_id, name: 'Autumn', variables }
}

/** Behind the other fields. */
function aFileFor({ name }: Endpoint): Record<string, FormValue> {
  if (name === 'media-upload') return { file: { content: aPng(), filename: 'a.png', type: 'image/png' } }
  if (name !== 'contacts-import' && name !== 'contact-imports-create')
    throw new Error(`Give a file for ${name} in test/support/every-endpoint.ts`)
  return { file: { content: `phone_number,name\n${aNumber()},Ada\n`, filename: 'a.csv', type: 'text/csv' } }
}

let numbers = 0

/** Fictitious: 555-01xx. */
function aNumber(): string {
  return `+1${201 + Math.floor(numbers / 100)}55501${String(numbers++ % 100).padStart(2, '0')}`
}

export interface Answered {
  status: number
  headers: Record<string, string>
  /** As it goes over the wire. */
  text: string
}

/** Sends it. `body` that is bytes or text goes as it is, anything else as JSON. */
export async function send(
  deps: Deps,
  endpoint: Endpoint,
  { params, query, body, form }: Omit<Asked, 'query'> & { query: ConstructorParameters<typeof URLSearchParams>[0] },
  headers: Record<string, string>,
): Promise<Answered> {
  const { content, type } = encoded({ body, form })
  const answer = await handleRequest(
    endpoint,
    {
      method: endpoint.method,
      path: `/${endpoint.path}`,
      params,
      query: new URLSearchParams(query),
      headers: new Headers({ ...type, ...headers }),
      body: content === undefined ? null : once(Buffer.from(content)),
    },
    deps,
  )
  return { status: answer.status, headers: answer.headers ?? {}, text: await textOf(answer) }
}

async function textOf({ text, body, stream }: Answer): Promise<string> {
  if (stream) return Buffer.concat(await Array.fromAsync(stream)).toString('utf8')
  return text ?? (body === undefined ? '' : JSON.stringify(body))
}

/** The body as it goes over the wire, and what it is called there. */
export function encoded({ body, form }: Pick<Asked, 'body'> & { form?: Asked['form'] | undefined }): {
  content: string | Uint8Array | undefined
  type: Record<string, string>
} {
  if (body === undefined && form !== undefined) return { content: formOf(form), type: FORM_HEADERS }
  const content = contentOf(body)
  return { content, type: content === undefined ? {} : { 'content-type': 'application/json' } }
}

function formOf(form: Record<string, FormValue>): Buffer {
  const fields = Object.entries(form)
  return aForm(fields.map(([name, value]) => ({ name, ...(typeof value === 'string' ? { content: value } : value) })))
}

function contentOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body
  return JSON.stringify(body)
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Deps that note every write, every queued message and every call to Meta. */
export function watched(deps: Deps): { deps: Deps; done: string[] } {
  const done: string[] = []
  const noting = <T extends object>(name: string, target: T, methods: string[]): T =>
    new Proxy(target, {
      get(original, property) {
        const value: unknown = Reflect.get(original, property)
        if (typeof value !== 'function' || !methods.includes(String(property))) return value
        return (...parameters: unknown[]): unknown => {
          done.push(`${name}.${String(property)}`)
          return Reflect.apply(value, original, parameters) as unknown
        }
      },
    })
  const writes = ['create', 'replace', 'remove', 'batch']
  const containers = Object.entries(deps.containers).map(([name, container]) => [name, noting(name, container, writes)])
  return {
    done,
    deps: {
      ...deps,
      // The same containers under the same names.
      containers: Object.fromEntries(containers) as Deps['containers'],
      queues: noting('queues', deps.queues, ['send']),
      graph: noting('graph', deps.graph, ['call']),
      paceTable: noting('pace', deps.paceTable, ['write']),
      factsTable: async (month) => noting('facts', await deps.factsTable(month), ['write']),
      blobs: noting('blobs', deps.blobs, ['put', 'writer', 'remove', 'link']),
    },
  }
}
