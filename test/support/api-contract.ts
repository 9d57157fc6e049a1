/** Holds an OpenAPI document against the inventory of the API document: every difference is a line of text. */
import type { Document, Operation, ResponseObject, Schema } from '../../shared/openapi/types.ts'
import type { Inventory, InventoryField, InventoryOperation } from './read-api-spec.ts'

/** What the API document promises and this one does not keep. */
export function brokenPromises(inventory: Inventory, document: Document): string[] {
  const asked = namesInRequests(document)
  return [
    ...inventory.operations.flatMap((promised) => operationDifferences(promised, document)),
    ...Object.entries(inventory.schemas).flatMap(([name, promised]) => {
      const schema = document.components.schemas[name]
      if (!schema) return [`${name}: missing`]
      if ('enum' in promised) return difference(`${name}: words`, promised.enum, schema.enum)
      const context = { where: name, inRequest: asked.has(name), document }
      return promised.fields.flatMap((field) => fieldDifferences(field, schema, context))
    }),
  ]
}

/** The operations and schemas that the API document does not have. */
export function additions(inventory: Inventory, document: Document): { operations: string[]; schemas: string[] } {
  const promised = new Set(inventory.operations.map(({ method, path }) => `${method} ${path}`))
  return {
    operations: operationsOf(document)
      .map(({ place }) => place)
      .filter((place) => !promised.has(place)),
    schemas: Object.keys(document.components.schemas).filter((name) => !(name in inventory.schemas)),
  }
}

/** What a client that knows only the API document would be refused for leaving out. */
export function newRequirements(inventory: Inventory, document: Document): string[] {
  return inventory.operations.flatMap((promised) => {
    const operation = operationAt(promised, document)
    const known = new Set(promised.parameters.map(({ name }) => name))
    const parameters = (operation?.parameters ?? [])
      .filter(({ name, in: place, required }) => required && place !== 'path' && !known.has(name))
      .map(({ name }) => `${promised.method} ${promised.path}: parameter ${name}`)
    const body = Object.values(operation?.requestBody?.content ?? {})[0]?.schema
    const fields = fieldsOf(inventory, promised.body?.schema)
    const required = body ? (resolved(body, document).required ?? []) : []
    const unknown = required.filter((name) => !fields.some((field) => field.name === name && field.required))
    return [...parameters, ...unknown.map((name) => `${promised.method} ${promised.path}: field ${name}`)]
  })
}

export function operationsOf(document: Document): { place: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ place: `${method.toUpperCase()} ${path}`, operation })),
  )
}

function fieldsOf({ schemas }: Inventory, name: string | undefined): InventoryField[] {
  const schema = name === undefined ? undefined : schemas[name]
  return schema && 'fields' in schema ? schema.fields : []
}

function operationAt({ method, path }: InventoryOperation, document: Document): Operation | undefined {
  return document.paths[path]?.[method.toLowerCase()]
}

function operationDifferences(promised: InventoryOperation, document: Document): string[] {
  const place = `${promised.method} ${promised.path}`
  const operation = operationAt(promised, document)
  if (!operation) return [`${place}: missing`]
  return [
    ...promised.parameters.flatMap((parameter) => {
      const where = `${place}: ${parameter.in} ${parameter.name}`
      const found = operation.parameters?.find((one) => one.in === parameter.in && one.name === parameter.name)
      if (!found) return [`${where}: missing`]
      return [
        ...difference(`${where}: required`, parameter.required, found.required),
        ...typeDifferences(where, parameter, found.schema, document),
      ]
    }),
    ...bodyDifferences(place, promised, operation),
    ...answerDifferences(place, promised, operation),
  ]
}

function bodyDifferences(place: string, { body }: InventoryOperation, { requestBody }: Operation): string[] {
  if (!body) return requestBody?.required === true ? [`${place}: needs a body`] : []
  const schema = requestBody?.content[body.contentType]?.schema
  if (!schema) return [`${place}: takes no ${body.contentType}`]
  return difference(`${place}: body`, body.schema, nameIn(schema)?.replace(/Input$/, ''))
}

