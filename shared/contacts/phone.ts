/**
 * Phone numbers as people write them, as E.164.
 *
 * The rule for "valid": the number is written with a country (`+`, `00`, or a default country) and has a length that
 * numbers of that country have. Exact number ranges are not checked: countries open new ones all the time, and refusing
 * a customer's real number is worse than trying one that does not exist, which Meta reports. A number without `+`, `00`
 * or a default country is refused, never guessed: the same digits are different people in different countries.
 */
import {
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberWithError,
  ParseError,
  type CountryCode,
  type PhoneNumber as ParsedNumber,
} from 'libphonenumber-js/mobile'
import { isAscii } from './fold.ts'

export interface PhoneNumber {
  /** Digits with country code and without `+`: WhatsApp's name for the person. */
  waId: string
  e164: string
}

export type ParsedPhone = { ok: true; phone: PhoneNumber } | { ok: false; problem: string }

/** ISO 3166 code of a country with phone numbers, in capitals. */
export type Country = CountryCode

const NOT_A_PHONE = 'This is not a phone number: write it like +15551234567'

const MIN_DIGITS = 7
const MAX_DIGITS = 15
const MAX_LENGTH = 60

const countries = new Set<string>(getCountries())

/** The country named by a two-letter code in any case, or undefined. */
export function countryOf(code: string): Country | undefined {
  const upper = code.trim().toUpperCase()
  return countries.has(upper) ? (upper as Country) : undefined // it is one of getCountries()
}

/** What is said of local numbers where no default country can be given: an import can, and says so too. */
export const COUNTRY_MISSING =
  'The country code is missing: start the number with + and the country code, for example +15551234567'

/** Reads one phone number. `problem` is a sentence for the person who wrote it. */
export function parsePhone(text: string, defaultCountry?: Country): ParsedPhone {
  const plain = plainNumber(text)
  const problem = writingProblem(text, plain, defaultCountry)
  if (problem !== undefined) return { ok: false, problem }
  // All 25 countries behind +1 have ten digits; telling them apart takes longer than everything else here.
  if (/^\+1\d{10}$/.test(plain)) return { ok: true, phone: { waId: plain.slice(1), e164: plain } }
  try {
    const number = readNumber(plain, defaultCountry)
    const waId = number.number.slice(1)
    if (!number.isPossible() || waId.length < MIN_DIGITS || waId.length > MAX_DIGITS) {
      return { ok: false, problem: lengthProblem(number.countryCallingCode, number.nationalNumber) }
    }
    return { ok: true, phone: { waId, e164: `+${waId}` } }
  } catch (error) {
    if (error instanceof ParseError) return { ok: false, problem: parseProblem(error.message) }
    throw error
  }
}

function readNumber(plain: string, defaultCountry: Country | undefined): ParsedNumber {
  if (plain.startsWith('+')) return readInternational(plain)
  const local = read(plain, defaultCountry)
  // Spreadsheets drop the + of numbers. Where local numbers may be long, libphonenumber would put the country code in twice.
  if (defaultCountry !== undefined && plain.startsWith(getCountryCallingCode(defaultCountry)) && !local.isValid()) {
    const international = readInternational(`+${plain}`)
    if (international.isValid()) return international
  }
  return local
}

/** Mexico dropped the 1 after +52 in 2019; address books and older WhatsApp ids still have it. */
function readInternational(plain: string): ParsedNumber {
  return read(plain.replace(/^\+521(?=\d{10}$)/, '+52'))
}

/**
 * Whether a number without `+`, `00` or a zero before it is no mobile number of the default country, but one of another if its first
 * digits are a country code. What a spreadsheet made of +44… would be a stranger's number.
 */
export function isLikelyAbroad(text: string, defaultCountry: Country): boolean {
  const plain = plainNumber(text)
  if (!/^[1-9]\d{9,14}$/.test(plain)) return false
  try {
    const number = readNumber(plain, defaultCountry)
    if (number.isValid()) return false
    const abroad = readInternational(`+${plain}`)
    return abroad.isValid() && abroad.number !== number.number
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}

function read(plain: string, defaultCountry?: Country): ParsedNumber {
  return parsePhoneNumberWithError(plain, {
    ...(defaultCountry === undefined ? {} : { defaultCountry }),
    extract: false,
  })
}

/** Any script's digits as 0-9. */
export function asciiDigits(text: string): string {
  if (isAscii(text)) return text
  return text.normalize('NFKC').replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    const zero = DIGIT_ZEROS.find((candidate) => code >= candidate && code < candidate + 10)
    return zero === undefined ? digit : String(code - zero)
  })
}

/** Zeros of the scripts whose digits NFKC leaves as they are: Arabic, Persian, N'Ko, Indic, Thai, Lao, Tibetan, Burmese, Khmer, Mongolian. */
const DIGIT_ZEROS = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
  0x0f20, 0x1040, 0x17e0, 0x1810,
]

/** Without what only makes it readable: spaces of any kind, dashes, dots, brackets, slashes, invisible marks, `tel:`. */
export function plainNumber(text: string): string {
  return asciiDigits(text)
    .replace(/^\s*(?:tel|whatsapp|mobile|phone)\s*:/i, '')
    .replace(/[\s\p{Z}\p{Cf}\p{Pd}\u2212.·•()[\]/'’]+/gu, '')
    .replace(/^\+?00(?=[1-9])/, '+')
}

function writingProblem(text: string, plain: string, defaultCountry: Country | undefined): string | undefined {
  if (plain === '') return 'The phone number is empty'
  if (text.length > MAX_LENGTH) return 'This is too long for a phone number: keep one number and nothing else'
  if (/^\d(?:[.,]\d+)?E\+?\d+$/i.test(asciiDigits(text).replaceAll(/\s/g, ''))) {
    return 'A spreadsheet has shortened this number: format the column as text or number, and export the file again'
  }
  if (/[;,|]|\d\+/.test(plain)) return 'There is more than one number here: keep one per row'
  if (/(?:ext|x|#)\d*$/i.test(plain) && /\d/.test(plain))
    return 'A number with an extension cannot receive WhatsApp messages: give a mobile number instead'
  if (!/^\+?\d+$/.test(plain)) return NOT_A_PHONE
  if (plain.startsWith('+') || defaultCountry !== undefined) return undefined
  return COUNTRY_MISSING
}

function lengthProblem(callingCode: string, national: string): string {
  return `Numbers with the country code +${callingCode} do not have ${national.length} digits after it: correct them`
}

function parseProblem(code: string): string {
  switch (code) {
    case 'INVALID_COUNTRY':
      return 'There is no such country code: correct the digits after the +'
    case 'TOO_SHORT':
      return 'This is too short for a phone number: add what is missing'
    case 'TOO_LONG':
      return 'This is too long for a phone number: keep one number and nothing else'
    default:
      return NOT_A_PHONE
  }
}
