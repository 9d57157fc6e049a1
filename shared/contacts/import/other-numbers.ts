/**
 * Dates, decimal numbers and short counts in a column of phone numbers: without their marks they would be a number of the
 * default country, which is a stranger's. A number that looks like one of them is refused too, until it is written with its
 * country code: importing it again costs less than messaging somebody else.
 */
import { asciiDigits, plainNumber } from '../phone.ts'

const WITH_COUNTRY = 'write the phone number with + and the country code, for example +15551234567'
const A_DATE = `This reads as a date: ${WITH_COUNTRY}`
const A_DECIMAL = `This reads as a decimal number: ${WITH_COUNTRY}`
/** Of a number for which `isTooShortWithoutCountry`. */
export const TOO_SHORT = `This is too short for a phone number of the default country: ${WITH_COUNTRY}`

/** Of a number that `isLikelyAbroad`. */
export const ABROAD = `This may be a number of another country: ${WITH_COUNTRY}`

const MIN_NATIONAL_DIGITS = 7

const DAY = '(?:0?[1-9]|[12]\\d|3[01])'
const MONTH = '(?:0?[1-9]|1[0-2])'
const BETWEEN = '\\s*([-/.])\\s*'
/** 18:00 and the like. */
const TIME = '(?:[T,\\s]\\s*\\d.*)?'
const DATES = [
  // 2026-11-30, 2026. 11. 30.
  `[1-9]\\d{3}${BETWEEN}${MONTH}\\s*\\1\\s*${DAY}\\.?${TIME}`,
  // 30.11.2026, 30. 11. 2026., 11/30/26
  `${DAY}${BETWEEN}${DAY}\\s*\\1\\s*(?:[1-9]\\d)?\\d\\d\\.?${TIME}`,
  // 30 11 2026, 2026 11 30
  `${DAY}\\s+${DAY}\\s+(?:19|20)\\d\\d`,
  `(?:19|20)\\d\\d\\s+${MONTH}\\s+${DAY}`,
  // 20261130
  '(?:19|20)\\d\\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])',
].map((pattern) => new RegExp(`^${pattern}$`))

/** 3.14159265358; but 0171.1234567 is how some write a phone number. */
const DECIMAL = /^-?(?:0|[1-9]\d*)\.\d+$/

/** What else than a phone number a cell holds, if it does. What starts with + or 00 never does. */
export function otherNumberProblem(text: string): string | undefined {
  const plain = asciiDigits(text)
    .replace(/\p{Cf}+/gu, '')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .trim()
  if (DATES.some((date) => date.test(plain))) return A_DATE
  return DECIMAL.test(plain) ? A_DECIMAL : undefined
}

/** As a count, a price or a day in a spreadsheet's numbering is: few numbers of people are, and none of most countries. */
export function isTooShortWithoutCountry(text: string): boolean {
  const plain = plainNumber(text)
  return !plain.startsWith('+') && plain.replace(/^0+/, '').length < MIN_NATIONAL_DIGITS
}
