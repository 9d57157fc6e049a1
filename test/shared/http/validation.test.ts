import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ValidationError, type Problem } from '../../../shared/errors.ts'
import { check, checked } from '../../../shared/http/validation.ts'

function problemsOf(schema: z.ZodType, input: unknown): Problem[] {
  const result = check('body', schema, input)
  return 'problems' in result ? result.problems : []
}

/** Schema, input, and the words pydantic has for it. */
const WORDS: [z.ZodType, unknown, string, string][] = [
  [z.string(), undefined, 'Field required', 'missing'],
  [z.string(), null, 'Input should be a valid string', 'string_type'],
  [z.string(), 5, 'Input should be a valid string', 'string_type'],
  [z.number(), 'x', 'Input should be a valid number', 'float_type'],
  [z.int(), 1.5, 'Input should be a valid integer', 'int_type'],
  [z.int(), '1', 'Input should be a valid number', 'float_type'],
  [z.boolean(), 'true', 'Input should be a valid boolean', 'bool_type'],
  [z.array(z.string()), {}, 'Input should be a valid list', 'list_type'],
  [z.object({}), [], 'Input should be a valid dictionary', 'dict_type'],
  [z.record(z.string(), z.string()), 'x', 'Input should be a valid dictionary', 'dict_type'],
  [z.uuid(), 'x', 'Input should be a valid UUID', 'uuid_parsing'],
  [z.email(), 'x', 'value is not a valid email address', 'value_error'],
  [z.iso.datetime(), 'x', 'Input should be a valid datetime', 'datetime_parsing'],
  [z.string().regex(/^a$/, { error: 'must be a' }), 'b', 'must be a', 'string_pattern_mismatch'],
  [z.string().min(1), '', 'String should have at least 1 character', 'string_too_short'],
  [z.string().min(8), 'x', 'String should have at least 8 characters', 'string_too_short'],
  [z.string().max(1), 'xy', 'String should have at most 1 character', 'string_too_long'],
  [z.array(z.int()).min(2), [1], 'List should have at least 2 items', 'too_short'],
  [z.array(z.int()).max(1), [1, 2], 'List should have at most 1 item', 'too_long'],
  [z.number().min(5), 4, 'Input should be greater than or equal to 5', 'greater_than_equal'],
  [z.number().max(5), 6, 'Input should be less than or equal to 5', 'less_than_equal'],
  [z.enum(['a', 'b', 'c']), 'x', "Input should be 'a', 'b' or 'c'", 'enum'],
  [z.literal('only'), 'x', "Input should be 'only'", 'enum'],
  [z.enum(['a', 'b']), undefined, 'Field required', 'missing'],
  [z.union([z.uuid(), z.string().regex(/^a$/)], { error: 'An id or a' }), undefined, 'Field required', 'missing'],
  [z.union([z.uuid(), z.string().regex(/^a$/)], { error: 'An id or a' }), 'b', 'An id or a', 'value_error'],
]

describe('validation', () => {
  it.each(WORDS)('words a problem as pydantic does (%#)', (schema, input, msg, type) => {
    expect(problemsOf(z.object({ field: schema }), { field: input })).toEqual([{ loc: ['body', 'field'], msg, type }])
  })

  it('tells every problem with its place, in lists and objects too', () => {
    const schema = z.strictObject({
      list: z.array(z.object({ n: z.number() })),
      map: z.record(z.string(), z.boolean()),
    })
    expect(problemsOf(schema, { list: [{ n: 1 }, {}, { n: 'x' }], map: { a: 1 }, more: 1, evenMore: 2 })).toEqual([
      { loc: ['body', 'list', 1, 'n'], msg: 'Field required', type: 'missing' },
      { loc: ['body', 'list', 2, 'n'], msg: 'Input should be a valid number', type: 'float_type' },
      { loc: ['body', 'map', 'a'], msg: 'Input should be a valid boolean', type: 'bool_type' },
      { loc: ['body', 'more'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' },
      { loc: ['body', 'evenMore'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' },
    ])
  })

  it('tells what each alternative misses, where the schema does not say in its own words what it takes', () => {
    const source = z.union([z.strictObject({ value: z.string() }), z.strictObject({ field: z.enum(['name', 'to']) })])
    expect(problemsOf(z.object({ source }), { source: {} })).toEqual([
      { loc: ['body', 'source', 'value'], msg: 'Field required', type: 'missing' },
      { loc: ['body', 'source', 'field'], msg: 'Field required', type: 'missing' },
    ])
  })

  it('tells a few hundred problems of alternatives at most', () => {
    const source = z.union([z.strictObject({ value: z.string() }), z.strictObject({ field: z.string() })])
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index]))
    expect(problemsOf(source, many).length).toBeLessThanOrEqual(200)
    expect(problemsOf(z.record(z.string(), source), many).length).toBeLessThanOrEqual(200)
  })

  it('tells a schema’s own problem under its own type', () => {
    const schema = z.string().transform((_text, context) => {
      context.addIssue({ code: 'custom', message: 'no', params: { type: 'int_parsing' } })
      return z.NEVER
    })
    expect(problemsOf(schema, 'x')).toEqual([{ loc: ['body'], msg: 'no', type: 'int_parsing' }])
    const plain = z.string().refine(() => false, { error: 'never' })
    expect(problemsOf(plain, 'x')).toEqual([{ loc: ['body'], msg: 'never', type: 'value_error' }])
  })

  it('never repeats what was given', () => {
    const schema = z.object({ password: z.string().max(3), email: z.email(), kind: z.enum(['a']) })
    const given = { password: 'hunter2 hunter2', email: 'not an address', kind: 'some secret' }
    const told = JSON.stringify(problemsOf(schema, given))
    for (const value of Object.values(given)) expect(told).not.toContain(value)
  })

  it('gives the parsed value, or throws what the edge answers 422 with', () => {
    const schema = z.object({ n: z.coerce.number() })
    expect(checked('query', schema, { n: '5' })).toEqual({ n: 5 })
    expect(() => checked('query', schema, { n: 'x' })).toThrow(ValidationError)
    expect(() => checked('path', schema, {})).toThrow(/^path\.n: /)
  })
})
