/** Values that a JSON schema allows, for fast-check. */
import fc from 'fast-check'
import { asSchema, branches, fieldsOf, fits, type Schema } from './schemas.ts'

const made = new WeakMap<Schema, fc.Arbitrary<unknown>>()

/** Anything that the schema, as our document uses JSON Schema, allows. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  let values = made.get(schema)
  if (!values) {
    values = fc.oneof(...branches(schema).map(ofBranch))
    made.set(schema, values)
  }
  return values
}

function ofBranch(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const { type } = schema
  const typed = typeof type === 'string' ? BY_TYPE[type] : undefined
  return typed ? typed(schema) : fc.jsonValue({ maxDepth: 2 })
}

const BY_TYPE: Record<string, (schema: Schema) => fc.Arbitrary<unknown>> = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  integer: ({ minimum = -(2 ** 31), maximum = 2 ** 31 }) => fc.integer({ min: minimum, max: maximum }),
  number: ({ minimum = -1e9, maximum = 1e9 }) => fc.double({ min: minimum, max: maximum, noNaN: true }),
  string: texts,
  array: lists,
  object: objects,
}

function texts(schema: Schema): fc.Arbitrary<string> {
  if (schema.pattern !== undefined) {
    const pattern = new RegExp(schema.pattern.replace(/\\d\{1,32\}/, '\\d{1,15}'))
    return fc.stringMatching(pattern, { maxLength: 40 }).filter((text) => fits(schema, text))
  }
  if (schema.format !== undefined && schema.format in FORMATS) {
    // Just asked.
    return FORMATS[schema.format]!.filter((text) => fits(schema, text))
  }
  const minLength = schema.minLength ?? 0
  const maxLength = Math.max(minLength, Math.min(schema.maxLength ?? 300, 300))
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 20)) }) },
    { weight: 1, arbitrary: fc.string({ minLength, maxLength: Math.floor(maxLength / 2), unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constant('x'.repeat(maxLength)) },
  )
}

const FORMATS: Record<string, fc.Arbitrary<string>> = {
  uuid: fc.uuid({ version: [1, 4, 5, 7, 8] }),
  email: fc.emailAddress(),
  'date-time': fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
}

function lists(schema: Schema): fc.Arbitrary<unknown[]> {
  const minLength = schema.minItems ?? 0
  const maxLength = Math.max(minLength, Math.min(schema.maxItems ?? 4, 60))
  return fc.array(valuesOf(asSchema(schema.items ?? {})), { minLength, maxLength, size: 'small' })
}

function objects(schema: Schema): fc.Arbitrary<object> {
  const fields = fieldsOf(schema)
  const named = fc.record(Object.fromEntries(fields.map(({ name, schema: inner }) => [name, valuesOf(inner)])), {
    requiredKeys: fields.filter(({ required }) => required).map(({ name }) => name),
  })
  const more = schema.additionalProperties
  if (typeof more !== 'object') return named
  const keys = schema.propertyNames ? valuesOf({ type: 'string', ...asSchema(schema.propertyNames) }) : fc.string()
  // Keys are texts by the line above.
  const free = fc.dictionary(keys as fc.Arbitrary<string>, valuesOf(more), { maxKeys: 3 })
  return fc.tuple(free, named).map(([extra, own]) => ({ ...extra, ...own }))
}

/** One value, the same for the same seed. */
export function oneOf<T>(values: fc.Arbitrary<T>, seed: number): T {
  const [value] = fc.sample(values, { numRuns: 1, seed })
  return value as T // one run gives one value
}
