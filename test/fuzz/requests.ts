/** Makes up one request: who asks what about which things, with values that the API document allows, or does not. */
import { createHmac, randomUUID } from 'node:crypto'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { aRequestOf, type Asked, type Ids } from '../support/every-endpoint.ts'
import { fieldMutationsOf, textMutationsOf, withField, type FieldMutation } from '../support/openapi/mutations.ts'
import { described, fieldsOf, type Described, type Field, type Schema } from '../support/openapi/schemas.ts'
import { fitsTrimmed, textFits } from '../support/openapi/texts.ts'
import { oneOf, valuesOf } from '../support/openapi/values.ts'
import type { Dice } from './dice.ts'
import { hintFor } from './hints.ts'
import { FOR_BODIES, FOR_TEXTS, HEADERS, RAW_BODIES } from './hostile.ts'
import type { ActorName, Population, Tenant } from './population.ts'

export interface FuzzRequest extends Asked {
  operation: Described
  actor: ActorName
  headers: Record<string, string>
}

const OPERATIONS = ENDPOINTS.map((endpoint) => [described(endpoint), weightOf(endpoint.name)] as const)

/** Passwords are hashed on purpose slowly; documents are the same for everybody. */
function weightOf(name: string): number {
  return /^auth-sign|^docs|^openapi/.test(name) ? 0.15 : 1
}

const ACTORS: [ActorName, number][] = [
  ['owner', 62],
  ['admin', 6],
  ['member', 10],
  ['agent', 4],
  ['API key', 5],
  ['other owner', 5],
  ['stranger', 4],
  ['nobody', 3],
  ['liar', 1],
]

/** The first ones ask each operation once; after that it is left to chance. */
export function aRequest(population: Population, dice: Dice, index: number): FuzzRequest {
  const operation = OPERATIONS[index]?.[0] ?? dice.weighted(OPERATIONS)
  const actor = dice.weighted(ACTORS)
  const home = actor === 'other owner' ? population.globex : population.acme
  const ids = someIds(operation, { home, away: home === population.acme ? population.globex : population.acme }, dice)
  const sample = aRequestOf(operation.endpoint, ids)
  if (operation.endpoint.name === 'docs-asset') sample.params['asset'] = 'swagger-ui.css'
  const asked = varied(operation, made(operation, sample, population, dice), population, dice)
  const request = { ...damaged(operation, asked, dice), operation, actor, headers: someHeaders(dice) }
  return operation.endpoint.name === 'webhook-receive' && dice.chance(0.8) ? signed(request, population) : request
}

/** Fields without which a request can only be refused: chance would seldom give all of them at once. */
const TOGETHER: [RegExp, string[]][] = [
  [/^phone-numbers-create/, ['phone_number_id', 'access_token', 'business_id']],
  [/^phone-numbers-update/, ['access_token']],
  [/^auth-signin$/, ['email', 'password', 'refresh_token_in']],
  [/^auth-refresh$/, ['refresh_token']],
  [/^webhook-verify$/, ['hub.mode', 'hub.verify_token', 'hub.challenge']],
]

function made(operation: Described, asked: Asked, population: Population, dice: Dice): Asked {
  const { name } = operation.endpoint
  const fields = TOGETHER.find(([pattern]) => pattern.test(name))?.[1] ?? []
  if (dice.chance(0.3)) return asked
  return fields.reduce((so, field) => {
    const value = hintFor(name, field, population, dice)
    const part = operation.query.some((known) => known.name === field) ? 'query' : 'body'
    return value === undefined ? so : { ...so, [part]: withField(so[part], field, value) }
  }, asked)
}

/** As Meta signs it. */
function signed(request: FuzzRequest, { deps }: Population): FuzzRequest {
  const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? A_WEBHOOK)
  const signature = createHmac('sha256', deps.config.meta.appSecrets[0] ?? '')
    .update(body)
    .digest('hex')
  return { ...request, body, headers: { ...request.headers, 'x-hub-signature-256': `sha256=${signature}` } }
}

