/** The one error class of Herald and the one table that gives each error code its HTTP status. */

export const ERROR_STATUS = {
  // requests
  invalid_request: 400,
  unauthorized: 401,
  invalid_credentials: 401,
  invalid_signature: 401,
  forbidden: 403,
  workspace_suspended: 403,
  plan_limit_reached: 403,
  verification_failed: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  too_many_requests: 429,
  idempotency_key_in_use: 409,
  idempotency_key_reused: 422,
  // accounts and workspaces
  email_taken: 409,
  provider_not_configured: 501,
  provider_unavailable: 502,
  oauth_state_mismatch: 400,
  oauth_declined: 403,
  workspace_not_found: 404,
  workspace_conflict: 409,
  member_not_found: 404,
  member_exists: 409,
  member_pending: 409,
  last_owner: 409,
  // phone numbers
  phone_number_not_found: 404,
  phone_number_taken: 409,
  phone_number_not_active: 409,
  phone_number_in_use: 409,
  meta_refused: 400,
  meta_unavailable: 502,
  // templates
  template_not_found: 404,
  template_exists: 409,
  template_not_approved: 409,
  template_in_use: 409,
  template_not_editable: 409,
  template_status_not_settable: 409,
  // contacts
  contact_not_found: 404,
  contact_exists: 409,
  import_too_large: 413,
  import_not_found: 404,
  import_finished: 409,
  import_result_expired: 404,
  bulk_job_not_found: 404,
  segment_not_found: 404,
  segment_in_use: 409,
  // media
  media_not_found: 404,
  // webhook endpoints
  webhook_endpoint_not_found: 404,
  webhook_endpoint_limit: 409,
  webhook_endpoint_disabled: 409,
  delivery_not_found: 404,
  // campaigns
  campaign_not_found: 404,
  campaign_not_sendable: 409,
  campaign_running: 409,
  campaign_not_editable: 409,
  // messages
  message_not_found: 404,
  conversation_not_found: 404,
  conversation_not_writable: 409,
  message_not_sent: 409,
  contact_opted_out: 409,
  outside_service_window: 409,
  // stores and queues
  conflict: 409,
  storage_unavailable: 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** One problem of a request, in the shape FastAPI gives it: `loc` starts with body, query or path. */
export interface Problem {
  loc: (string | number)[]
  msg: string
  type: string
}

export interface AppErrorOptions extends ErrorOptions {
  /** More fields of the answer's body. */
  details?: Record<string, unknown>
  /** Headers of the answer, such as Retry-After. */
  headers?: Record<string, string>
}

/** Thrown anywhere; the edge answers with the code's status. `message` is shown to the caller, so it never holds a secret. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  readonly headers: Record<string, string> | undefined

  constructor(code: ErrorCode, message: string, options?: AppErrorOptions) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.details = options?.details
    this.headers = options?.headers
  }

  get status(): number {
    return ERROR_STATUS[this.code]
  }
}

/** More would help nobody, and would make an answer many times the size of its request. */
const MOST_PROBLEMS = 100

/** A request that does not fit its schema: answered 422 with every problem at once. */
export class ValidationError extends AppError {
  readonly problems: Problem[]

  constructor(all: Problem[]) {
    const problems = all.slice(0, MOST_PROBLEMS)
    super('validation_failed', problems.map((problem) => `${problem.loc.join('.')}: ${problem.msg}`).join('; '))
    this.name = 'ValidationError'
    this.problems = problems
  }
}

/** A 422 about one field that no schema can express (it needs stored data to be judged). */
export function fieldProblem(loc: (string | number)[], msg: string): ValidationError {
  return new ValidationError([{ loc, msg, type: 'value_error' }])
}

/** As Promise.all; what several of them find wrong with the request is thrown together. */
export async function allChecked<T extends readonly unknown[]>(checks: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(checks)
  const problems = settled.flatMap((one) =>
    one.status === 'rejected' && one.reason instanceof ValidationError ? one.reason.problems : [],
  )
  if (problems.length > 0) throw new ValidationError(problems)
  return Promise.all(checks)
}

/** Somebody else's write came first: read again and decide anew. */
export function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.code === 'conflict'
}
