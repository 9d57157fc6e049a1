/** Sends request after request, checks every answer, and makes each kind of failure as small as it gets. */
import { withField } from '../support/openapi/mutations.ts'
import { faultIn, type FuzzAnswer } from './checks.ts'
import { Dice } from './dice.ts'
import { learn, type Population } from './population.ts'
import { aRequest, type FuzzRequest } from './requests.ts'

/** Takes a request to Herald, by whatever way. */
export type Send = (request: FuzzRequest, headers: Record<string, string>) => Promise<FuzzAnswer>

export interface FuzzOptions {
  seed: number
  requests: number
  /** How many are under way at once. */
  atOnce: number
  /** Ends early then. */
  deadline?: number
  progress?: (done: number) => void
}

export interface Outcome {
  requests: number
  byStatus: Record<string, number>
  byOperation: Record<string, Record<string, number>>
  /** One for each operation and kind of fault. */
  failures: string[]
}

const MOST_FAILURES = 40

export async function fuzz(population: Population, send: Send, options: FuzzOptions): Promise<Outcome> {
  const outcome: Outcome = { requests: 0, byStatus: {}, byOperation: {}, failures: [] }
  const seen = new Set<string>()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < options.requests && outcome.failures.length < MOST_FAILURES && !isLate(options)) {
      const index = next++
      const request = aRequest(population, new Dice(options.seed, index), index)
      const { answer, fault } = await tried(request, population, send)
      count(outcome, request, answer.status)
      if (outcome.requests % 1_000 === 0) options.progress?.(outcome.requests)
      if (fault === undefined) continue
      const kind = `${request.operation.endpoint.name} ${kindOf(fault)}`
      if (seen.has(kind)) continue
      seen.add(kind)
      outcome.failures.push(await reproduction(request, { fault, index }, population, { send, seed: options.seed }))
    }
  }
  await Promise.all(Array.from({ length: options.atOnce }, worker))
  return outcome
}

function isLate({ deadline }: FuzzOptions): boolean {
  return deadline !== undefined && performance.now() > deadline
}

async function tried(request: FuzzRequest, population: Population, send: Send) {
  const headers = { ...(await population.headersOf(request.actor)), ...request.headers }
  const answer = await send(request, headers)
  const fault = faultIn(request, answer, population)
  if (answer.status < 300) learn(population, request.operation.endpoint.name, bodyOf(answer))
  return { answer, fault }
}

function bodyOf({ text }: FuzzAnswer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function count(outcome: Outcome, { operation }: FuzzRequest, status: number): void {
  const kind = `${Math.floor(status / 100)}xx`
  const ofOperation = (outcome.byOperation[operation.endpoint.name] ??= {})
  for (const tally of [outcome.byStatus, ofOperation]) tally[kind] = (tally[kind] ?? 0) + 1
  outcome.requests++
}

/** The words of a fault that do not change with the values in it. */
function kindOf(fault: string): string {
  return fault.split(/[:{]/)[0] ?? fault
}

/** The request without everything that the fault does not need. */
async function reproduction(
  request: FuzzRequest,
  { fault, index }: { fault: string; index: number },
  population: Population,
  { send, seed }: { send: Send; seed: number },
): Promise<string> {
  let [smallest, words] = [request, fault]
  for (const smaller of simplifications(request)) {
    const candidate = smaller(smallest)
    const again = await tried(candidate, population, send)
    if (again.fault === undefined || kindOf(again.fault) !== kindOf(fault)) continue
    smallest = candidate
    words = again.fault
  }
  const { operation, actor, params, query, headers, body, form } = smallest
  const shown = JSON.stringify({ params, query, headers, body, form }).slice(0, 1_500)
  return `${operation.endpoint.name} as ${actor} (seed ${seed}, request ${index}): ${words}\n  ${shown}`
}

type Simplification = (request: FuzzRequest) => FuzzRequest

function simplifications({ headers, query, body }: FuzzRequest): Simplification[] {
  const fields = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : []
  return [
    ...Object.keys(headers).map((name): Simplification => (request) => ({
      ...request,
      headers: withField(request.headers, name, undefined) as Record<string, string>,
    })),
    ...Object.keys(query).map((name): Simplification => (request) => ({
      ...request,
      query: withField(request.query, name, undefined) as Record<string, string>,
    })),
    ...fields.map((name): Simplification => (request) => ({
      ...request,
      body: withField(request.body, name, undefined),
    })),
  ]
}

/** What a run says at its end. */
export function report({ requests, byStatus, byOperation, failures }: Outcome, again: string): string {
  const statuses = Object.entries(byStatus)
    .sort()
    .map(([kind, times]) => `${times} × ${kind}`)
  const found = failures.length === 0 ? 'No answer was wrong.' : `Wrong answers:\n\n${failures.join('\n\n')}`
  const never = Object.entries(byOperation)
    .filter(([, tally]) => tally['2xx'] === undefined && tally['3xx'] === undefined)
    .map(([name]) => name)
  return [
    `${requests} requests: ${statuses.join(', ')}.`,
    `Operations that were never taken: ${never.join(', ') || 'none'}.`,
    found,
    `Again: ${again}`,
  ].join('\n')
}
