/**
 * JSON schemas made from zod schemas. Those with an id become components, once each; where requests and answers differ
 * under the same id (a default is optional in one and always there in the other), the request's is called `…Input`.
 */
import * as z from 'zod'
import type { Schema } from './types.ts'

export type Side = 'input' | 'output'

export interface Schemas {
  /** What takes the schema's place in the document; references in it are final after `named`. */
  of(schema: z.ZodType, side: Side): Schema
  /** Gives every reference in `document` its final name and answers all components. */
  named(document: object): Record<string, Schema>
}

type Found = Record<Side, Map<string, Schema>>

export function collectSchemas(): Schemas {
  const found: Found = { input: new Map(), output: new Map() }
  return {
    of(schema, side) {
      const { $schema: _dialect, $defs = {}, ...json } = toJson(schema, side)
      for (const [name, definition] of Object.entries($defs)) remember(found[side], name, marked(definition, side))
      return marked(json, side)
    },
    named(document) {
      const split = differing(found)
      const nameOf = (side: Side, name: string) => (side === 'input' && split.has(name) ? `${name}Input` : name)
      const components: Record<string, Schema> = {}
      for (const side of ['input', 'output'] as const) {
        for (const [name, schema] of found[side]) components[nameOf(side, name)] = schema
      }
      const rename = (reference: string): string => {
        const [, side, name = ''] = /^#\/(input|output)\/(.*)$/.exec(reference) ?? []
        // The pattern knows no other sides.
        return side === undefined ? reference : `#/components/schemas/${nameOf(side as Side, name)}`
      }
      eachReference(document, rename)
      eachReference(components, rename)
      return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)))
    },
  }
}

function remember(known: Map<string, Schema>, name: string, schema: Schema): void {
  const before = known.get(name)
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(schema)) {
    throw new Error(`Two different schemas have the id ${name}`)
  }
  known.set(name, schema)
}

/** `#/$defs/X` becomes `#/input/X` until it is known what differs. */
function marked(schema: Schema, side: Side): Schema {
  eachReference(schema, (reference) => reference.replace(/^#\/\$defs\//, `#/${side}/`))
  return schema
}

function eachReference(value: unknown, change: (reference: string) => string): void {
  if (typeof value !== 'object' || value === null) return
  // Any object can be read by key.
  const record = value as Record<string, unknown>
  for (const [key, inner] of Object.entries(record)) {
    if (key === '$ref' && typeof inner === 'string') record[key] = change(inner)
    else eachReference(inner, change)
  }
}

/** Names that mean different things in requests and answers, by themselves or by what they refer to. */
function differing({ input, output }: Found): Set<string> {
  const split = new Set<string>()
  const plain = (schema: Schema | undefined) => JSON.stringify(schema).replace(/"#\/(input|output)\//g, '"#/')
  const both = [...input.keys()].filter((name) => output.has(name))
  for (let before = -1; before < split.size;) {
    before = split.size
    for (const name of both) {
      const text = plain(input.get(name))
      if (text !== plain(output.get(name)) || [...split].some((other) => text.includes(`"#/${other}"`))) split.add(name)
    }
  }
  return split
}

function toJson(schema: z.ZodType, side: Side): Schema {
  return z.toJSONSchema(schema, {
    io: side,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      tidy(jsonSchema, side)
      if (side === 'input') tellInput(zodSchema._zod.def, jsonSchema)
    },
  })
}

const FORMATS_THAT_SAY_ENOUGH = new Set(['uuid', 'email', 'date-time', 'date', 'uri'])

/** Drops what says nothing to a reader, and allows answers to grow. */
function tidy(json: Schema, side: Side): void {
  if (FORMATS_THAT_SAY_ENOUGH.has(json.format ?? '')) delete json.pattern
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
  if (JSON.stringify(json.propertyNames) === '{"type":"string"}') delete json.propertyNames
  if (side === 'output' && json.additionalProperties === false) delete json.additionalProperties
  if (json.contentEncoding === 'binary') delete json.contentEncoding
  if ('example' in json) {
    json.examples = [json['example']]
    delete json['example']
  }
}

/** What zod leaves out of a request's side behind a transformation: the default, and the format that is asked for. */
function tellInput(def: z.core.$ZodTypeDef, json: Schema): void {
  if (def.type === 'default' && json.default === undefined) {
    // A def of this type has a default value.
    json.default = (def as z.core.$ZodDefaultDef).defaultValue
  }
  if (def.type !== 'pipe' || json.type !== 'string') return
  // A def of this type has a side that comes out.
  const out = toJson((def as z.core.$ZodPipeDef).out as z.ZodType, 'input')
  if (out.type !== 'string') return
  for (const key of ['format', 'minLength', 'maxLength', 'examples'] as const) {
    if (out[key] !== undefined) Object.assign(json, { [key]: json[key] ?? out[key] })
  }
  if (out.enum !== undefined) tellSpellings(out.enum, json)
}

/** Words that are made fit before they are compared are no enum: a client may send them in other letters. */
function tellSpellings(words: NonNullable<Schema['enum']>, json: Schema): void {
  json.examples ??= words.slice(0, 1)
  json.description ??= `One of ${words.map((word) => `\`${String(word)}\``).join(', ')}, in any letter case`
}
