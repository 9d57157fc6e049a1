/** The bodies of answers that are not an endpoint's own. */
import * as z from 'zod'

export const ValidationProblem = z
  .object({
    loc: z
      .array(z.union([z.string(), z.int()]))
      .meta({ description: 'Where: `body`, `query` or `path` first, then the field', example: ['body', 'name'] }),
    msg: z.string().meta({ description: 'What is wrong, for a person', example: 'Field required' }),
    type: z.string().meta({ description: 'What is wrong, for a program', example: 'missing' }),
  })
  .meta({ id: 'ValidationError', description: 'One problem of a request' })

export const HTTPValidationError = z
  .object({ detail: z.array(ValidationProblem) })
  .meta({ id: 'HTTPValidationError', description: 'All problems of a request that does not fit its schema' })

/** Any other error. `codes` are those that can be meant. */
export function errorBody(codes: readonly [string, ...string[]]) {
  return z.object({
    detail: z.string().meta({ description: 'What went wrong, for a person', example: 'What went wrong' }),
    code: z.enum(codes).describe('What went wrong, for a program: never changes its meaning'),
    request_id: z.string().meta({ description: 'Name it when you ask for help', example: 'c0ffee-1' }),
  })
}
