/** The error codes an endpoint can answer with: those its declaration implies, and those it names itself. */
import type { ErrorCode } from '../errors.ts'
import type { Endpoint } from './endpoint.ts'

export function possibleErrors(endpoint: Endpoint): ReadonlySet<ErrorCode> {
  const { entity, errors = [], responses } = endpoint
  return new Set([
    // Unless it has an answer of its own for that.
    ...(503 in responses ? [] : (['storage_unavailable'] as const)),
    ...accessErrors(endpoint),
    ...(entity ? [entity.notFound] : []),
    ...inputErrors(endpoint),
    ...(endpoint.idempotent ? KEY_ERRORS : []),
    ...errors,
  ])
}

const KEY_ERRORS = ['validation_failed', 'idempotency_key_in_use', 'idempotency_key_reused'] as const

function accessErrors({ allow }: Endpoint): ErrorCode[] {
  if (allow === 'anyone') return []
  return allow === 'user' ? ['unauthorized', 'too_many_requests'] : ['unauthorized', 'forbidden', 'too_many_requests']
}

function inputErrors({ method, params, query, body, form }: Endpoint): ErrorCode[] {
  const taken = [params, query, body, form].some((schema) => schema !== undefined)
  return [
    ...(taken ? (['validation_failed'] as const) : []),
    ...((body ?? form) ? (['payload_too_large', 'unsupported_media_type'] as const) : []),
    // Somebody else kept on changing the same thing at the same time.
    ...(method === 'GET' ? [] : (['conflict'] as const)),
  ]
}
