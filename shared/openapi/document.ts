/** The OpenAPI 3.1 document of Herald, made from the same declarations that route, authorize, validate and filter. */
import type * as z from 'zod'
import { REFRESH_COOKIE } from '../accounts/refresh-cookie.ts'
import type { Allow, Endpoint } from '../http/endpoint.ts'
import { exampleOf, type Components } from './examples.ts'
import { parametersOf } from './parameters.ts'
import { HEADERS, responsesOf } from './responses.ts'
import { collectSchemas, type Schemas } from './schemas.ts'
import { tagOf, TAGS } from './tags.ts'
import type { Document, MediaType, Operation, ResponseObject } from './types.ts'
import { webhooksOf } from './webhooks.ts'

const DESCRIPTION = `Send WhatsApp messages and campaigns for many workspaces.

Sign in, and send the access token as \`Authorization: Bearer …\`; or send a workspace’s API key as \`X-API-Key\`.
A request that does not fit its schema is answered 422 with all of its problems at once. Any other error has a stable
\`code\`. Every answer names its request in \`X-Request-Id\`.`

export function buildDocument(
  endpoints: readonly Endpoint[],
  { publicUrl, version }: { publicUrl: string; version: string },
): Document {
  const schemas = collectSchemas()
  const shared = new Map<string, ResponseObject>()
  const paths: Document['paths'] = {}
  for (const endpoint of endpoints) {
    const path = (paths[`/${endpoint.path}`] ??= {})
    path[endpoint.method.toLowerCase()] = operationOf(endpoint, schemas, shared)
  }
  const webhooks = webhooksOf(schemas)
  const responses = Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)))
  const components = schemas.named({ paths, webhooks, responses })
  addExamples({ ...paths, ...webhooks }, responses, components)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Herald',
      version,
      description: DESCRIPTION,
      license: { name: 'Proprietary' },
    },
    servers: [{ url: publicUrl, description: 'Herald' }],
    tags: TAGS.map((tag) => ({ ...tag })),
    paths,
    webhooks,
    components: { schemas: components, responses, headers: HEADERS, securitySchemes: SECURITY_SCHEMES },
  }
}

const SECURITY_SCHEMES: Document['components']['securitySchemes'] = {
  bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The access token of a sign-in' },
  apiKeyAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The key of one workspace: works inside it, with the rights of a MEMBER',
  },
  refreshCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: REFRESH_COOKIE,
    description: 'The refresh token, which a sign-in sets',
  },
}

/** As a generated client would name its function. */
export function operationIdOf({ name }: Pick<Endpoint, 'name'>): string {
  return name.replace(/-(\w)/g, (_match, letter: string) => letter.toUpperCase())
}

function operationOf(endpoint: Endpoint, schemas: Schemas, shared: Map<string, ResponseObject>): Operation {
  const parameters = parametersOf(endpoint, schemas)
  return {
    operationId: operationIdOf(endpoint),
    tags: [tagOf(endpoint.path)],
    summary: endpoint.summary,
    description: [ACCESS[endpoint.allow], endpoint.description].filter(Boolean).join('\n\n'),
    security: endpoint.document?.cookies ? SESSION_SECURITY : SECURITY[endpoint.allow],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(endpoint, schemas),
    responses: responsesOf(endpoint, schemas, shared),
  }
}

const ACCESS: Record<Allow, string> = {
  anyone: 'Needs no credential.',
  user: 'For everybody who is signed in.',
  member: 'For every member of the workspace.',
  admin: 'For an OWNER or ADMIN of the workspace.',
  owner: 'For an OWNER of the workspace.',
}

// An API key has the rights of a MEMBER and is nobody who could be signed in.
const SECURITY: Record<Allow, Operation['security']> = {
  anyone: [],
  user: [{ bearerAuth: [] }],
  member: [{ bearerAuth: [] }, { apiKeyAuth: [] }],
  admin: [{ bearerAuth: [] }],
  owner: [{ bearerAuth: [] }],
}

/** Where a session names itself: by its cookie, by its access token or in the body. */
const SESSION_SECURITY: Operation['security'] = [{ refreshCookie: [] }, { bearerAuth: [] }, {}]

function requestBodyOf({ body, form, document }: Endpoint, schemas: Schemas): Pick<Operation, 'requestBody'> {
  const json = body ?? document?.body
  const content: Record<string, MediaType> = {}
  if (json) content['application/json'] = { schema: schemas.of(json, 'input') }
  if (form) content['multipart/form-data'] = { schema: schemas.of(form, 'input') }
  if (!json && !form) return {}
  return { requestBody: { required: form !== undefined || !isOptional(json), content } }
}

function isOptional(schema: z.ZodType | undefined): boolean {
  return schema?._zod.optin === 'optional'
}

function addExamples(
  paths: Document['paths'],
  responses: Record<string, ResponseObject>,
  components: Components,
): void {
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  for (const parameter of operations.flatMap(({ parameters = [] }) => parameters)) {
    const example = exampleOf(parameter.schema, components, parameter.name)
    // The page at /docs fills in an `example` of its own accord, and would send filters that nobody asked for.
    if (parameter.required) parameter.example = example
    else parameter.schema = { ...parameter.schema, examples: [example] }
  }
  const answers = [
    ...Object.values(responses),
    ...operations.flatMap((operation) => Object.values(operation.responses)),
  ]
  const bodies = [...operations.map(({ requestBody }) => requestBody), ...answers].flatMap((part) =>
    part && 'content' in part ? Object.values(part.content ?? {}) : [],
  )
  for (const body of bodies) body.example = exampleOf(body.schema, components)
  // All are made before any is written down: an example that stands in a schema would win over its fields'.
  const examples = Object.entries(components).map(
    ([name, schema]) => [schema, exampleOf(schema, components, name)] as const,
  )
  for (const [schema, example] of examples) schema.examples ??= [example]
}
