import { describe, expect, it } from 'vitest'
import { requiredColumns, type Columns } from '../../../../shared/contacts/import/columns.ts'
import { judgeRow } from '../../../../shared/contacts/import/row.ts'
import type { Country } from '../../../../shared/contacts/phone.ts'

const columns: Columns = { phones: [0], waIds: [], names: [], tags: [], attributes: [] }

/** The number that a cell is read as, or the reason why it is none. */
function phoneOf(text: string, country?: Country, header = 'phone'): string {
  const judged = judgeRow(text.split(','), requiredColumns(header.split(','), 'ignore'), country)
  return judged.ok ? judged.phone.e164 : judged.problem
}

it('a local number is told that an import can be given the country', () => {
  expect(judgeRow(['0170 333333'], columns, undefined)).toMatchObject({
    ok: false,
    problem: expect.stringContaining('or give the import a default_country') as unknown,
    phoneText: '0170 333333',
  })
  expect(judgeRow(['0170 3333333'], columns, 'DE')).toMatchObject({ ok: true, phone: { e164: '+491703333333' } })
})

it('any other mistake is told as it is, with a cure', () => {
  expect(phoneOf('bad')).toBe('This is not a phone number: write it like +15551234567')
})

describe('what would be a number somewhere, and is none, is refused with the cure', () => {
  it.each<[string, Country, string]>([
    ['2026-11-30', 'DE', 'date'],
    ['11/30/26', 'US', 'date'],
    ['30. 11. 2026', 'DE', 'date'],
    ['30. 11. 2026', 'AT', 'date'],
    ['30. 11. 2026.', 'HR', 'date'],
    ['2026. 11. 30.', 'HU', 'date'],
    ['30.11.2026.', 'SI', 'date'],
    ['30.11.2026. 18:00', 'SI', 'date'],
    ['30.11.2026 1800', 'DE', 'date'],
    ['30\u201311\u20132026', 'DE', 'date'],
    ['30 11 2026', 'DE', 'date'],
    ['2026\u00a011\u00a030', 'DK', 'date'],
    ['٣٠/١١/٢٠٢٦', 'DE', 'date'],
    ['20261130', 'DE', 'date'],
    ['20261130', 'DK', 'date'],
    ['20261130', 'SG', 'date'],
    ['9999-12-31', 'DE', 'date'],
    ['2100-01-01', 'DE', 'date'],
    ['3.14159265358', 'DE', 'decimal'],
    ['0.123456789', 'DE', 'decimal'],
    ['-45306.7512345', 'DE', 'decimal'],
    ['45306.75', 'DE', 'decimal'],
    ['45306', 'DE', 'too short'],
    ['045306', 'DE', 'too short'],
  ])('%s in %s', (text, country, word) => {
    const reason = phoneOf(text, country)
    expect(reason).toContain(word)
    expect(reason).toContain('country code')
  })
})

describe('an international number without its plus', () => {
  it.each<[string, Country]>([
    ['12025550101', 'DE'],
    ['447911123456', 'DE'],
    ['5511987654321', 'DE'],
    ['4915228817386', 'US'],
    ['٤٤٧٩١١١٢٣٤٥٦', 'DE'],
  ])('%s is never a number of the default country %s', (text, country) => {
    expect(phoneOf(text, country)).toMatch(
      /another country: write the phone number with \+|country code \+1 do not have/,
    )
  })

  it.each<[string, Country, string]>([
    ['4915228817386', 'DE', '+4915228817386'],
    ['15228817386', 'DE', '+4915228817386'],
    ['5215512345678', 'MX', '+525512345678'],
    ['12025550101', 'US', '+12025550101'],
    ['2025550101', 'US', '+12025550101'],
    ['919876543210', 'IN', '+919876543210'],
    ['11987654321', 'BR', '+5511987654321'],
    ['3012345678', 'DE', '+493012345678'],
    ['02079460018', 'GB', '+442079460018'],
  ])('%s is read where it is one of %s', (text, country, expected) => {
    expect(phoneOf(text, country)).toBe(expected)
  })
})

