/** Any contacts, written in every format that is read, come back as they were: each format as many times as the others. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { tidy } from '../../../../shared/contacts/fold.ts'
import { tidyName, tidyTags } from '../../../../shared/contacts/schema.ts'
import { tagListText } from '../../../../shared/contacts/tag-list.ts'
import { guarded } from '../../../../shared/reports/formula-guard.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContactsWorld, allContacts, aPhone, aWorkbook, type ContactsWorld } from '../support.ts'

const RUNS = 4

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

interface Given {
  phone: string
  name: string
  tags: string[]
  city: string
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 })
/** What Windows-1252 has, with an accent here and there. */
const westernText = fc.string({
  unit: fc.constantFrom('a', 'B', '7', ' ', ',', ';', '"', '\n', "'", 'é', 'üb', 'Åse', 'ñ ', 'ß-', ' €', ' “x', 'ž '),
  maxLength: 20,
})

function contactsOf(text: fc.Arbitrary<string>): fc.Arbitrary<Given[]> {
  const tag = text.map((long) => long.slice(0, 50)).filter((short) => short.isWellFormed())
  const contact = fc.record({
    phone: fc.integer({ min: 0, max: 50_000 }).map(aPhone),
    name: fc.oneof(fc.constant(''), text),
    tags: fc.array(tag, { maxLength: 5 }),
    city: text,
  })
  return fc.uniqueArray(contact, { selector: ({ phone }) => phone, minLength: 2, maxLength: 60 })
}

const HEADER = ['phone', 'name', 'tags', 'Город']
/** Windows-1252 has no Cyrillic. */
const WESTERN_HEADER = ['phone', 'name', 'tags', 'Région']

/** Imports the file, and holds what is stored against what was written. */
async function comesBack(given: readonly Given[], bytes: Buffer, attribute: string): Promise<void> {
  const workspace = aWorkspaceId()
  const options = { otherColumns: 'attributes', defaultCountry: 'US' } as const
  const response = await importContacts(at.deps, workspace, { name: 'a', bytes }, options)
  expect(response).toMatchObject({ total_rows: given.length, imported: given.length })
  const stored = new Map((await allContacts(at.deps, workspace)).map((contact) => [contact.phone_number, contact]))
  for (const { phone, name, tags, city } of given) {
    const attributes = tidy(city) === '' ? {} : { [attribute]: tidy(city) }
    expect(stored.get(phone)).toMatchObject({ name: tidyName(name), tags: tidyTags(tags), attributes })
  }
}

const encodings: Record<string, (text: string) => Buffer> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a mark': (text) => Buffer.from(`\uFEFF${text}`),
  'UTF-16LE': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16BE': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'Windows-1252': (text) => {
    const bytes = { '€': '\x80', '“': '\x93', ž: '\x9e' }
    return Buffer.from(
      text.replace(/[€“ž]/g, (character) => bytes[character as keyof typeof bytes]),
      'latin1',
    )
  },
}

describe.each(Object.keys(encodings))('CSV in %s', (encoding) => {
  const isWestern = encoding === 'Windows-1252'
  const header = isWestern ? WESTERN_HEADER : HEADER
  const dialect = fc.record({
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    tagSeparator: fc.constantFrom(',', ';'),
  })

  it.each([',', ';', '\t'])('with %j', async (delimiter) => {
    const contacts = contactsOf(isWestern ? westernText : anyText)
    const property = fc.asyncProperty(contacts, dialect, async (given, { lineEnd, tagSeparator }) => {
      const rows = given.map(({ phone, name, tags, city }, index) => {
        const tagList = tidyTags(tags).map((tag) => tagListText([tag]))
        // Every other number as spreadsheets write those that are numbers.
        return [index % 2 ? phone : phone.slice(1), name, tagList.join(tagSeparator), city].map(guarded)
      })
      const text = [header, ...rows]
        .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
        .join(lineEnd)
      await comesBack(given, encodings[encoding]!(text), header[3]!)
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})

describe('a workbook', () => {
  // XML cannot hold every control character, and neither can a spreadsheet.
  const clean = (text: string): string => text.replaceAll(/[\p{Cc}\ufffe\uffff]/gu, '')

  it.each(['xlsx', 'xlsb', 'biff8', 'ods'] as const)('as %s', async (bookType) => {
    const property = fc.asyncProperty(contactsOf(anyText.map(clean)), async (given) => {
      const rows = given.map(({ phone, name, tags, city }, index) => [
        index % 2 ? phone : Number(phone),
        ...[name, tagListText(tidyTags(tags)), city].map(guarded),
      ])
      await comesBack(given, aWorkbook([HEADER, ...rows], bookType), HEADER[3]!)
    })
    await fc.assert(property, { numRuns: RUNS })
  })
})
