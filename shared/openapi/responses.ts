/** Everything an operation can answer: its own answers by status, then one answer for the error codes of each status. */
import { STATUS_CODES } from 'node:http'
import * as z from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../errors.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { REPLAYED_HEADER } from '../idempotency/key.ts'
import { possibleErrors } from '../http/possible-errors.ts'
import { errorBody, HTTPValidationError } from './error-schemas.ts'
import type { Schemas } from './schemas.ts'
import type { HeaderObject, MediaType, Reference, ResponseObject } from './types.ts'

export const HEADERS: Record<string, HeaderObject> = {
  'X-Request-Id': {
    description: 'Names this request in our log: the caller’s own `X-Request-Id` if it is safe to log, else a new one',
    schema: { type: 'string', examples: ['0b8e2d0e-3c1a-4f0e-9a53-0f6ad2b1c111'] },
  },
  'WWW-Authenticate': {
    description: 'Which credential is asked for',
    schema: { type: 'string', examples: ['Bearer'] },
  },
  'Retry-After': { description: 'Seconds to wait before the next try', schema: { type: 'integer', examples: [30] } },
  'RateLimit-Limit': {
    description:
      'How many requests the caller, or the whole workspace, may send at once, and in a minute in the long run',
    schema: { type: 'integer', examples: [600] },
  },
  'RateLimit-Remaining': {
    description: 'How many of them are left now',
    schema: { type: 'integer', examples: [599] },
  },
  'RateLimit-Reset': {
    description: 'Seconds until all of them are there again',
    schema: { type: 'integer', examples: [1] },
  },
  [REPLAYED_HEADER]: {
    description: '`true`: this is the first answer to a request with this `Idempotency-Key`, given again',
    schema: { type: 'string', enum: ['true'] },
  },
  Location: { description: 'Where to go on', schema: { type: 'string', examples: ['https://example.com/'] } },
}

const RATE_LIMIT_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset']

/** Error answers are shared by all operations that can give the same codes: `shared` collects them. */
export function responsesOf(
  endpoint: Endpoint,
  schemas: Schemas,
  shared: Map<string, ResponseObject>,
): Record<string, ResponseObject | Reference> {
  const responses: Record<string, ResponseObject | Reference> = {}
  for (const [status, schema] of Object.entries(endpoint.responses)) {
    const contentType = endpoint.document?.contentTypes?.[Number(status)]
    const limits = endpoint.allow === 'anyone' ? [] : RATE_LIMIT_HEADERS
    const more = endpoint.idempotent ? [...limits, REPLAYED_HEADER] : limits
    responses[status] = success(Number(status), { schema, contentType, more }, schemas)
  }
  for (const [status, codes] of codesByStatus(endpoint)) {
    const name = `${status}.${codes.join('.')}`
    if (!shared.has(name)) shared.set(name, failure(status, codes, schemas))
    responses[status] = { $ref: `#/components/responses/${name}` }
  }
  return responses
}

interface Success {
  schema: z.ZodType | null
  contentType: string | undefined
  /** Headers beyond those that every answer has. */
  more: string[]
}

function success(status: number, { schema, contentType, more }: Success, schemas: Schemas): ResponseObject {
  const isRedirect = status > 300 && status < 400 && status !== 304
  return {
    description: status < 300 ? 'Successful Response' : (STATUS_CODES[status] ?? 'Redirect'),
    headers: headers(['X-Request-Id', ...(isRedirect ? ['Location'] : []), ...more]),
    ...contentOf(schema, contentType, schemas),
  }
}

function contentOf(
  schema: z.ZodType | null,
  contentType: string | undefined,
  schemas: Schemas,
): { content?: Record<string, MediaType> } {
  if (schema !== null) return { content: { 'application/json': { schema: schemas.of(schema, 'output') } } }
  if (contentType === undefined) return {}
  const type = contentType === 'application/json' ? 'object' : 'string'
  return { content: { [contentType]: { schema: { type } } } }
}

function headers(names: (keyof typeof HEADERS)[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** `internal` is what a failure of ours looks like; every operation can have one. */
function codesByStatus(endpoint: Endpoint): [number, string[]][] {
  const byStatus = new Map<number, string[]>([[500, ['internal']]])
  for (const code of [...possibleErrors(endpoint)].sort()) {
    const status: number = ERROR_STATUS[code satisfies ErrorCode]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return [...byStatus].sort(([a], [b]) => a - b)
}

function failure(status: number, codes: readonly string[], schemas: Schemas): ResponseObject {
  const own = codes.filter((code) => code !== 'validation_failed')
  const list = own.map((code) => `\`${code}\``).join(', ')
  const reason = STATUS_CODES[status] ?? ''
  return {
    description:
      own.length < codes.length ? ['Validation Error', list].filter(Boolean).join('; or ') : `${reason}: ${list}`,
    headers: headers(headersOf(status)),
    content: { 'application/json': { schema: schemas.of(bodyOf(own, own.length < codes.length), 'output') } },
  }
}

function bodyOf([first, ...more]: string[], canBeValidation: boolean): z.ZodType {
  if (first === undefined) return HTTPValidationError
  const body = errorBody([first, ...more])
  return canBeValidation ? z.union([HTTPValidationError, body]) : body
}

function headersOf(status: number): string[] {
  if (status === 401) return ['X-Request-Id', 'WWW-Authenticate']
  return status === 429 ? ['X-Request-Id', 'Retry-After', ...RATE_LIMIT_HEADERS] : ['X-Request-Id']
}
