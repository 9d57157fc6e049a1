/**
 * Query and path values and fields of forms are texts, whatever type the document gives them. What is taken beyond the
 * letter of the document is listed here, and nowhere else.
 */
import { branches, fits, type Schema } from './schemas.ts'

/** FastAPI's spellings of booleans; an empty text is a field that is not given. Its clients send them. */
const LENIENT_BOOLEAN = /^\s*(true|false|1|0|yes|no|on|off|t|f|y|n|)\s*$/i

/** Numbers with a sign or blanks around them, as FastAPI reads them. */
const INTEGER = /^\s*[+-]?\d+\s*$/

/** Whether a schema lets a text stand for one of its values. */
export function textFits(schema: Schema, text: string): boolean {
  return branches(schema).some((branch) => {
    if (branch.type === 'boolean') return LENIENT_BOOLEAN.test(text)
    if (branch.type === 'integer') return INTEGER.test(text) && fits(branch, Number(text))
    return fits(branch, text) || fits(branch, text.trim())
  })
}

/** Blanks around names and addresses are cut off before anything is asked of them. */
export function fitsTrimmed(schema: Schema, value: unknown): boolean {
  return fits(schema, value) || fits(schema, trimmed(value))
}

function trimmed(value: unknown): unknown {
  if (typeof value === 'string') return value.trim()
  if (Array.isArray(value)) return value.map(trimmed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, trimmed(inner)]))
}
