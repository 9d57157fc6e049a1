/** What cells, rows and columns mean, beyond the files of test/fixtures/imports. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { utils, write } from 'xlsx'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { CONTACTS, TABLE } from '../../../support/import-files/four-contacts.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContactsWorld, allContacts, aWorkbook, type ContactsWorld } from '../support.ts'

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

async function imported(bytes: string | Buffer, name = 'contacts.csv') {
  const workspace = aWorkspaceId()
  const response = await importContacts(at.deps, workspace, { name, bytes: Buffer.from(bytes) })
  return { response, contacts: await stored(workspace) }
}

async function stored(workspace: WorkspaceId) {
  const contacts = await allContacts(at.deps, workspace)
  return contacts
    .map(({ phone_number, name, tags }) => ({ phone_number, name, tags }))
    .sort((a, b) => (String(a.phone_number) < String(b.phone_number) ? -1 : 1))
}

describe('a workbook', () => {
  it('keeps all digits of numbers that are stored as numbers', async () => {
    const rows = [['phone'], [4915228817386], [15228817386]]
    const workspace = aWorkspaceId()
    const bytes = aWorkbook(rows)
    const response = await importContacts(at.deps, workspace, { name: 'a.xlsx', bytes }, { defaultCountry: 'DE' })
    expect(response.results).toMatchObject([
      { phone_number: '+4915228817386', status: 'imported' },
      { phone_number: '+4915228817386', status: 'skipped' },
    ])
  })

  it('takes the plus or zeros that a number format shows', async () => {
    const shown = (z: string, v: number) => ({ t: 'n', v, z })
    const rows = [['phone'], [shown('+0', 12025550101)], [shown('00000000000', 15228817386)]]
    const workspace = aWorkspaceId()
    const bytes = aWorkbook(rows)
    const response = await importContacts(at.deps, workspace, { name: 'a.xlsx', bytes }, { defaultCountry: 'DE' })
    expect(response.results.map(({ phone_number }) => phone_number)).toEqual(['+12025550101', '+4915228817386'])
  })

  it('reads dates as dates, never as phone numbers, and digits as digits, whatever format they have', async () => {
    const date = (v: number, z = 'd.m.yyyy') => ({ t: 'n', v, z })
    const rows = [
      ['phone', 'since'],
      [date(45306), date(45306)],
      ['+12025550101', date(45306.75, 'yyyy-mm-dd hh:mm')],
      ['+12025550102', date(0.5, 'h:mm')],
      [date(4915228817386, '0" days"'), { t: 'n', v: 7, z: '0" days"' }],
      [date(4915228817387, 'dd/mm/yy'), 1.5],
    ]
    for (const bookType of ['xlsx', 'biff8'] as const) {
      const workspace = aWorkspaceId()
      const file = { name: `a.${bookType}`, bytes: aWorkbook(rows, bookType) }
      const options = { defaultCountry: 'DE', otherColumns: 'attributes' } as const
      const { results } = await importContacts(at.deps, workspace, file, options)
      expect(results[0]).toMatchObject({
        status: 'failed',
        reason: expect.stringContaining('reads as a date') as unknown,
      })
      const contacts = await allContacts(at.deps, workspace)
      const since = new Map(contacts.map(({ phone_number, attributes }) => [phone_number, attributes['since']]))
      expect(since).toEqual(
        new Map([
          ['+12025550101', '2024-01-15 18:00:00'],
          ['+12025550102', '12:00:00'],
          ['+4915228817386', '7'],
          ['+4915228817387', '1.5'],
        ]),
      )
    }
  })

  it.each(['xlsx', 'biff8', 'ods', 'xlsb'] as const)('has no phone numbers in dates, in %s', async (bookType) => {
    const formats = ['d.m.yyyy', 'dd. mm. yyyy', 'yyyymmdd', 'm/d/yy', 'd. mmmm yyyy', 'yyyy-mm-dd hh:mm', 'mm/yyyy']
    const dates = formats.map((z) => ({ t: 'n', v: 45306.75, z }))
    const others = [45306, 3.14159265358, 171.1234567, { t: 'n', v: 171.1234567, z: '0000.0000000' }]
    const bytes = aWorkbook([['phone'], ...[...dates, ...others].map((cell) => [cell]), ['+12025550101']], bookType)
    const workspace = aWorkspaceId()
    const file = { name: `a.${bookType}`, bytes }
    const { results } = await importContacts(at.deps, workspace, file, { defaultCountry: 'DE' })
    expect(results.map(({ reason }) => /date|decimal|too short/.exec(reason ?? '')?.[0])).toEqual([
      ...dates.map(() => 'date'),
      ...['too short', 'decimal', 'decimal', 'decimal', undefined],
    ])
    expect(await stored(workspace)).toMatchObject([{ phone_number: '+12025550101' }])
  })

  it('reads the dates of workbooks that count from 1904', async () => {
    const workspace = aWorkspaceId()
    const book = utils.book_new()
    const rows = [
      ['phone', 'since'],
      ['+12025550101', { t: 'n', v: 43_844, z: 'yyyy-mm-dd' }],
    ]
    utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'S')
    book.Workbook = { WBProps: { date1904: true } }
    // `type: 'buffer'` gives a Buffer.
    const bytes = write(book, { type: 'buffer' }) as Buffer
    await importContacts(at.deps, workspace, { name: 'a.xlsx', bytes }, { otherColumns: 'attributes' })
    expect(await allContacts(at.deps, workspace)).toMatchObject([{ attributes: { since: '2024-01-15' } }])
  })

  it('numbers rows as the spreadsheet does, blank ones included', async () => {
    const rows = [[], ['phone', 'name'], ['+12025550101'], [], [null, ''], ['+12025550102']]
    const { response } = await imported(aWorkbook(rows))
    expect(response.results.map(({ row_number }) => row_number)).toEqual([3, 6])
    expect(response.total_rows).toBe(2)
  })

  it('is read whatever it is called, as is CSV', async () => {
    expect((await imported(aWorkbook([...TABLE.map((row) => [...row])]), 'contacts.csv')).contacts).toEqual(CONTACTS)
    expect((await imported('phone,name\n+12025550101,Anna', 'contacts.xlsx')).contacts).toHaveLength(1)
  })
})

describe('rows of CSV', () => {
  it('are numbered as a spreadsheet shows them: line breaks in cells and blank rows count as it counts them', async () => {
    const { response, contacts } = await imported(
      'phone,name\n+12025550101,"Anna\nMüller"\n\n,,\n+12025550102,"Eva\r\n\r\nLind"\nnobody,x',
    )
    expect(response.results.map(({ row_number, status }) => [row_number, status])).toEqual([
      [2, 'imported'],
      [5, 'imported'],
      [6, 'failed'],
    ])
    expect(contacts.map(({ name }) => name)).toEqual(['Anna Müller', 'Eva Lind'])
  })

  it('may be shorter or longer than the header', async () => {
    const { contacts } = await imported('phone,name,tags\n+12025550101\n+12025550102,Eva,a,b,c')
    expect(contacts).toEqual([
      { phone_number: '+12025550101', name: null, tags: [] },
      { phone_number: '+12025550102', name: 'Eva', tags: ['a'] },
    ])
  })

  it('may have quotation marks inside text', async () => {
    const { contacts } = await imported('phone,name\n+12025550101,Anna "Ann" Smith')
    expect(contacts).toMatchObject([{ name: 'Anna "Ann" Smith' }])
  })

  it('may have spaces around quoted cells, and empty cells between tabs', async () => {
    const { contacts } = await imported('phone, name , tags\n+12025550101, "Lee, Ana" , "a;b"\n+12025550102, , x')
    expect(contacts).toEqual([
      { phone_number: '+12025550101', name: 'Lee, Ana', tags: ['a', 'b'] },
      { phone_number: '+12025550102', name: null, tags: ['x'] },
    ])
    const tabs = await imported('phone\tname\ttags\n+12025550101\t\tx\n+12025550102\tEva\t')
    expect(tabs.contacts.map(({ name, tags }) => [name, tags])).toEqual([
      [null, ['x']],
      ['Eva', []],
    ])
  })

  it('are read by the likeliest phone column that is filled in', async () => {
    const { contacts } = await imported('Phone,Mobile,Name\n+12025550101,+12025550102,A\n+12025550103,,B')
    expect(contacts.map(({ phone_number }) => phone_number)).toEqual(['+12025550102', '+12025550103'])
  })

  it('have the first name before the last, even where a column is just called name', async () => {
    const { contacts } = await imported('Vorname,Name,Telefon\nAnna,Müller,+12025550101')
    expect(contacts).toMatchObject([{ name: 'Anna Müller' }])
  })
})
