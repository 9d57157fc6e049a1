import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ENDPOINTS } from '../../../functions/endpoints.ts'
import { endpoint, type Endpoint } from '../../../shared/http/endpoint.ts'
import { possibleErrors } from '../../../shared/http/possible-errors.ts'
import { queryInteger } from '../../../shared/http/paging.ts'
import { buildDocument } from '../../../shared/openapi/document.ts'
import type { Document, MediaType, Operation, Parameter, ResponseObject } from '../../../shared/openapi/types.ts'
import { eventSchema } from '../../../shared/webhook-endpoints/event-schemas.ts'
import { SentEventType } from '../../../shared/webhook-endpoints/events.ts'

const SETTINGS = { publicUrl: 'https://api.example.com', version: '0.1.0' }
const herald = buildDocument(ENDPOINTS, SETTINGS)

function operationOf(endpoint: Endpoint, document: Document = herald): Operation {
  return document.paths[`/${endpoint.path}`]![endpoint.method.toLowerCase()]!
}

function responseOf(operation: Operation, status: number, document: Document = herald): ResponseObject {
  const response = operation.responses[status]!
  if ('description' in response) return response
  return document.components.responses[response.$ref.replace('#/components/responses/', '')]!
}

/** Only what a request needs has it where the page at /docs would fill it in. */
function exampleIn({ required, example, schema }: Parameter): unknown {
  return required ? example : schema.examples?.[0]
}

function contentOf(content: Record<string, MediaType> | undefined): [string, MediaType][] {
  return Object.entries(content ?? {})
}

const things = (options: Partial<Endpoint>): Endpoint =>
  endpoint({
    name: 'things-make',
    summary: 'Make a thing',
    method: 'POST',
    path: 'api/media',
    allow: 'member',
    responses: { 200: null },
    handle: () => Promise.resolve({ status: 200 }),
    ...options,
  })

