/** Examples made from a schema: the same every time, and what the schema's own endpoint takes or answers. */
import type { Schema } from './types.ts'

const EXAMPLE_ID = '550e8400-e29b-41d4-a716-446655440000'

const META_ID = '106540352242922'

const BY_FORMAT: Record<string, string> = {
  uuid: EXAMPLE_ID,
  email: 'user@example.com',
  'date-time': '2024-01-01T00:00:00Z',
  uri: 'https://example.com/',
  binary: 'file',
}

/** For texts whose rule a JSON schema cannot say. */
const BY_NAME: Record<string, string> = {
  phone_number: '+15551234567',
  to: '+15551234567',
  to_number: '+15551234567',
  from_number: '+15551234567',
  wa_id: '15551234567',
  password: 'SecurePassword123!',
  language: 'en',
  template_language: 'en',
  default_country: 'DE',
  tags: 'vip,berlin',
  tag: 'vip',
}

export type Components = Record<string, Schema>

/** `undefined` where nothing can be said: inside a schema that contains itself. */
export function exampleOf(schema: Schema, components: Components, name = '', within: readonly string[] = []): unknown {
  const reference = referenced(schema)
  if (reference === undefined) {
    const given = givenIn(schema)
    return given === undefined ? made(schema, components, name, within) : given // null is an example too
  }
  const target = components[reference]
  if (!target || within.includes(reference)) return undefined
  return exampleOf(target, components, name, [...within, reference])
}

function made(schema: Schema, components: Components, name: string, within: readonly string[]): unknown {
  const choice = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== 'null')
  if (choice) return exampleOf(choice, components, name, within)
  const type = mainType(schema)
  if (type === 'object') return objectOf(schema, components, within)
  if (type !== 'array') return simple(type, schema, name)
  // zod writes one schema for all items.
  const item = exampleOf((schema.items ?? {}) as Schema, components, name.replace(/s$/, ''), within)
  return item === undefined ? [] : [item]
}

function referenced({ $ref }: Schema): string | undefined {
  return $ref?.replace(/^#\/components\/schemas\//, '')
}

function givenIn({ examples, const: constant, enum: values, default: fallback }: Schema): unknown {
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (constant !== undefined) return constant
  return values?.[0] ?? fallback ?? undefined
}

function simple(type: string | undefined, schema: Schema, name: string): unknown {
  if (type === 'string') return BY_FORMAT[schema.format ?? ''] ?? textOf(schema, name)
  if (type === 'integer' || type === 'number') return schema.minimum ?? 0
  if (type === 'null') return null
  return type === 'boolean' ? true : (BY_NAME[name] ?? {})
}

function mainType({ type }: Schema): string | undefined {
  return Array.isArray(type) ? type.find((one) => one !== 'null') : type
}

function objectOf(schema: Schema, components: Components, within: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const value = exampleOf(inner as Schema, components, key, within) // zod writes schemas, never bare booleans
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

function textOf({ minLength = 0, maxLength = Infinity, pattern }: Schema, name: string): string {
  const text = BY_NAME[name] ?? (name.endsWith('_at') ? BY_FORMAT['date-time'] : undefined) ?? (name || 'text')
  const sized = text.padEnd(minLength, text).slice(0, maxLength)
  // What follows a pattern and has no example of its own are Meta's ids.
  return pattern === undefined || new RegExp(pattern).test(sized) ? sized : META_ID
}
