/** The parameters of an operation. */
import type * as z from 'zod'
import type { Endpoint } from '../http/endpoint.ts'
import { KeyHeader } from '../idempotency/key.ts'
import type { Schemas } from './schemas.ts'
import type { Parameter, Schema } from './types.ts'

export function parametersOf({ params, query, document, idempotent }: Endpoint, schemas: Schemas): Parameter[] {
  return [
    ...parametersIn('path', params, schemas),
    ...parametersIn('query', query, schemas),
    ...parametersIn('query', document?.query, schemas),
    ...parametersIn('header', document?.headers, schemas),
    ...parametersIn('header', idempotent && KeyHeader, schemas),
    ...parametersIn('cookie', document?.cookies, schemas),
  ]
}

function parametersIn(place: Parameter['in'], schema: z.ZodObject | undefined, schemas: Schemas): Parameter[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemas.of(schema, 'input')
  return Object.entries(properties).map(([name, property]) => {
    // zod writes schemas, never bare booleans, as properties.
    const { description = described(place, name, property), ...json } = property as Schema
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: json,
    }
  })
}

/** An id in a path needs no more words than its name has. */
function described(place: Parameter['in'], name: string, property: unknown): string | undefined {
  if (name === 'phone_number_id' && hasChoice(property)) {
    return 'Id of the phone number; Meta’s own digits for it are understood too'
  }
  if (name.endsWith('_id') && place !== 'header') return `Id of the ${name.slice(0, -3).replaceAll('_', ' ')}`
  return undefined
}

/** Under a path of a workspace only: elsewhere Meta's digits do not say whose number is meant. */
function hasChoice(property: unknown): boolean {
  return typeof property === 'object' && property !== null && 'anyOf' in property
}
