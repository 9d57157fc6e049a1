/** The errors Cosmos DB answers with: status, sub-status and the body an SDK parses. */
import { randomUUID } from 'node:crypto'

const codes: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  412: 'PreconditionFailed',
  413: 'RequestEntityTooLarge',
  429: '429',
  449: '449',
  503: 'ServiceUnavailable',
}

export interface CosmosErrorDetails {
  substatus?: number
  headers?: Record<string, string>
  /** The query plan an SDK reads when the gateway cannot serve a cross-partition query itself. */
  additionalErrorInfo?: string
  cause?: unknown
}

export class CosmosError extends Error {
  readonly status: number
  readonly details: CosmosErrorDetails

  constructor(status: number, message: string, details: CosmosErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'CosmosError'
    this.status = status
    this.details = details
  }
}

export const badRequest = (message: string, details?: CosmosErrorDetails): CosmosError =>
  new CosmosError(400, message, details)

export const notFound = (): CosmosError =>
  new CosmosError(404, 'Resource Not Found. Learn more: https://aka.ms/cosmosdb-tsg-not-found', { substatus: 0 })

export const conflict = (): CosmosError =>
  new CosmosError(409, 'Resource with specified id or name already exists.', { substatus: 0 })

export const uniqueKeyViolation = (): CosmosError =>
  new CosmosError(409, 'Unique index constraint violation.', { substatus: 0 })

export const preconditionFailed = (): CosmosError =>
  new CosmosError(
    412,
    'One of the specified pre-condition is not met. Learn more: https://aka.ms/CosmosDB/sql/errors/precondition-failed',
  )

export const tooLarge = (): CosmosError => new CosmosError(413, 'Request size is too large')

export const wrongPartitionKey = (): CosmosError =>
  badRequest(
    "PartitionKey extracted from document doesn't match the one specified in the header. Learn more: https://aka.ms/CosmosDB/sql/errors/wrong-pk-value",
    { substatus: 1001 },
  )

/** SQL that does not parse or that this emulator refuses, worded as the query engine words it. */
export const sqlError = (message: string): CosmosError =>
  badRequest(JSON.stringify({ errors: [{ severity: 'Error', code: 'SC1001', message }] }))

export function errorBody(error: CosmosError, activityId: string = randomUUID()): string {
  const code = codes[error.status] ?? 'InternalServerError'
  const inner = error.message.startsWith('{') ? error.message : JSON.stringify({ Errors: [error.message] })
  const message = `Message: ${inner}\r\nActivityId: ${activityId}, Microsoft.Azure.Documents.Common/2.14.0`
  const { additionalErrorInfo } = error.details
  return JSON.stringify(additionalErrorInfo === undefined ? { code, message } : { code, message, additionalErrorInfo })
}
