import { describe, expect, it } from 'vitest'
import { countryOf, parsePhone } from '../../../shared/contacts/phone.ts'

function e164(text: string, country?: 'DE' | 'US' | 'IT' | 'IN'): string | undefined {
  const parsed = parsePhone(text, country)
  return parsed.ok ? parsed.phone.e164 : undefined
}

function problem(text: string, country?: 'DE' | 'US'): string {
  const parsed = parsePhone(text, country)
  return parsed.ok ? `read as ${parsed.phone.e164}` : parsed.problem
}

describe('a number with its country code', () => {
  it.each([
    ['+15551234567', '+15551234567'],
    ['+1 (202) 555-0123', '+12025550123'],
    ['+1.202.555.0123', '+12025550123'],
    ['001 202 555 0123', '+12025550123'],
    ['+00 1 202 555 0123', '+12025550123'],
    ['0044 7700 900123', '+447700900123'],
    ['+49 (0)152 28817386', '+4915228817386'],
    ['+39 06 1234 5678', '+390612345678'],
    ['+49\u2011152\u00a0288 17386', '+4915228817386'],
    ['\u202a+49 152 28817386\u202c', '+4915228817386'],
    ['＋４９１５２２８８１７３８６', '+4915228817386'],
    ['+٩٦٦٥٠٠٠٠٠٠٠٠', '+966500000000'],
    ['+۹۸۹۱۲۰۰۰۰۰۰۰', '+989120000000'],
    ['+९१९९९९९९९९९९', '+919999999999'],
    ['tel:+33639980012', '+33639980012'],
    ['+33 6/39/98/00/12', '+33639980012'],
  ])('reads %s', (written, expected) => {
    expect(e164(written)).toBe(expected)
  })

  it('gives the digits as WhatsApp id', () => {
    expect(parsePhone('+1 202 555 0123')).toEqual({ ok: true, phone: { waId: '12025550123', e164: '+12025550123' } })
  })

  it('reads Mexican numbers with and without the old 1 as the same person', () => {
    expect(e164('+52 1 55 1234 5678')).toBe('+525512345678')
    expect(e164('+52 55 1234 5678')).toBe('+525512345678')
  })
})

describe('a local number', () => {
  it('is refused without a default country, because the same digits are several people', () => {
    expect(problem('0152 28817386')).toContain('country code is missing')
    expect(problem('2025550123')).toContain('country code is missing')
    // Only an import can be given one.
    expect(problem('2025550123')).not.toContain('default_country')
  })

  it('is read in the default country', () => {
    expect(e164('0152 28817386', 'DE')).toBe('+4915228817386')
    expect(e164('(202) 555-0123', 'US')).toBe('+12025550123')
    expect(e164('06 1234 5678', 'IT')).toBe('+390612345678')
  })

  it('is read where a spreadsheet has dropped its leading zero', () => {
    expect(e164('15228817386', 'DE')).toBe('+4915228817386')
  })

  it('does not get the country code twice where a spreadsheet has dropped the plus', () => {
    expect(e164('4915228817386', 'DE')).toBe('+4915228817386')
    expect(e164('12025550123', 'US')).toBe('+12025550123')
    expect(e164('919999999999', 'IN')).toBe('+919999999999')
  })

  it('leaves numbers with another country code alone', () => {
    expect(e164('+447700900123', 'DE')).toBe('+447700900123')
    expect(e164('0044 7700 900123', 'DE')).toBe('+447700900123')
  })
})

describe('what is no number', () => {
  it.each([
    ['', 'empty'],
    ['  -  ', 'empty'],
    ['call me', 'not a phone number'],
    ['+1-800-FLOWERS', 'not a phone number'],
    ['4.91523E+12', 'spreadsheet has shortened'],
    ['4,91523E+12', 'spreadsheet has shortened'],
    ['+1 202 555 0123 ext. 5', 'extension'],
    ['+12025550123; +12025550124', 'more than one number'],
    ['+12025550123 / +12025550124', 'more than one number'],
    ['+999 12345678', 'no such country code'],
    ['+49 12', 'do not have 2 digits'],
    ['+1 202 555 01234', 'do not have 11 digits'],
    ['+491234567890123456', 'digits'],
    ['+'.padEnd(100, '1'), 'too long'],
  ])('says what is wrong with %s', (written, words) => {
    expect(problem(written)).toContain(words)
  })
})

it('knows countries in any case, and nothing else', () => {
  expect(countryOf(' de ')).toBe('DE')
  expect(countryOf('Germany')).toBeUndefined()
  expect(countryOf('XX')).toBeUndefined()
})
