/**
 * What a schema forbids, one single mistake at a time: candidates are made from the limits that the schema names, and
 * only those are kept that ajv refuses.
 */
import { asSchema, branches, fieldsOf, fits, type Field, type Schema } from './schemas.ts'
import { textFits } from './texts.ts'
import { oneOf, valuesOf } from './values.ts'

export type Kind =
  | 'missing'
  | 'null'
  | 'wrong type'
  | 'fraction'
  | 'too short'
  | 'too long'
  | 'below'
  | 'above'
  | 'not in the enum'
  | 'bad format'
  | 'bad pattern'
  | 'bad key'
  | 'extra key'

export type Path = (string | number)[]

export interface Mutation {
  /** Leads from the value to the mistake in it. */
  path: Path
  kind: Kind
  /** All of the value, mistake included; undefined: it is left out. */
  value: unknown
}

/** A mistake in one field of an object; `value` is all of the field's. */
export interface FieldMutation extends Mutation {
  field: string
}

/** All single mistakes in a value of this schema. Paths lead to what is wrong. */
export function mutationsOf(schema: Schema): Mutation[] {
  const own = candidates(schema)
    .filter(([, value]) => !fits(schema, value))
    .map(([kind, value]): Mutation => ({ path: [], kind, value }))
  return [...own, ...branches(schema).flatMap((branch) => inside(branch).filter(({ value }) => !fits(schema, value)))]
}

/** The mistakes of a text in a query, a path or a form. */
export function textMutationsOf({ schema, required }: Field): Mutation[] {
  const texts = candidates(schema)
    .map(([kind, value]): [Kind, string] => [kind, asText(value)])
    .filter(([kind, text]) => kind !== 'null' && !textFits(schema, text))
  const unique = new Map(texts.map(([kind, text]) => [text, kind]))
  return [
    ...(required ? [{ path: [], kind: 'missing' as const, value: undefined }] : []),
    ...[...unique].map(([value, kind]): Mutation => ({ path: [], kind, value })),
  ]
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Of an object: each field left out that is required, and each mistake in each field. */
export function fieldMutationsOf(schema: Schema): FieldMutation[] {
  return fieldsOf(schema).flatMap(({ name: field, required, schema: inner }) => [
    ...(required ? [{ field, path: [field], kind: 'missing' as const, value: undefined }] : []),
    ...mutationsOf(inner).map((mutation) => ({ ...mutation, field, path: [field, ...mutation.path] })),
  ])
}

/** The object with this value in the field, which stays in its place; undefined leaves the field out. */
export function withField(object: unknown, name: string, value: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...(object as object), [name]: value }
  if (value === undefined) Reflect.deleteProperty(copy, name)
  return copy
}

const OF_EACH_TYPE: unknown[] = [12.5, 7, true, 'text', [], {}]

function candidates(schema: Schema): [Kind, unknown][] {
  const alternatives = branches(schema)
  return [
    ['null', null],
    // A fraction where integers belong is a mistake of its own.
    ...OF_EACH_TYPE.map((value): [Kind, unknown] => [
      isFraction(value, alternatives) ? 'fraction' : 'wrong type',
      value,
    ]),
    ...alternatives.flatMap(beyondLimits),
  ]
}

function isFraction(value: unknown, alternatives: Schema[]): boolean {
  return value === 12.5 && alternatives.some(({ type }) => type === 'integer')
}

function beyondLimits(schema: Schema): [Kind, unknown][] {
  return [...beyondWords(schema), ...beyondLengths(schema), ...beyondNumbers(schema)]
}

function beyondWords(schema: Schema): [Kind, unknown][] {
  const { format, pattern } = schema
  const isListed = (schema.enum ?? schema.const) !== undefined
  const hasFormat = format !== undefined && format !== 'binary'
  return [
    ...all('not in the enum', isListed ? ['no_such_value', ''] : []),
    ...all('bad format', hasFormat ? BAD_FORMATS : []),
    ...all('bad pattern', pattern === undefined ? [] : BAD_PATTERNS),
  ]
}

function beyondLengths(schema: Schema): [Kind, unknown][] {
  const { minLength = 0, maxLength } = schema
  return [
    ...all('too short', minLength > 0 ? ['x'.repeat(minLength - 1)] : []),
    ...all('too long', maxLength === undefined ? [] : [tooLong(schema, maxLength)]),
  ]
}

function beyondNumbers({ minimum, maximum }: Schema): [Kind, unknown][] {
  return [
    ...all('below', minimum === undefined ? [] : [minimum - 1, -1e15]),
    ...all('above', maximum === undefined ? [] : [maximum + 1, 1e15]),
  ]
}

function all(kind: Kind, values: unknown[]): [Kind, unknown][] {
  return values.map((value) => [kind, value])
}

function tooLong({ format }: Schema, maxLength: number): string {
  // Long, and good in any other way.
  return format === 'email' ? `${'a'.repeat(60)}@${'example.'.repeat(maxLength / 8)}com` : '1'.repeat(maxLength + 1)
}

const BAD_FORMATS = [
  'nothing of that kind',
  '',
  'a@',
  '@example.com',
  '123e4567-e89b-42d3-a456-42661417400',
  '123e4567e89b42d3a456426614174000',
  '{123e4567-e89b-42d3-a456-426614174000}',
  '123e4567-e89b-42d3-a456-42661417400g',
]
const BAD_PATTERNS = ['', 'Ä b', '-1', '1'.repeat(33), 'A B\n', '12a']

/** Mistakes in what a list or an object holds. Each value is the whole list or object; the path leads into it. */
function inside(branch: Schema): Mutation[] {
  if (branch.type === 'array') return inList(branch)
  return branch.type === 'object' ? inObject(branch) : []
}

function inList(branch: Schema): Mutation[] {
  const item = asSchema(branch.items ?? {})
  const good = (count: number) => Array.from({ length: count }, (_, index) => oneOf(valuesOf(item), index + 1))
  const { minItems = 0, maxItems } = branch
  return [
    ...(minItems > 0 ? [{ path: [], kind: 'too short' as const, value: good(minItems - 1) }] : []),
    ...(maxItems === undefined ? [] : [{ path: [], kind: 'too long' as const, value: good(maxItems + 1) }]),
    ...mutationsOf(item).map(({ path, kind, value }) => ({ path: [0, ...path], kind, value: [value] })),
    ...mutationsOf(item)
      .slice(0, 1)
      .map(({ path, kind, value }) => ({ path: [1, ...path], kind, value: [...good(1), value] })),
  ]
}

function inObject(branch: Schema): Mutation[] {
  const good = oneOf(valuesOf({ ...branch, additionalProperties: false }), 1)
  const { additionalProperties: more, propertyNames } = branch
  const own = fieldMutationsOf(branch).map(({ field, path, kind, value }) => ({
    path,
    kind,
    value: withField(good, field, value),
  }))
  if (more === false)
    return [...own, { path: ['no_such_field'], kind: 'extra key', value: { ...(good as object), no_such_field: 1 } }]
  if (typeof more !== 'object') return own
  const keys = propertyNames ? valuesOf({ type: 'string', ...asSchema(propertyNames) }) : undefined
  const key = keys ? String(oneOf(keys, 1)) : 'a_key'
  const inner = mutationsOf(more).map(({ path, kind, value }) => ({
    path: [key, ...path],
    kind,
    value: { [key]: value },
  }))
  const badKey = { path: ['bad key!'], kind: 'bad key' as const, value: { 'bad key!': oneOf(valuesOf(more), 1) } }
  return [...own, ...inner, ...(keys ? [badKey] : [])]
}