describe('a number is read though it looks a little like a date or a decimal number', () => {
  it.each<[string, Country | undefined, string]>([
    ['202.555.0101', 'US', '+12025550101'],
    ['0171.1234567', 'DE', '+491711234567'],
    ['+49.1711234567', undefined, '+491711234567'],
    ['+45 20 26 11 30', undefined, '+4520261130'],
    ['+4520261130', undefined, '+4520261130'],
    ['004520261130', undefined, '+4520261130'],
    ['20 26 11 30', 'DK', '+4520261130'],
    ['2026 1130', 'SG', '+6520261130'],
    ['20261330', 'DK', '+4520261330'],
    ['31123456', 'DK', '+4531123456'],
    ['06.12.34.56.78', 'FR', '+33612345678'],
    ['0170/12/34567', 'DE', '+491701234567'],
    ['030-12-1999-5', 'DE', '+49301219995'],
    ['612.345.678', 'ES', '+34612345678'],
  ])('%s', (text, country, expected) => {
    expect(phoneOf(text, country)).toBe(expected)
  })
})

describe('a column that may hold any kind of number', () => {
  it.each(['Nummer,Name,Telefon', 'number,Name,Phone', 'Número,Name,Celular', 'Contact No.,Name,Mobile'])(
    'is none of phone numbers beside one that is named so: %s',
    (header) => {
      expect(phoneOf('100234567,Anna,', 'DE', header)).toBe('The phone number is empty')
      expect(phoneOf('100234567,Anna,+12025550101', 'DE', header)).toBe('+12025550101')
    },
  )

  it('is kept as an attribute then', () => {
    const { phones, attributes } = requiredColumns(['Nummer', 'Name', 'Telefon'], 'attributes')
    expect([phones, attributes]).toEqual([[2], [{ index: 0, name: 'Nummer' }]])
  })

  it('holds the phone numbers where no other does, and no further one stands in for it', () => {
    expect(phoneOf('+12025550101,Anna', 'DE', 'Nummer,Name')).toBe('+12025550101')
    expect(phoneOf('100234567,Anna,', 'DE', 'Number,Name,Contact Number')).toBe('The phone number is empty')
  })
})

describe('of several phone columns', () => {
  it.each(['yes', 'n/a', '-', ''])('a cell without a digit does not hide the number of another one: %s', (text) => {
    expect(phoneOf(`+12025550101,${text}`, undefined, 'Phone,WhatsApp')).toBe('+12025550101')
  })

  it('the first that has anything is told where none has a digit', () => {
    const header = requiredColumns(['Phone', 'WhatsApp', 'Mobile'], 'ignore')
    expect(judgeRow(['no', '', 'n/a'], header, undefined)).toMatchObject({ ok: false, phoneText: 'n/a' })
  })
})

it.each([
  ...['Mobile Phone Number', 'Cell Phone Number', 'Contact No.', 'Contact Number', 'Home Phone', 'Business Phone'],
  ...['Primary Phone', 'Phone 2 - Value', 'wa_id'],
])('%s is a phone column', (header) => {
  expect(phoneOf('+12025550101', undefined, header)).toBe('+12025550101')
})

it('fname and lname are names', () => {
  const judged = judgeRow(['Lind', '+12025550101', 'Eva'], requiredColumns(['lname', 'phone', 'fname'], 'ignore'), 'DE')
  expect(judged).toMatchObject({ profile: { name: 'Eva Lind' } })
})

it('a wa_id begins with the country code, whatever the default country, and stands behind a phone number', () => {
  expect(phoneOf('12025550101', 'DE', 'wa_id')).toBe('+12025550101')
  expect(phoneOf('12025550101', undefined, 'wa_id')).toBe('+12025550101')
  expect(phoneOf('20261130', 'DE', 'wa_id')).toContain('date')
  expect(phoneOf('12025550101,0171 1234567', 'DE', 'wa_id,phone')).toBe('+491711234567')
})