describe('the API document', () => {
  it('says for every operation who may call it, what it is about, and every status it can answer', () => {
    for (const endpoint of ENDPOINTS) {
      const { summary, description, tags, security, responses } = operationOf(endpoint)
      expect(summary.length, endpoint.name).toBeGreaterThan(5)
      expect(description.length).toBeGreaterThan(5)
      expect(tags).toHaveLength(1)
      if (endpoint.allow !== 'anyone') expect(security).toContainEqual({ bearerAuth: [] })
      expect(Object.keys(responses)).toEqual(expect.arrayContaining([...Object.keys(endpoint.responses), '500', '503']))
    }
  })

  it('names every error code that an operation can answer with, under its status', () => {
    for (const endpoint of ENDPOINTS) {
      const operation = operationOf(endpoint)
      const told = Object.keys(operation.responses).flatMap((status) => {
        const { content } = responseOf(operation, Number(status))
        return [...JSON.stringify(content ?? {}).matchAll(/"enum":\[("[a-z_]+"(?:,"[a-z_]+")*)\]/g)]
          .filter(() => Number(status) >= 400)
          .flatMap(([, codes = '']) => codes.replaceAll('"', '').split(','))
      })
      const possible = [...possibleErrors(endpoint)].filter((code) => code !== 'validation_failed')
      expect(told.sort(), endpoint.name).toEqual([...possible, 'internal'].sort())
    }
  })

  it('has an example for every parameter, request and answer', () => {
    for (const endpoint of ENDPOINTS) {
      const { parameters = [], requestBody, responses } = operationOf(endpoint)
      for (const parameter of parameters) {
        expect(exampleIn(parameter), `${endpoint.name} ${parameter.name}`).toBeDefined()
      }
      for (const [, { example }] of contentOf(requestBody?.content)) expect(example).toBeDefined()
      for (const status of Object.keys(responses)) {
        const { content } = responseOf(operationOf(endpoint), Number(status))
        for (const [, { example }] of contentOf(content)) expect(example, `${endpoint.name} ${status}`).toBeDefined()
      }
    }
    for (const [name, { examples }] of Object.entries(herald.components.schemas)) {
      expect(examples, name).toHaveLength(1)
    }
  })

  it('has only examples that its own endpoints take and answer', () => {
    for (const endpoint of ENDPOINTS) {
      const { parameters = [], requestBody, responses } = operationOf(endpoint)
      const given = (place: string) =>
        Object.fromEntries(
          parameters.filter((one) => one.in === place).map((one) => [one.name, String(exampleIn(one))]),
        )
      taken(`${endpoint.name} path`, endpoint.params, given('path'))
      taken(`${endpoint.name} query`, endpoint.query, given('query'))
      taken(`${endpoint.name} body`, endpoint.body, requestBody?.content['application/json']?.example)
      for (const [status, schema] of Object.entries(endpoint.responses)) {
        const response = responses[status] as ResponseObject
        if (schema) taken(`${endpoint.name} ${status}`, schema, response.content?.['application/json']?.example)
      }
    }
  })

  function taken(what: string, schema: z.ZodType | undefined, example: unknown): void {
    if (!schema) return
    const { error } = schema.safeParse(example)
    expect(error?.issues ?? [], `${what}: ${JSON.stringify(example)}`).toEqual([])
  }

  it('shows answers as they come', () => {
    const answerOf = (name: string, status: number) =>
      responseOf(operationOf(named(name)), status).content?.['application/json']?.example
    expect(answerOf('templates-get', 200)).toMatchObject({
      status: 'APPROVED',
      category: 'UTILITY',
      rejection_reason: null,
    })
    expect(answerOf('media-get', 200)).toMatchObject({ type: 'image', original_url: null })
    expect(answerOf('messages-send-text', 201)).toMatchObject({ direction: 'outbound', type: 'text', status: 'queued' })
    expect(answerOf('templates-list', 200)).toMatchObject({ total: 1, limit: 20, offset: 0, next_cursor: null })
    expect(answerOf('webhook-receive', 200)).toEqual({ status: 'ok' })
  })

  it('promises Meta’s digits in a path only where they are taken', () => {
    const idOf = (name: string) =>
      operationOf(named(name)).parameters?.find((one) => one.in === 'path' && one.name === 'phone_number_id')
    expect(idOf('phone-numbers-get')?.description).toBe('Id of the phone number')
    expect(idOf('phone-numbers-get-of-workspace')?.description).toContain('Meta’s own digits')
  })

  function named(name: string): Endpoint {
    const found = ENDPOINTS.find((endpoint) => endpoint.name === name)
    if (!found) throw new Error(`There is no endpoint ${name}`)
    return found
  }

  it('has operation ids that differ', () => {
    const ids = Object.values(herald.paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
    expect(new Set(ids).size).toBe(ENDPOINTS.length)
  })
})

describe('an operation', () => {
  it('asks for no credential where anyone may call it', () => {
    const anyone = things({ allow: 'anyone' })
    expect(operationOf(anyone, buildDocument([anyone], SETTINGS)).security).toEqual([])
  })

  it('shows what a text in the query means: a number with its bounds and its default', () => {
    const list = things({ query: z.object({ limit: queryInteger(1, 100).default(20).describe('How many') }) })
    expect(operationOf(list, buildDocument([list], SETTINGS)).parameters).toEqual([
      {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'How many',
        schema: { type: 'integer', minimum: 1, maximum: 100, default: 20, examples: [20] },
      },
    ])
  })

  it('takes a form with a file, and a body that may be missing', () => {
    const form = things({ form: z.object({ file: z.file() }), path: 'api/contacts' })
    const optional = things({ body: z.object({ name: z.string() }).optional() })
    const document = buildDocument([form, optional], SETTINGS)
    expect(operationOf(form, document).requestBody).toMatchObject({
      required: true,
      content: { 'multipart/form-data': { schema: { properties: { file: { type: 'string', format: 'binary' } } } } },
    })
    expect(operationOf(optional, document).requestBody?.required).toBe(false)
  })

  it('tells of redirects, credentials and pauses in headers', () => {
    const limited = things({ responses: { 307: null }, errors: ['too_many_requests'] })
    const document = buildDocument([limited], SETTINGS)
    const headers = (status: number) =>
      Object.keys(responseOf(operationOf(limited, document), status, document).headers ?? {})
    const limits = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']
    expect(headers(307)).toEqual(['X-Request-Id', 'Location', ...limits])
    expect(headers(401)).toEqual(['X-Request-Id', 'WWW-Authenticate'])
    expect(headers(429)).toEqual(['X-Request-Id', 'Retry-After', ...limits])
  })

  it('answers a request that does not fit as FastAPI does', () => {
    const { components } = herald
    expect(components.responses['422.validation_failed']?.content?.['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/HTTPValidationError',
    })
    expect(components.schemas['ValidationError']?.required).toEqual(['loc', 'msg', 'type'])
  })

  it('must be about something that has a group', () => {
    expect(() => buildDocument([things({ path: 'api/things' })], SETTINGS)).toThrow('api/things')
  })
})

describe('the events that Herald sends', () => {
  it('are in the document, each with a body that has an example which fits its schema, and the headers that sign it', () => {
    expect(Object.keys(herald.webhooks).sort()).toEqual([...SentEventType.options].sort())
    for (const [type, operations] of Object.entries(herald.webhooks)) {
      const { requestBody, parameters = [], responses } = operations['post']!
      expect(parameters.map(({ name }) => name)).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature'])
      expect(Object.keys(responses)).toEqual(['2XX'])
      const example = requestBody?.content['application/json']?.example
      expect(eventSchema(SentEventType.parse(type)).parse(example), type).toEqual(example)
    }
  })
})