function answerDifferences(place: string, promised: InventoryOperation, { responses }: Operation): string[] {
  const { status, schema, list } = promised.success
  const response = responses[status]
  const validation = promised.validationError && !('422' in responses) ? [`${place}: no 422`] : []
  if (!response || !('description' in response)) return [`${place}: no ${status}`, ...validation]
  // Where the document names no schema, any will do.
  if (schema === undefined) return validation
  const given = schemaIn(response)
  const item = list ? given.items : given
  return [
    ...difference(`${place}: answer`, schema, typeof item === 'object' ? nameIn(item as Schema) : item),
    ...validation,
  ]
}

function schemaIn({ content }: ResponseObject): Schema {
  return content?.['application/json']?.schema ?? {}
}

function fieldDifferences(
  field: InventoryField,
  schema: Schema,
  context: { where: string; inRequest: boolean; document: Document },
): string[] {
  const where = `${context.where}.${field.name}`
  const found = schema.properties?.[field.name]
  if (typeof found !== 'object') return [`${where}: missing`]
  const required = (schema.required ?? []).includes(field.name)
  // An answer may always have what the document calls optional; a request may not ask for it.
  const compared = context.inRequest || field.required
  return [
    ...(compared ? difference(`${where}: required`, field.required, required) : []),
    ...typeDifferences(where, field, found, context.document),
  ]
}

function typeDifferences(where: string, promised: InventoryField, schema: Schema, document: Document): string[] {
  if (promised.type === 'any' && !promised.list) return []
  const { inner, nullable } = withoutNull(schema)
  const outer = resolved(inner, document)
  const isList = outer.type === 'array'
  // An array of one kind of item.
  const item = isList ? (outer.items as Schema) : inner
  const limits = ['minLength', 'maxLength'] as const
  return [
    ...difference(`${where}: list`, promised.list ?? false, isList),
    ...(promised.type === 'any'
      ? []
      : difference(`${where}: type`, promised.type, typeOf(item, promised.type, document))),
    ...difference(`${where}: format`, promised.format, resolved(item, document).format),
    ...difference(`${where}: nullable`, promised.nullable ?? false, nullable),
    ...difference(`${where}: default`, promised.default, schema.default ?? inner.default),
    ...limits.flatMap((limit) =>
      promised[limit] === undefined ? [] : difference(`${where}: ${limit}`, promised[limit], outer[limit]),
    ),
  ]
}

/** By name if the document has a name for it, else the JSON type, which all of several forms may share. */
function typeOf(schema: Schema, wanted: string, document: Document): unknown {
  const name = nameIn(schema)
  if (name === wanted) return name
  const { type, anyOf = [] } = resolved(schema, document)
  const types = [...new Set(anyOf.map((option) => resolved(option, document).type))]
  return type ?? (types.length === 1 ? types[0] : undefined)
}

function withoutNull(schema: Schema): { inner: Schema; nullable: boolean } {
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    const type = types.length === 1 ? types[0] : types
    return { inner: { ...schema, ...(type === undefined ? {} : { type }) }, nullable: schema.type.includes('null') }
  }
  const options = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  const [only] = options
  const nullable = options.length < (schema.anyOf?.length ?? 0)
  if (only && options.length === 1) return { inner: only, nullable }
  return { inner: schema, nullable }
}

function nameIn({ $ref }: Schema): string | undefined {
  return $ref?.split('/').at(-1)
}

function resolved(schema: Schema, document: Document): Schema {
  const name = nameIn(schema)
  return name === undefined ? schema : (document.components.schemas[name] ?? {})
}

/** The names of all schemas in request bodies, and in what they refer to. */
function namesInRequests(document: Document): Set<string> {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (names.has(name)) continue
      names.add(name)
      visit(document.components.schemas[name] ?? {})
    }
  }
  for (const { operation } of operationsOf(document)) visit(operation.requestBody ?? {})
  return names
}

function difference(where: string, wanted: unknown, given: unknown): string[] {
  const [a, b] = [wanted, given].map((value) => (value === undefined ? 'none' : JSON.stringify(value)))
  return a === b ? [] : [`${where}: ${a} is ${b}`]
}
