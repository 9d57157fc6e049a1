/** What is done to one thing of a workspace, under both path families: by its id alone, and inside the workspace. */
import * as z from 'zod'
import type { Deps } from '../shared/deps.ts'
import type { ErrorCode } from '../shared/errors.ts'
import { endpoint, type Answer, type Endpoint, type ForTheDocument, type Method } from '../shared/http/endpoint.ts'
import type { WorkspaceId } from '../shared/ids.ts'

/** A kind of thing, and how its two paths and their endpoints are named. */
interface Noun {
  /** As in the path: `campaigns`. */
  plural: string
  /** Of its id in the path: `campaign_id`. */
  param: string
  notFound: ErrorCode
  /** The name of the endpoint inside the workspace; the other one is `<plural>-<name>`. */
  nestedName: (name: string) => string
  /** What its id may be inside the workspace, where more than our id is taken. */
  nestedId?: z.ZodType<string, string>
}

interface Action<Body extends z.ZodType | undefined, Query extends z.ZodObject | undefined> {
  name: string
  summary: string
  description?: string
  method: Method
  /** After the thing's own path. */
  suffix?: string
  allow: 'member' | 'admin'
  agents?: 'always'
  idempotent?: true
  body?: Body
  /** Only of what takes no body. */
  query?: Query
  document?: ForTheDocument
  responses: Record<number, z.ZodType | null>
  errors?: readonly ErrorCode[]
  handle: (deps: Deps, workspaceId: WorkspaceId, id: string, given: Given<Body, Query>) => Promise<Answer>
}

/** What is asked for beyond the path: in the body, or in the query where there is none. */
type Given<Body, Query> = Body extends z.ZodType
  ? z.output<Body>
  : Query extends z.ZodObject
    ? z.output<Query>
    : undefined

/** For each action: the endpoint at `/api/<plural>/{id}…` and its twin in the workspace. */
export function inBothPaths({ plural, param, notFound, nestedName, nestedId = z.uuid() }: Noun) {
  // Both schemas below name `param`.
  const idIn = (params: Record<string, string>): string => params[param] ?? ''
  return <Body extends z.ZodType | undefined = undefined, Query extends z.ZodObject | undefined = undefined>({
    name,
    suffix = '',
    errors = [],
    handle,
    ...common
  }: Action<Body, Query>): [flat: Endpoint, nested: Endpoint] => [
    endpoint({
      ...common,
      name: `${plural}-${name}`,
      path: `api/${plural}/{${param}}${suffix}`,
      entity: { param, notFound },
      params: z.object({ [param]: z.uuid() }),
      errors: [...errors, notFound],
      handle: ({ workspaceId, params, body, query }, deps) =>
        // True because an action declares one of the two at most, and only what is declared is read.
        handle(deps, workspaceId, idIn(params), (body ?? query) as Given<Body, Query>),
    }),
    endpoint({
      ...common,
      name: nestedName(name),
      path: `api/workspaces/{workspace_id}/${plural}/{${param}}${suffix}`,
      params: z.object({ workspace_id: z.uuid(), [param]: nestedId }),
      errors: [...errors, notFound],
      handle: ({ workspaceId, params, body, query }, deps) =>
        // True because an action declares one of the two at most, and only what is declared is read.
        handle(deps, workspaceId, idIn(params), (body ?? query) as Given<Body, Query>),
    }),
  ]
}
