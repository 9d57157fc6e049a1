/** Validates request parts with zod and words every problem as FastAPI (pydantic) does, so that its clients can read them. */
import type * as z from 'zod'
import { ValidationError, type Problem } from '../errors.ts'

export type RequestPart = 'path' | 'query' | 'body' | 'header'

/** A body can hold thousands of wrong values: not all of them are worded. */
const MOST_ISSUES = 200

/** All problems of a part, or its parsed value. */
export function check<Schema extends z.ZodType>(
  part: RequestPart,
  schema: Schema,
  input: unknown,
): { value: z.output<Schema> } | { problems: Problem[] } {
  const parsed = schema.safeParse(input, { reportInput: true })
  if (parsed.success) return { value: parsed.data }
  const issues = parsed.error.issues.slice(0, MOST_ISSUES)
  return { problems: issues.flatMap((issue) => toProblems(part, issue)).slice(0, MOST_ISSUES) }
}

/** As `check`, for one part on its own: throws ValidationError. */
export function checked<Schema extends z.ZodType>(part: RequestPart, schema: Schema, input: unknown): z.output<Schema> {
  const result = check(part, schema, input)
  if ('problems' in result) throw new ValidationError(result.problems)
  return result.value
}

type Issue = z.core.$ZodIssue

function toProblems(part: RequestPart, issue: Issue): Problem[] {
  const loc = [part, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MOST_ISSUES).map((key) => ({
      loc: [...loc, key],
      msg: 'Extra inputs are not permitted',
      type: 'extra_forbidden',
    }))
  }
  if (issue.code === 'invalid_union' && !hasWordsOfItsOwn(issue)) return problemsOfUnion(part, issue)
  return [{ loc, ...wording(issue) }]
}

/** A union that was given an error says there what it takes; zod's own words say nothing. */
function hasWordsOfItsOwn({ message }: Issue): boolean {
  return message !== 'Invalid input'
}

/** What each alternative misses, as pydantic tells it: none of them is the one that was meant. */
function problemsOfUnion(part: RequestPart, issue: Extract<Issue, { code: 'invalid_union' }>): Problem[] {
  const inner = issue.errors.flat().map((found) => ({ ...found, path: [...issue.path, ...found.path] }))
  const problems = inner.flatMap((found) => toProblems(part, found))
  const unique = [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
  return unique.length > 0 ? unique : [{ loc: [part, ...issue.path.map(String)], ...wording(issue) }]
}

type Wording = Omit<Problem, 'loc'>

function wording(issue: Issue): Wording {
  if (issue.input === undefined && CAN_MEAN_MISSING.has(issue.code)) return MISSING
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected)
    case 'invalid_format':
      return wrongFormat(issue.format, issue.message)
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum))
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum))
    case 'invalid_value':
      return oneOf(issue.values)
    case 'custom':
      return custom(issue)
    default:
      return { msg: issue.message, type: 'value_error' }
  }
}

/** What zod finds wrong with a field that is not there. */
const CAN_MEAN_MISSING: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union'])

const MISSING: Wording = { msg: 'Field required', type: 'missing' }

const TYPE_WORDS: Record<string, Wording> = {
  string: { msg: 'Input should be a valid string', type: 'string_type' },
  number: { msg: 'Input should be a valid number', type: 'float_type' },
  int: { msg: 'Input should be a valid integer', type: 'int_type' },
  boolean: { msg: 'Input should be a valid boolean', type: 'bool_type' },
  array: { msg: 'Input should be a valid list', type: 'list_type' },
  object: { msg: 'Input should be a valid dictionary', type: 'dict_type' },
  record: { msg: 'Input should be a valid dictionary', type: 'dict_type' },
}

function wrongType(expected: string): Wording {
  return TYPE_WORDS[expected] ?? { msg: `Input should be a valid ${expected}`, type: `${expected}_type` }
}

function wrongFormat(format: string, message: string): Wording {
  if (format === 'uuid' || format === 'guid') {
    return { msg: 'Input should be a valid UUID', type: 'uuid_parsing' }
  }
  if (format === 'email') return { msg: 'value is not a valid email address', type: 'value_error' }
  if (format === 'datetime') return { msg: 'Input should be a valid datetime', type: 'datetime_parsing' }
  return { msg: message, type: 'string_pattern_mismatch' }
}

function tooSmall(origin: string, minimum: number): Wording {
  if (origin === 'string') {
    return { msg: `String should have at least ${plural(minimum, 'character')}`, type: 'string_too_short' }
  }
  if (origin === 'array') return { msg: `List should have at least ${plural(minimum, 'item')}`, type: 'too_short' }
  return { msg: `Input should be greater than or equal to ${minimum}`, type: 'greater_than_equal' }
}

function tooBig(origin: string, maximum: number): Wording {
  if (origin === 'string') {
    return { msg: `String should have at most ${plural(maximum, 'character')}`, type: 'string_too_long' }
  }
  if (origin === 'array') return { msg: `List should have at most ${plural(maximum, 'item')}`, type: 'too_long' }
  return { msg: `Input should be less than or equal to ${maximum}`, type: 'less_than_equal' }
}

function custom({ message, params }: Extract<Issue, { code: 'custom' }>): Wording {
  return { msg: message, type: typeof params?.['type'] === 'string' ? params['type'] : 'value_error' }
}

function oneOf(values: readonly unknown[]): Wording {
  const names = values.map((value) => `'${String(value)}'`)
  const last = names.at(-1) ?? ''
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last
  return { msg: `Input should be ${list}`, type: 'enum' }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
