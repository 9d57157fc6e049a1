import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { tidy } from '../../../../shared/contacts/fold.ts'
import { tidyName, tidyTags } from '../../../../shared/contacts/schema.ts'
import { tagListText } from '../../../../shared/contacts/tag-list.ts'
import { guarded } from '../../../../shared/reports/formula-guard.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContactsWorld, allContacts, aPhone, aWorkbook, type ContactsWorld } from '../support.ts'

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 })
const aTag = anyText.map((text) => text.slice(0, 50)).filter((tag) => tag.isWellFormed())
const contacts = fc.uniqueArray(
  fc.record({
    phone: fc.integer({ min: 0, max: 50_000 }).map(aPhone),
    name: fc.option(anyText, { nil: null }),
    tags: fc.array(aTag, { maxLength: 5 }),
    city: anyText,
  }),
  { selector: ({ phone }) => phone, minLength: 1, maxLength: 60 },
)
const dialect = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  tagSeparator: fc.constantFrom(',', ';'),
  encode: fc.constantFrom(
    (text: string) => Buffer.from(text),
    (text: string) => Buffer.from(`\uFEFF${text}`),
    (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  ),
})

const OPTIONS = { otherColumns: 'attributes' } as const

function kept({ name, tags, city }: { name: string | null; tags: string[]; city: string }) {
  const attributes = tidy(city) === '' ? {} : { City: tidy(city) }
  return { name: tidyName(name), tags: tidyTags(tags), attributes }
}

it('any contacts written as CSV in any dialect come back as the same contacts', async () => {
  await fc.assert(
    fc.asyncProperty(contacts, dialect, async (given, { delimiter, lineEnd, tagSeparator, encode }) => {
      const workspace = aWorkspaceId()
      const rows = [
        ['phone', 'name', 'tags', 'City'],
        ...given.map(({ phone, name, tags, city }) => [
          phone,
          name ?? '',
          tidyTags(tags)
            .map((tag) => tagListText([tag]))
            .join(tagSeparator),
          city,
        ]),
      ]
      const text = rows
        .map((row) => row.map((cell) => `"${guarded(cell).replaceAll('"', '""')}"`).join(delimiter))
        .join(lineEnd)
      const response = await importContacts(at.deps, workspace, { name: 'a.csv', bytes: encode(text) }, OPTIONS)
      expect(response).toMatchObject({ total_rows: given.length, imported: given.length })
      const stored = await allContacts(at.deps, workspace)
      const byPhone = new Map(stored.map((contact) => [contact.phone_number, contact]))
      for (const contact of given) expect(byPhone.get(contact.phone)).toMatchObject(kept(contact))
    }),
    { numRuns: 60 },
  )
})

it('any contacts written as a workbook come back as the same contacts', async () => {
  // XML cannot hold every control character, and neither can a spreadsheet.
  const clean = (text: string): string => text.replaceAll(/[\p{Cc}\ufffe\uffff]/gu, '')
  await fc.assert(
    fc.asyncProperty(contacts, fc.constantFrom('xlsx', 'xlsm', 'xlsb', 'biff8', 'ods'), async (given, bookType) => {
      const workspace = aWorkspaceId()
      const cleaned = given.map(({ phone, name, tags, city }) => {
        return { phone, name: clean(name ?? ''), tags: tags.map(clean), city: clean(city) }
      })
      const cells = cleaned.map(({ phone, name, tags, city }) =>
        [phone, name, tagListText(tidyTags(tags)), city].map(guarded),
      )
      const rows = [['phone', 'name', 'tags', 'City'], ...cells]
      const bytes = aWorkbook(rows, bookType)
      const response = await importContacts(at.deps, workspace, { name: 'a', bytes }, OPTIONS)
      expect(response.imported).toBe(given.length)
      const byPhone = new Map((await allContacts(at.deps, workspace)).map((contact) => [contact.phone_number, contact]))
      for (const contact of cleaned) expect(byPhone.get(contact.phone)).toMatchObject(kept(contact))
    }),
    { numRuns: 15 },
  )
})
