/**
 * Our own OpenAPI document as tests ask it: which requests an operation takes and which answers it gives, each schema
 * checked by ajv, which knows nothing of zod or of the code that wrote the document.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { ENDPOINTS } from '../../../functions/endpoints.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import { buildDocument, operationIdOf } from '../../../shared/openapi/document.ts'
import type { Operation, ResponseObject, Schema } from '../../../shared/openapi/types.ts'

export type { Schema }

const document = buildDocument(ENDPOINTS, { publicUrl: 'http://localhost:8000', version: '0.1.0' })

const ajv = new Ajv2020({ strict: false, allErrors: false })
// The package is CommonJS: its function is the default of the default.
const addFormats = ajvFormats as unknown as (target: Ajv2020) => void
addFormats(ajv)
ajv.addFormat('binary', true)
ajv.addSchema({ $id: 'components', components: document.components })

const compiled = new WeakMap<Schema, ValidateFunction>()

/** Whether the value is what the schema asks for. */
export function fits(schema: Schema, value: unknown): boolean {
  return misfit(schema, value) === undefined
}

/** What does not fit, in ajv's words. */
export function misfit(schema: Schema, value: unknown): string | undefined {
  let validate = compiled.get(schema)
  if (!validate) {
    // References count from the document's root, wherever a part of it is compiled.
    const standalone = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components/', '"components#/components/'),
    ) as object
    validate = ajv.compile(standalone)
    compiled.set(schema, validate)
  }
  return validate(value) ? undefined : ajv.errorsText(validate.errors)
}

/** What a reference means; anything else is itself. */
export function resolved(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/components/schemas/', '')
  if (name === undefined) return schema
  const target = document.components.schemas[name]
  if (!target) throw new Error(`The document has no schema ${name}`)
  return resolved(target)
}

/** The alternatives of a schema: each branch of `anyOf` and each of several types, references followed. */
export function branches(schema: Schema): Schema[] {
  const own = resolved(schema)
  if (own.anyOf) return own.anyOf.flatMap((branch) => branches(asSchema(branch)))
  const types: unknown = own.type
  if (Array.isArray(types)) return types.map((type) => ({ ...own, type: type as 'string' }))
  return [own]
}

/** zod writes schemas, never bare booleans. */
export function asSchema(schema: unknown): Schema {
  return schema as Schema
}

export interface Field {
  name: string
  required: boolean
  schema: Schema
}

export interface Described {
  endpoint: Endpoint
  operation: Operation
  path: Field[]
  query: Field[]
  json: Schema | undefined
  /** Fields of a multipart form. */
  form: Field[]
}

/** The operation of an endpoint as the document has it. */
export function described(endpoint: Endpoint): Described {
  const operation = document.paths[`/${endpoint.path}`]?.[endpoint.method.toLowerCase()]
  if (operation?.operationId !== operationIdOf(endpoint)) throw new Error(`${endpoint.name} is not in the document`)
  const { parameters = [], requestBody } = operation
  const form = requestBody?.content['multipart/form-data']?.schema
  return {
    endpoint,
    operation,
    path: parameters.filter((parameter) => parameter.in === 'path'),
    query: parameters.filter((parameter) => parameter.in === 'query'),
    json: requestBody?.content['application/json']?.schema,
    form: form ? fieldsOf(form) : [],
  }
}

export function fieldsOf(schema: Schema): Field[] {
  const { properties = {}, required = [] } = resolved(schema)
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: asSchema(property),
  }))
}

/** What the operation says about answers of this status. */
export function responseOf({ operation }: Described, status: number): ResponseObject | undefined {
  const response = operation.responses[String(status)]
  if (!response || !('$ref' in response)) return response
  return document.components.responses[response.$ref.replace('#/components/responses/', '')]
}
