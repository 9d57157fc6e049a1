/**
 * What an endpoint declares: its route, who may call it, what it takes and what it answers. The same object routes,
 * authorizes, validates and filters; a route without a permission does not compile.
 */
import type * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { ErrorCode } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Caller, Role } from '../workspaces/membership.ts'
import type { IncomingRequest } from './request.ts'

/**
 * anyone: no credential needed. user: signed in. The others also need membership of the workspace that the request
 * names, at least with that role (member: every active member, agents included).
 */
export type Allow = 'anyone' | 'user' | 'member' | 'admin' | 'owner'
export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** Where a request names its workspace when no part has a `workspace_id`: the tag of an entity's id in the path. */
export interface EntityReference {
  param: string
  notFound: ErrorCode
}

type PartOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

type Granted<Access extends Allow> = Access extends 'anyone'
  ? object
  : Access extends 'user'
    ? { caller: Caller }
    : { caller: Caller; workspaceId: WorkspaceId; role: Role }

export type Call<Access extends Allow, Params, Query, Body> = Granted<Access> & {
  params: PartOf<Params>
  query: PartOf<Query>
  body: PartOf<Body>
  /** For endpoints that read the body or headers themselves (webhooks, uploads). */
  request: IncomingRequest
  requestId: string
  tell: Tell
}

/** Adds headers to the answer, whatever it will be. */
export type Tell = (headers: Record<string, string>) => void

export interface Cookie {
  name: string
  value: string
  httpOnly: boolean
  secure: boolean
  sameSite: 'Strict' | 'Lax'
  path: string
  maxAge: number
}

export interface Answer {
  status: number
  /** Filtered by the response schema of `status`. */
  body?: unknown
  /** Sent as it is, instead of `body`. */
  text?: string
  /** Likewise, for what is no text. */
  bytes?: Uint8Array
  /** Likewise, made while it is sent: a failure breaks the connection. */
  stream?: AsyncIterable<Uint8Array>
  headers?: Record<string, string>
  cookies?: Cookie[]
}

/** The parts of request and answer that an endpoint reads or writes itself: told in the API document, not validated. */
export interface ForTheDocument {
  headers?: z.ZodObject
  cookies?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** Of answers that are not JSON, by status. */
  contentTypes?: Record<number, string>
}

export interface EndpointOptions<Access extends Allow, Params, Query, Body> {
  /** Names the Azure Function; the real host tries routes in the order of these names. */
  name: string
  summary: string
  /** What a reader of the API document needs to know beyond the summary; Markdown. */
  description?: string
  method: Method
  path: string
  allow: Access
  /** Open to agents even where their workspace narrows them to reading and sending; what only reads always is. */
  agents?: 'always'
  /** Takes an Idempotency-Key: sent again with it, it has its effect once, and the first answer. See shared/idempotency. */
  idempotent?: true
  /** Leaves no line in the log unless it fails: its calls come in thousands, and the host counts them by itself. */
  quiet?: true
  entity?: EntityReference
  params?: Params | undefined
  query?: Query | undefined
  body?: Body | undefined
  /** The fields of a multipart/form-data body, which the endpoint reads itself: for the API document. */
  form?: z.ZodObject | undefined
  document?: ForTheDocument | undefined
  /** What each status answers with; null has no JSON body. */
  responses: Record<number, z.ZodType | null>
  /** The error codes its own rules can answer with, beyond those that its declaration implies (see possible-errors.ts). */
  errors?: readonly ErrorCode[]
  handle(call: Call<Access, Params, Query, Body>, deps: Deps): Promise<Answer>
}

/** An endpoint with its types erased, as the edge registers it. */
export interface Endpoint {
  name: string
  summary: string
  description?: string
  method: Method
  path: string
  allow: Allow
  agents?: 'always'
  idempotent?: true
  quiet?: true
  entity?: EntityReference
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  form?: z.ZodObject
  document?: ForTheDocument
  responses: Record<number, z.ZodType | null>
  errors?: readonly ErrorCode[]
  handle(call: Call<Allow, unknown, unknown, unknown>, deps: Deps): Promise<Answer>
}

export function endpoint<
  Access extends Allow,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(options: EndpointOptions<Access, Params, Query, Body>): Endpoint {
  // True because `handleRequest` builds the call from these very schemas and this `allow`.
  return options as unknown as Endpoint
}