const A_WEBHOOK = {
  object: 'whatsapp_business_account',
  entry: [{ id: '1', changes: [{ field: 'messages', value: {} }] }],
}

/** What the address names last is what a request is about. */
function targetOf({ endpoint, path }: Described): keyof Ids | undefined {
  const changes = endpoint.method === 'DELETE' || endpoint.method === 'PATCH'
  // The names of ids in addresses are those of `Ids`.
  return changes ? (path.at(-1)?.name as keyof Ids | undefined) : undefined
}

function someIds(operation: Described, { home, away }: Record<'home' | 'away', Tenant>, dice: Dice): Ids {
  const target = targetOf(operation)
  const entries = Object.keys(home.kept).map((name) => {
    const kind = name as keyof Ids // a key of ids
    const spare = dice.some(home.spare[kind])
    if (kind === target) return [kind, odd(spare ?? randomUUID(), away.kept[kind], dice)]
    // Workspaces that requests made are there to be deleted: little can be done in them.
    const own = spare !== undefined && dice.chance(kind === 'workspace_id' ? 0.02 : 0.5) ? spare : home.kept[kind]
    return [kind, odd(own, away.kept[kind], dice)]
  })
  return Object.fromEntries(entries) as Ids // each key with an id
}

function odd(own: string, foreign: string, dice: Dice): string {
  return dice.weighted([
    [own, 88],
    [foreign, 4],
    [randomUUID(), 3],
    [own.toUpperCase(), 3],
    ['nothing', 1],
    [dice.pick(FOR_TEXTS).toWellFormed(), 1],
  ])
}

/** With other values that the document allows, and with fields that may be left out. */
function varied(operation: Described, asked: Asked, population: Population, dice: Dice): Asked {
  const value = (field: Field) => aValue(operation, field, population, dice)
  const query = operation.query
    .filter(({ required }) => dice.chance(required ? 0.05 : 0.25))
    .reduce<object>((so, field) => withField(so, field.name, textOf(value(field))), asked.query)
  const body = operation.json ? variedBody(asked.body, fieldsOf(operation.json), { value, dice }) : asked.body
  return { ...asked, query: query as Asked['query'], body } // texts, all of them
}

function variedBody(body: unknown, fields: Field[], { value, dice }: { value: (field: Field) => unknown; dice: Dice }) {
  if (typeof body !== 'object' || body === null) return body
  let changed = body
  for (const field of fields) {
    if (!field.required && field.name in changed && dice.chance(0.15)) {
      changed = withField(changed, field.name, undefined)
    } else if (dice.chance(field.name.endsWith('_id') ? 0.03 : 0.3)) {
      changed = withField(changed, field.name, value(field))
    }
  }
  return changed
}

function aValue({ endpoint }: Described, { name, schema }: Field, population: Population, dice: Dice): unknown {
  const hint = hintFor(endpoint.name, name, population, dice)
  return hint !== undefined && dice.chance(0.7) ? hint : oneOf(valuesOf(schema), dice.below(2 ** 31))
}

function textOf(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed()
}

/** Wrong in one or two places, now and then. */
function damaged(operation: Described, asked: Asked, dice: Dice): Asked {
  let changed = asked
  while (dice.chance(0.22)) changed = dice.pick(DAMAGES)(operation, changed, dice)
  return changed
}

function isNoPart(text: string): boolean {
  return ['', '.', '..'].includes(text)
}

type Damage = (operation: Described, asked: Asked, dice: Dice) => Asked

