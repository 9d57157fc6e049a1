/**
 * One request through one endpoint. The order of checks is fixed: credential (401), workspace and role (403, 404),
 * then every part of the request at once (422), then the endpoint's own rules.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { AppError, ValidationError, type Problem } from '../errors.ts'
import { underKey } from '../idempotency/attempt.ts'
import { KEY_HEADER, KeyHeader } from '../idempotency/key.ts'
import { withLogFields } from '../log.ts'
import { checkAgentMay } from '../workspaces/agents.ts'
import { membershipForEntity, membershipOf, type Caller, type Membership } from '../workspaces/membership.ts'
import { countIn } from '../workspaces/rate-limits.ts'
import type { Answer, Call, Allow, Endpoint, Tell } from './endpoint.ts'
import { errorAnswer, requestIdOf } from './answers.ts'
import { possibleErrors } from './possible-errors.ts'
import { readJson, type IncomingRequest } from './request.ts'
import { check, type RequestPart } from './validation.ts'

/** Never throws: whatever happens becomes an answer, with the request's id in `X-Request-Id`. */
export async function handleRequest(endpoint: Endpoint, request: IncomingRequest, deps: Deps): Promise<Answer> {
  const requestId = requestIdOf(request)
  const startedAt = performance.now()
  return withLogFields({ request_id: requestId, endpoint: endpoint.name }, async () => {
    const told: Record<string, string> = {}
    const answer = await answerOf(endpoint, { request, requestId, told }, deps).catch((error: unknown) => {
      if (error instanceof AppError && !possibleErrors(endpoint).has(error.code)) {
        // The API document does not name it: every test's world fails on this line.
        deps.log.warn('http.undeclared_error', { code: error.code })
      }
      return errorAnswer(error, requestId, deps.log)
    })
    if (!endpoint.quiet || answer.status >= 400) {
      const ms = Math.round((performance.now() - startedAt) * 10) / 10
      deps.log.info('http.answered', { status: answer.status, ms })
    }
    // Caches between us and the client know that `Authorization` makes an answer private; of `X-API-Key` they do not.
    const common = { 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
    return { ...answer, headers: { ...common, ...told, ...answer.headers } }
  })
}

interface Asked {
  request: IncomingRequest
  requestId: string
  /** Headers of the answer, whatever it is. */
  told: Record<string, string>
}

async function answerOf(endpoint: Endpoint, { request, requestId, told }: Asked, deps: Deps): Promise<Answer> {
  const caller = endpoint.allow === 'anyone' ? undefined : await deps.authenticate(request)
  const parts = await readParts(endpoint, request)
  const tell: Tell = (headers) => void Object.assign(told, headers)
  const membership = caller && (await admitted(endpoint, caller, { parts, tell }, deps))
  if (membership) await checkAgentMay(deps, endpoint, membership)
  const { key, ...valid } = validParts(endpoint, parts)
  const call = { ...valid, request, requestId, caller, ...membership, tell }
  if (key === undefined || !caller) return handled(endpoint, call, deps)
  const { path, query, body } = parts
  const owner = membership?.workspaceId ?? nameOf(caller)
  const keyed = { owner, operation: endpoint.name, key, parts: { path, query, body }, isForm: Boolean(endpoint.form) }
  return underKey(deps, keyed, ({ once, begin }) =>
    handled(endpoint, { ...call, request: { ...request, onForm: begin } }, { ...deps, once }),
  )
}

/** The membership, within the rate limits: those of the workspace only for its members. */
async function admitted(
  endpoint: Endpoint,
  caller: Caller,
  { parts, tell }: { parts: Parts; tell: Tell },
  deps: Pick<Deps, 'rateLimits'>,
): Promise<Membership | undefined> {
  let membership: Membership | undefined
  try {
    membership = findMembership(endpoint, caller, parts)
  } catch (error) {
    await countIn(deps, undefined, { caller, tell })
    throw error
  }
  await countIn(deps, membership?.workspaceId, { caller, tell })
  return membership
}

async function handled(endpoint: Endpoint, call: object, deps: Deps): Promise<Answer> {
  // True because `caller` and the membership are present exactly where `allow` promises them.
  const answer = await endpoint.handle(call as Call<Allow, unknown, unknown, unknown>, deps)
  return { ...answer, body: filtered(endpoint, answer) }
}

/** The account, or the one workspace whose API key calls. */
function nameOf({ userId, memberships }: Caller): string {
  return userId ?? memberships.map(({ workspaceId }) => workspaceId).join()
}

type Parts = Record<RequestPart, unknown> & { bodyProblems: Problem[] }

/** Unreadable JSON is kept as a problem, so that a missing membership of a workspace in the path is told first. */
async function readParts(endpoint: Endpoint, request: IncomingRequest): Promise<Parts> {
  const parts: Parts = {
    path: pathObject(request),
    query: queryObject(request.query),
    body: undefined,
    header: { [KEY_HEADER]: request.headers.get(KEY_HEADER) ?? undefined },
    bodyProblems: [],
  }
  if (!endpoint.body) return parts
  try {
    // A schema that takes undefined, as `.optional()` makes it, takes a request without a body.
    parts.body = await readJson(request, { optional: endpoint.body._zod.optin === 'optional' })
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    parts.bodyProblems = error.problems
  }
  return parts
}

/** Ids in a path are the same in any letter case. */
function pathObject({ params }: IncomingRequest): Record<string, string> {
  const entries = Object.entries(params).map(([name, text]) => [name, isUuid(text) ? text.toLowerCase() : text])
  return Object.fromEntries(entries) as Record<string, string> // pairs of texts
}

function isUuid(text: string): boolean {
  return z.uuid().safeParse(text).success
}

function queryObject(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(query)
}

function findMembership(endpoint: Endpoint, caller: Caller, parts: Parts): Membership | undefined {
  if (endpoint.allow === 'anyone' || endpoint.allow === 'user') return undefined
  const named = namedWorkspace(endpoint, parts)
  if (named !== undefined) return membershipOf(caller, named, endpoint.allow)
  if (!endpoint.entity) throw new ValidationError(allProblems(endpoint, parts))
  const id = stringAt(parts.path, endpoint.entity.param)
  if (id === undefined || !z.uuid().safeParse(id).success) throw new ValidationError(allProblems(endpoint, parts))
  return membershipForEntity(caller, id.toLowerCase(), endpoint.allow, endpoint.entity.notFound)
}

/** The workspace a request names, if it is a well-formed id: path before query before body. */
function namedWorkspace(endpoint: Endpoint, parts: Parts): string | undefined {
  const places: [z.ZodType | undefined, unknown][] = [
    [endpoint.params, parts.path],
    [endpoint.query, parts.query],
    [endpoint.body, parts.body],
  ]
  for (const [schema, input] of places) {
    // Only where it is declared: with streaming on, the host mixes query parameters into the path's.
    const id = declares(schema, 'workspace_id') ? stringAt(input, 'workspace_id') : undefined
    if (id !== undefined) return z.uuid().safeParse(id).success ? id.toLowerCase() : raise(endpoint, parts)
  }
  return undefined
}

function declares(schema: z.ZodType | undefined, name: string): boolean {
  return schema instanceof z.ZodObject && name in schema.shape
}

function raise(endpoint: Endpoint, parts: Parts): never {
  throw new ValidationError(allProblems(endpoint, parts))
}

interface ValidParts {
  params: unknown
  query: unknown
  body: unknown
  key: string | undefined
}

function validParts(endpoint: Endpoint, parts: Parts): ValidParts {
  const problems: Problem[] = [...parts.bodyProblems]
  const valid = <Schema extends z.ZodType>(part: RequestPart, schema: Schema | undefined) => {
    if (!schema || (part === 'body' && parts.bodyProblems.length > 0)) return undefined
    const result = check(part, schema, parts[part])
    if ('value' in result) return result.value
    problems.push(...result.problems)
    return undefined
  }
  const value = {
    params: valid('path', endpoint.params),
    query: valid('query', endpoint.query),
    body: valid('body', endpoint.body),
    key: valid('header', endpoint.idempotent ? KeyHeader : undefined)?.[KEY_HEADER],
  }
  if (problems.length > 0) throw new ValidationError(problems)
  return value
}

/** The problems that kept the workspace from being named. */
function allProblems(endpoint: Endpoint, parts: Parts): Problem[] {
  try {
    validParts(endpoint, parts)
  } catch (error) {
    if (error instanceof ValidationError) return error.problems
  }
  throw new AppError('invalid_request', 'The request names no workspace')
}

function stringAt(input: unknown, name: string): string | undefined {
  if (typeof input !== 'object' || input === null || !(name in input)) return undefined
  const value = (input as Record<string, unknown>)[name] // an object that has the key
  return typeof value === 'string' ? value : undefined
}

/** Fields that the response schema does not name are not sent. */
function filtered(endpoint: Endpoint, answer: Answer): unknown {
  const schema = endpoint.responses[answer.status]
  if (schema === undefined) throw new Error(`${endpoint.name} answered an undeclared ${answer.status}`)
  return schema === null ? undefined : schema.parse(answer.body)
}
