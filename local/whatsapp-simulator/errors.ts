/** Errors as Graph writes them: in HTTP answers with `(#code)` and a trace id, in webhooks with title and details. */
import { randomBytes } from 'node:crypto'
import { errorTable } from './error-table.ts'
import type { Json } from './json.ts'

export type ErrorParts = {
  http?: number
  message?: string
  type?: string
  subcode?: number
  details?: string
  transient?: boolean
  userTitle?: string
  userMessage?: string
}

/** A refusal that becomes a Graph error body at the edge of the simulator. */
export class GraphError extends Error {
  readonly code: number
  readonly http: number
  readonly parts: ErrorParts

  constructor(code: number, parts: ErrorParts = {}) {
    super(parts.message ?? messageOf(code))
    this.code = code
    this.http = parts.http ?? errorTable[code]?.http ?? 400
    this.parts = parts
  }

  body(): Json {
    const { parts, code } = this
    const details = parts.details ?? errorTable[code]?.details
    return {
      error: {
        message: this.message,
        type: parts.type ?? 'OAuthException',
        code,
        ...(parts.subcode !== undefined && { error_subcode: parts.subcode }),
        ...(details !== undefined && code > 100_000 && { error_data: { messaging_product: 'whatsapp', details } }),
        ...(parts.transient !== undefined && { is_transient: parts.transient }),
        ...(parts.userTitle !== undefined && { error_user_title: parts.userTitle }),
        ...(parts.userMessage !== undefined && { error_user_msg: parts.userMessage }),
        fbtrace_id: traceId(),
      },
    }
  }
}

/** An object id that does not exist or that this token may not see: Graph does not say which. */
export function unknownObject(id: string, verb: 'get' | 'post' | 'delete' = 'post'): GraphError {
  return new GraphError(100, {
    subcode: 33,
    type: 'GraphMethodException',
    message:
      `Unsupported ${verb} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
      'or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api',
  })
}

export function required(parameter: string): GraphError {
  return new GraphError(100, { message: `(#100) The parameter ${parameter} is required.` })
}

export function invalid(message: string): GraphError {
  return new GraphError(100, { message: `(#100) ${message}` })
}

/** The form that errors have inside webhooks. */
export function webhookError(code: number): Json {
  const known = errorTable[code] ?? { title: 'Something went wrong', details: 'An unknown error has occurred.' }
  return {
    code,
    title: known.title,
    message: known.title,
    error_data: { details: known.details ?? known.title },
    href: '/documentation/business-messaging/whatsapp/support/error-codes',
  }
}

function messageOf(code: number): string {
  const title = errorTable[code]?.title ?? 'An unknown error has occurred.'
  return code === 190 ? title : `(#${code}) ${title}`
}

function traceId(): string {
  return `A${randomBytes(18).toString('base64url').slice(0, 22)}`
}
