import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { collectSchemas } from '../../../shared/openapi/schemas.ts'

describe('schemas with an id', () => {
  it('become components, once each, with references to them', () => {
    const schemas = collectSchemas()
    const Color = z.enum(['red', 'blue']).meta({ id: 'Color' })
    const Thing = z.object({ color: Color }).meta({ id: 'Thing' })
    const used = { asked: schemas.of(Thing, 'input'), answered: schemas.of(z.array(Thing), 'output') }
    expect(Object.keys(schemas.named(used))).toEqual(['Color', 'Thing'])
    const $ref = '#/components/schemas/Thing'
    expect(used).toEqual({ asked: { $ref }, answered: { type: 'array', items: { $ref } } })
  })

  it('are told apart where requests and answers differ, with all that refer to them', () => {
    const schemas = collectSchemas()
    const Part = z.object({ size: z.int().default(1) }).meta({ id: 'Part' })
    const Whole = z.object({ part: Part }).meta({ id: 'Whole' })
    const used = [schemas.of(Whole, 'input'), schemas.of(Whole, 'output')]
    const components = schemas.named(used)
    expect(Object.keys(components)).toEqual(['Part', 'PartInput', 'Whole', 'WholeInput'])
    expect(components['PartInput']?.required).toBeUndefined()
    expect(components['Part']?.required).toEqual(['size'])
    expect(used).toEqual([{ $ref: '#/components/schemas/WholeInput' }, { $ref: '#/components/schemas/Whole' }])
  })

  it('cannot share one id', () => {
    const schemas = collectSchemas()
    schemas.of(z.object({ a: z.string() }).meta({ id: 'Same' }), 'input')
    expect(() => schemas.of(z.object({ b: z.string() }).meta({ id: 'Same' }), 'input')).toThrow('Same')
  })
})

describe('the schema of a request', () => {
  const asked = (schema: z.ZodType) => collectSchemas().of(schema, 'input')

  it('says the default and the format that stand behind a transformation', () => {
    const email = z.string().trim().max(254).pipe(z.email())
    expect(asked(email)).toEqual({ type: 'string', maxLength: 254, format: 'email' })
    expect(asked(z.string().transform(Number).default(3))).toEqual({ type: 'string', default: 3 })
  })

  it('tells the words that are taken in any letter case without forbidding the others', () => {
    const word = z.string().transform((text) => text.toUpperCase())
    expect(asked(word.pipe(z.enum(['ON', 'OFF'])))).toEqual({
      type: 'string',
      description: 'One of `ON`, `OFF`, in any letter case',
      examples: ['ON'],
    })
  })
})

describe('the schema of an answer', () => {
  it('leaves room for new fields, and leaves out what says nothing', () => {
    expect(collectSchemas().of(z.object({ id: z.uuid(), count: z.int() }), 'output')).toEqual({
      type: 'object',
      properties: { id: { type: 'string', format: 'uuid' }, count: { type: 'integer' } },
      required: ['id', 'count'],
    })
  })
})
