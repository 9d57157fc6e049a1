/** What is done to one phone number, under both of its paths: by our id alone, and inside a workspace also by Meta's. */
import { z } from 'zod'
import type { Deps } from '../../shared/deps.ts'
import type { ErrorCode } from '../../shared/errors.ts'
import { endpoint, type Answer, type Endpoint, type Method } from '../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { PhoneNumberRef } from '../../shared/phone-numbers/api.ts'

interface PhoneNumberAction<Body extends z.ZodType | undefined> {
  name: string
  summary: string
  description?: string
  method: Method
  /** After the number's own path. */
  suffix?: string
  allow: 'member' | 'admin'
  body?: Body
  responses: Record<number, z.ZodType | null>
  errors?: readonly ErrorCode[]
  handle: (
    deps: Deps,
    workspaceId: WorkspaceId,
    phoneNumberId: string,
    body: Body extends z.ZodType ? z.output<Body> : undefined,
  ) => Promise<Answer>
}

/** The endpoint at `/api/phone-numbers/{phone_number_id}…` and its twin in the workspace. */
export function onPhoneNumber<Body extends z.ZodType | undefined = undefined>({
  name,
  suffix = '',
  errors = [],
  handle,
  ...common
}: PhoneNumberAction<Body>): [flat: Endpoint, nested: Endpoint] {
  const all = [...errors, 'phone_number_not_found'] as const
  return [
    endpoint({
      ...common,
      name: `phone-numbers-${name}`,
      path: `api/phone-numbers/{phone_number_id}${suffix}`,
      entity: { param: 'phone_number_id', notFound: 'phone_number_not_found' },
      params: z.object({ phone_number_id: z.uuid() }),
      errors: all,
      handle: ({ workspaceId, params, body }, deps) => handle(deps, workspaceId, params.phone_number_id, body),
    }),
    endpoint({
      ...common,
      name: `phone-numbers-${name}-of-workspace`,
      path: `api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}${suffix}`,
      params: z.object({ workspace_id: z.uuid(), phone_number_id: PhoneNumberRef }),
      errors: all,
      handle: ({ workspaceId, params, body }, deps) => handle(deps, workspaceId, params.phone_number_id, body),
    }),
  ]
}
