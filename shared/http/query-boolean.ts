/** A boolean in a query string, in the spellings FastAPI takes; an empty one is not given. */
import * as z from 'zod'

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y'])
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n'])

const parsedBoolean = z.string().transform((text, context) => {
  const word = text.trim().toLowerCase()
  if (word === '') return undefined
  if (TRUE.has(word) || FALSE.has(word)) return TRUE.has(word)
  context.addIssue({
    code: 'custom',
    message: 'Input should be a valid boolean, unable to interpret input',
    params: { type: 'bool_parsing' },
  })
  return z.NEVER
})

export const queryBoolean = parsedBoolean.meta({ type: 'boolean' })
