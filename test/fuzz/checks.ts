/** What must be true of every answer, whatever was asked. */
import { misfit, responseOf } from '../support/openapi/schemas.ts'
import type { ActorName, Population, Tenant } from './population.ts'
import { isForbidden, type FuzzRequest } from './requests.ts'

export interface FuzzAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** What is wrong with the answer, in one line that begins with the same words for the same fault; undefined if nothing. */
export function faultIn(request: FuzzRequest, answer: FuzzAnswer, population: Population): string | undefined {
  for (const check of CHECKS) {
    const fault = check(request, answer, population)
    if (fault !== undefined) return fault
  }
  return undefined
}

type Check = (request: FuzzRequest, answer: FuzzAnswer, population: Population) => string | undefined

const CHECKS: Check[] = [
  isNoFailure,
  keepsToTheDocument,
  isDeclared,
  hasRequestId,
  isOfDeclaredType,
  conforms,
  tellsNoSecret,
]

function isNoFailure(_request: FuzzRequest, { status, text }: FuzzAnswer): string | undefined {
  return status < 500 ? undefined : `answered ${status}: ${text.slice(0, 300)}`
}

function isDeclared({ operation }: FuzzRequest, { status, text }: FuzzAnswer): string | undefined {
  return responseOf(operation, status) ? undefined : `undeclared ${status}: ${text.slice(0, 300)}`
}

function hasRequestId({ headers: sent }: FuzzRequest, { headers }: FuzzAnswer): string | undefined {
  const id = headers['x-request-id'] ?? ''
  if (!/^[\w.-]{1,64}$/.test(id)) return `no request id: ${id}`
  return sent['x-request-id'] === 'trace-7' && id !== 'trace-7' ? 'the request id is not the caller’s' : undefined
}

function isOfDeclaredType({ operation }: FuzzRequest, { status, headers, text }: FuzzAnswer): string | undefined {
  const types = Object.keys(responseOf(operation, status)?.content ?? {}).map((type) => type.split(';')[0])
  const type = headers['content-type']?.split(';')[0]
  if (types.length === 0) return text === '' ? undefined : `undeclared body of ${status}: ${text.slice(0, 100)}`
  return type === undefined || types.includes(type) || isAnAsset(operation.endpoint.name)
    ? undefined
    : `undeclared type ${type}`
}

/** Scripts, styles and images, each of its own type. */
function isAnAsset(name: string): boolean {
  return name === 'docs-asset'
}

function conforms({ operation }: FuzzRequest, { status, text }: FuzzAnswer): string | undefined {
  const schema = responseOf(operation, status)?.content?.['application/json']?.schema
  if (!schema) return undefined
  try {
    const wrong = misfit(schema, JSON.parse(text))
    return wrong === undefined ? undefined : `body of ${status} does not conform: ${wrong} in ${text.slice(0, 300)}`
  } catch {
    return `body of ${status} is no JSON: ${text.slice(0, 100)}`
  }
}

function keepsToTheDocument(request: FuzzRequest, { status, text }: FuzzAnswer): string | undefined {
  return status < 400 && isForbidden(request)
    ? `took what the document forbids: ${status} ${text.slice(0, 200)}`
    : undefined
}

const SEES_KEYS: Record<'acme' | 'globex', ActorName[]> = { acme: ['owner', 'admin'], globex: ['other owner'] }

function tellsNoSecret(
  request: FuzzRequest,
  { headers, text }: FuzzAnswer,
  population: Population,
): string | undefined {
  const { meta, deps } = population
  const said = `${text}\n${JSON.stringify(headers)}`
  const secrets = [meta.accessToken, ...deps.config.meta.appSecrets, ...keysOfOthers(request.actor, population)]
  if (secrets.some((secret) => secret !== '' && said.includes(secret))) return 'told a secret'
  if (/\$2[aby]\$\d\d\$|password_hash|passwordHash/.test(said)) return 'told the hash of a password'
  // The API document shows an example of one.
  const isLink = /^(media-(url|download)|openapi)$/.test(request.operation.endpoint.name)
  return !isLink && /[?&]sig=/.test(said) ? 'told a signed address' : undefined
}

function keysOfOthers(actor: ActorName, population: Population): string[] {
  const keys = ({ apiKey, webhookSecret }: Tenant) => [apiKey, webhookSecret]
  return (['acme', 'globex'] as const).flatMap((name) =>
    SEES_KEYS[name].includes(actor) ? [] : keys(population[name]),
  )
}
