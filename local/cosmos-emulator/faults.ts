/** Faults on demand: throttling, retry-with, unavailability, latency, and "applied, but the answer was lost". */
import { CosmosError, badRequest } from './errors.ts'
import type { Operation } from './http/exchange.ts'
import { isObject } from './json.ts'
import type { Json } from './json.ts'

const kinds = ['429', '449', '503', 'broken_after_apply', 'latency'] as const
type Kind = (typeof kinds)[number]

interface Fault {
  kind: Kind
  /** How many more requests it hits. */
  left: number
  container: string | undefined
  operation: string | undefined
  ms: number
  retryAfterMs: number
}

/** What happens to one request. */
export interface Effect {
  error?: CosmosError
  delayMs: number
  losesAnswer: boolean
}

export class Faults {
  #faults: Fault[] = []

  add(rule: unknown): void {
    this.#faults.push(readFault(rule))
  }

  clear(): void {
    this.#faults = []
  }

  /** Uses up the faults meant for a request: all latencies that match, and the first other one. */
  take(operation: Operation, container: string | undefined): Effect {
    const effect: Effect = { delayMs: 0, losesAnswer: false }
    if (this.#faults.length === 0) return effect
    let isDecided = false
    for (const fault of this.#faults) {
      if (!isMeant(fault, operation, container)) continue
      if (fault.kind === 'latency') effect.delayMs += fault.ms
      else if (isDecided) continue
      else isDecided = true
      fault.left--
      if (fault.kind === 'broken_after_apply') effect.losesAnswer = true
      else if (fault.kind !== 'latency') effect.error = errorOf(fault)
    }
    this.#faults = this.#faults.filter((fault) => fault.left > 0)
    return effect
  }
}

/** Without an operation a rule is meant for every request to items; metadata only when it is named. */
function isMeant(fault: Fault, operation: Operation, container: string | undefined): boolean {
  if (fault.operation === undefined ? operation === 'metadata' : fault.operation !== operation) return false
  return fault.container === undefined || fault.container === container
}

function errorOf({ kind, retryAfterMs }: Fault): CosmosError {
  if (kind === '429') {
    return new CosmosError(
      429,
      'Request rate is large. More Request Units may be needed, so no changes were made. Please retry this request later. Learn more: http://aka.ms/cosmosdb-error-429',
      { substatus: 3200, headers: { 'x-ms-retry-after-ms': String(retryAfterMs) } },
    )
  }
  if (kind === '449') {
    return new CosmosError(449, 'Conflicting request to resource has been attempted. Retry to avoid conflicts.')
  }
  return new CosmosError(503, 'The service is currently unavailable, please try again.')
}

const defaultRetryAfterMs = 10

function readFault(rule: unknown): Fault {
  const kind = isObject(rule) ? kinds.find((name) => name === rule['kind']) : undefined
  if (!isObject(rule) || !kind) throw badRequest(`A fault needs a kind: ${kinds.join(', ')}.`)
  return {
    kind,
    left: number(rule['count'], 1),
    container: text(rule['container']),
    operation: text(rule['operation']),
    ms: number(rule['ms'], 0),
    retryAfterMs: number(rule['retry_after_ms'], defaultRetryAfterMs),
  }
}

function number(value: Json | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number' || value < 0) throw badRequest('The numbers of a fault are not negative.')
  return value
}

function text(value: Json | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw badRequest('The container and operation of a fault are names.')
}
