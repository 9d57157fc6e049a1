/** What a person types into the search box, as conditions on the stored search forms of names and numbers. */
import { foldName } from './fold.ts'
import { asciiDigits } from './phone.ts'
import { reversed } from './schema.ts'

export interface Condition {
  text: string
  parameters: Record<string, unknown>
}

// Prefixes are index lookups. Inside a name or number needs a scan of the index, so it takes enough characters to be meant.
const MIN_INSIDE_NAME = 3
const MIN_INSIDE_NUMBER = 4

/** A contact matches by the beginning or inside of its name, or by the last or inner digits of its number. */
export function searchCondition(term: string): Condition {
  const name = foldName(term)
  const byName = name.length < MIN_INSIDE_NAME ? 'STARTSWITH(c.name_folded, @name)' : 'CONTAINS(c.name_folded, @name)'
  const digits = phoneDigits(term)
  if (digits === '') return { text: byName, parameters: { name } }
  const inner = digits.replace(/^0+/, '')
  const byNumber =
    inner.length < MIN_INSIDE_NUMBER
      ? 'STARTSWITH(c.digits_reversed, @digits)'
      : '(STARTSWITH(c.digits_reversed, @digits) OR CONTAINS(c.digits_reversed, @inner))'
  const parameters = {
    name,
    digits: reversed(digits),
    ...(inner.length < MIN_INSIDE_NUMBER ? {} : { inner: reversed(inner) }),
  }
  return { text: `(${byName} OR ${byNumber})`, parameters }
}

/** The digits of a term that is written like a number; the 0 or 00 before it is not part of what is stored. */
function phoneDigits(term: string): string {
  const plain = asciiDigits(term).replace(/[\s\p{Z}\p{Cf}\p{Pd}.()/+]+/gu, '')
  return /^\d+$/.test(plain) ? plain : ''
}