const DAMAGES: [Damage, ...Damage[]] = [
  ({ path }, asked, dice) => {
    const params = wrongText(path, asked.params, dice)
    // Without it, or as a step in the address, it would be another address.
    return Object.keys(params).length < path.length || Object.values(params).some(isNoPart)
      ? asked
      : { ...asked, params }
  },
  ({ query }, asked, dice) => ({ ...asked, query: wrongText(query, asked.query, dice) }),
  ({ form }, asked, dice) => (asked.form ? { ...asked, form: wrongText(form, asked.form, dice) } : asked),
  ({ json }, asked, dice) => {
    const mutation = json && dice.some(mistakesIn(json))
    if (!mutation || typeof asked.body !== 'object') return asked
    return { ...asked, body: withField(asked.body, mutation.field, mutation.value) }
  },
  (_operation, asked, dice) => ({ ...asked, body: hostileWithin(asked.body, dice) }),
  (_operation, asked, dice) => {
    if (typeof asked.body !== 'object') return asked
    return { ...asked, body: withField(asked.body, dice.pick(FOR_TEXTS), dice.pick(FOR_BODIES)) }
  },
  (_operation, asked, dice) => ({ ...asked, query: { ...asked.query, surprise: dice.pick(FOR_TEXTS).toWellFormed() } }),
  (_operation, asked, dice) =>
    dice.chance(0.2) && asked.body !== undefined ? { ...asked, body: dice.pick(RAW_BODIES) } : asked,
]

const mistakes = new WeakMap<Schema, FieldMutation[]>()

function mistakesIn(json: Schema): FieldMutation[] {
  const known = mistakes.get(json) ?? fieldMutationsOf(json)
  mistakes.set(json, known)
  return known
}

function wrongText<Fields extends object>(fields: Field[], asked: Fields, dice: Dice): Fields {
  const field = dice.some(fields)
  if (!field) return asked
  const mutation = dice.some(textMutationsOf(field))
  const value = mutation && dice.chance(0.7) ? mutation.value : dice.pick(FOR_TEXTS).toWellFormed()
  return withField(asked, field.name, value) as Fields // the same fields, texts as before
}

/** A hostile value in the place of any part of the body. */
function hostileWithin(body: unknown, dice: Dice): unknown {
  if (typeof body !== 'object' || body === null || dice.chance(0.3)) {
    return body === undefined || typeof body === 'string' ? body : dice.pick(FOR_BODIES)
  }
  const key = dice.some(Object.keys(body))
  if (key === undefined) return body
  const copy = (Array.isArray(body) ? [...(body as unknown[])] : { ...body }) as Record<string, unknown>
  const inner = copy[key]
  copy[key] = typeof inner === 'object' ? hostileWithin(inner, dice) : dice.pick(FOR_BODIES)
  return copy
}

function someHeaders(dice: Dice): Record<string, string> {
  return dice.chance(0.12) ? dice.pick(HEADERS) : {}
}

/** Whether the API document forbids what is asked. */
export function isForbidden({ operation, params, query, body, form }: FuzzRequest): boolean {
  const { endpoint, json } = operation
  const isChecked = ({ name }: Field) => !(name in (endpoint.document?.query?.shape ?? {}))
  if (operation.path.some((field) => isWrong(field, params))) return true
  if (operation.query.some((field) => isChecked(field) && isWrong(field, query))) return true
  if (form && operation.form.some((field) => isWrongInForm(field, { ...query, ...form }))) return true
  return json !== undefined && endpoint.body !== undefined && isForbiddenBody(json, body, operation)
}

function isForbiddenBody(json: Schema, body: unknown, { operation }: Described): boolean {
  // Nothing but blanks is no body.
  const isThere = body !== undefined && !(typeof body === 'string' && body.trim() === '')
  if (!isThere) return operation.requestBody?.required === true
  return !fitsTrimmed(json, typeof body === 'string' ? parsed(body) : body)
}

function isWrong({ name, schema, required }: Field, given: Record<string, unknown>): boolean {
  const text = given[name]
  return typeof text === 'string' ? !textFits(schema, text) : required
}

function isWrongInForm(field: Field, given: Record<string, unknown>): boolean {
  if (field.schema.format !== 'binary') return isWrong(field, given)
  return typeof given[field.name] !== 'object'
}

function parsed(text: string): unknown {
  try {
    // A byte order mark in front of JSON is read over (RFC 8259, section 8.1).
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}
