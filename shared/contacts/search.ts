/**
 * What a person types into the search box, as conditions on the stored search forms of names, usernames and numbers. The edges of
 * those forms (a name's beginning, a number's last digits) are index look-ups. Looking inside them scans the index of the
 * workspace, so that is done only where the edges gave too little.
 */
import { foldName } from './fold.ts'
import { asciiDigits } from './phone.ts'
import { foldUsername } from './profile.ts'
import { reversed } from './schema.ts'

export type Reach = 'edges' | 'inside'

export interface Search {
  term: string
  reach: Reach
}

export interface Condition {
  text: string
  parameters: Record<string, unknown>
}

const MIN_INSIDE_NAME = 3
const MIN_INSIDE_NUMBER = 4

export function searchCondition({ term, reach }: Search): Condition {
  const test = reach === 'edges' ? 'STARTSWITH' : 'CONTAINS'
  const { digits, national } = phoneDigits(term)
  const numbers = [...new Set([digits, national])].filter((text) => text !== '').map(reversed)
  const byNumber = numbers.map((_number, index) => `${test}(c.digits_reversed, @number${index})`)
  const byName = [`${test}(c.name_folded, @name)`, `${test}(c.username_folded, @username)`]
  return {
    text: `(${[...byName, ...byNumber].join(' OR ')})`,
    parameters: {
      name: foldName(term),
      username: foldUsername(term),
      ...Object.fromEntries(numbers.map((number, index) => [`number${index}`, number])),
    },
  }
}

/** Names are looked into where their beginnings do not fill a page, numbers only where nothing else is found. */
export function shouldLookInside({ term, reach }: Search, found: number, limit: number): boolean {
  if (reach === 'inside') return false
  const { digits } = phoneDigits(term)
  if (digits !== '') return found === 0 && digits.length >= MIN_INSIDE_NUMBER
  return found < limit && foldName(term).length >= MIN_INSIDE_NAME
}

/** The digits of a term that is written like a number, and those without the 0 or 00 before it, which is not stored. */
function phoneDigits(term: string): { digits: string; national: string } {
  const plain = asciiDigits(term).replace(/[\s\p{Z}\p{Cf}\p{Pd}.()/+]+/gu, '')
  const digits = /^\d+$/.test(plain) ? plain : ''
  const national = digits.replace(/^0+/, '')
  return { digits, national: national.length >= MIN_INSIDE_NUMBER ? national : '' }
}
