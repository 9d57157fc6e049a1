/** The same four contacts in every dialect that programs write. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BookType } from 'xlsx'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContactsWorld, allContacts, aWorkbook, type ContactsWorld } from '../support.ts'

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const TABLE = [
  ['phone', 'name', 'tags'],
  ['+12025550101', 'Anna Müller', 'vip;Berlin'],
  ['+447700900123', 'José "Pepe" García, jr.', 'vip'],
  ['+4915228817386', 'Zoë €', ''],
  ['+33639980012', '', 'a,b'],
]
const EXPECTED = [
  { phone_number: '+12025550101', name: 'Anna Müller', tags: ['vip', 'Berlin'] },
  { phone_number: '+33639980012', name: null, tags: ['a', 'b'] },
  { phone_number: '+447700900123', name: 'José "Pepe" García, jr.', tags: ['vip'] },
  { phone_number: '+4915228817386', name: 'Zoë €', tags: [] },
]

function csv(delimiter: string, lineEnd: string, quoteAll = false): string {
  const cell = (text: string): string =>
    quoteAll || text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return TABLE.map((row) => row.map(cell).join(delimiter)).join(lineEnd)
}

function reordered(...order: number[]): string {
  return TABLE.map((row) => order.map((index) => `"${(row[index] ?? '').replaceAll('"', '""')}"`).join(',')).join('\n')
}

function withHeader(header: string): string {
  return `${header}\n${csv(',', '\n').split('\n').slice(1).join('\n')}`
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}

function windows1252(text: string): Buffer {
  return Buffer.from(text.replaceAll('€', '\x80'), 'latin1')
}

const text = csv(',', '\n')
const firstAndLast = [
  'First Name,Last Name,Mobile Phone,Labels',
  'Anna,Müller,+12025550101,vip;Berlin',
  '"José ""Pepe""","García, jr.",+447700900123,vip',
  'Zoë,€,+4915228817386,',
  ',,+33639980012,"a,b"',
].join('\n')

const DIALECTS: [name: string, bytes: string | Buffer][] = [
  ['commas and LF', text],
  ['commas and CRLF', csv(',', '\r\n')],
  ['commas and CR alone', csv(',', '\r')],
  ['semicolons', csv(';', '\r\n')],
  ['tabs', csv('\t', '\n')],
  ['every cell quoted', csv(',', '\r\n', true)],
  ['every cell quoted, semicolons', csv(';', '\n', true)],
  ['a line end at the end', `${text}\n`],
  ['several line ends at the end', `${text}\r\n\r\n\r\n`],
  ['mixed line ends', text.replace('\n', '\r\n')],
  ['an UTF-8 byte order mark', `\uFEFF${text}`],
  ['an UTF-8 byte order mark and a quoted header', `\uFEFF${csv(',', '\n', true)}`],
  ['UTF-16 little endian with a mark', Buffer.from(`\uFEFF${csv('\t', '\r\n')}`, 'utf16le')],
  ['UTF-16 big endian with a mark', utf16be(`\uFEFF${csv(',', '\n')}`)],
  ['UTF-16 little endian without a mark', Buffer.from(text, 'utf16le')],
  ['UTF-16 big endian without a mark', utf16be(text)],
  ['Windows-1252', windows1252(csv(';', '\r\n'))],
  ['a sep= line', `sep=;\r\n${csv(';', '\r\n')}`],
  ['columns in another order', reordered(2, 1, 0)],
  ['capitals in the header', withHeader('PHONE,NAME,TAGS')],
  ['spaces and underscores in the header', withHeader(' Phone_Number , Full Name , Labels ')],
  ['a German header', withHeader('Handynummer,Name,Etiketten')],
  ['a Spanish header', withHeader('Teléfono móvil,Nombre completo,Etiquetas')],
  ['a Chinese header', withHeader('手机号,姓名,标签')],
  ['first and last name', firstAndLast],
  [
    'unknown columns in between',
    TABLE.map(([phone, name, tags], index) => csvRow(phone, index === 0 ? 'id' : `${index}`, name, 'x', tags)).join(
      '\n',
    ),
  ],
  ['an apostrophe before numbers', text.replaceAll('\n+', "\n'+")],
  ['numbers as formulas of text', text.replaceAll(/\n(\+\d+)/g, '\n"=""$1"""')],
  ['spaces around numbers', text.replaceAll(/\n(\+\d+)/g, '\n  $1 ')],
  [
    'tags in two columns',
    TABLE.map(([phone, name, tags], index) =>
      csvRow(phone, name, index === 0 ? 'tags' : tags, index === 0 ? 'labels' : tags),
    ).join('\n'),
  ],
]

function csvRow(...cells: (string | undefined)[]): string {
  return cells.map((cell) => `"${(cell ?? '').replaceAll('"', '""')}"`).join(',')
}

const WORKBOOKS: BookType[] = ['xlsx', 'xlsm', 'xlsb', 'biff8', 'ods']

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

describe('CSV with', () => {
  it.each(DIALECTS)('%s', async (_name, bytes) => {
    const { response, contacts } = await imported(bytes)
    expect(contacts).toEqual(EXPECTED)
    expect(response).toMatchObject({ total_rows: 4, imported: 4, failed: 0 })
    expect(response.results.map(({ row_number }) => row_number)).toEqual([2, 3, 4, 5])
  })
})

describe('a workbook', () => {
  it.each(WORKBOOKS)('as %s', async (type) => {
    const { response, contacts } = await imported(aWorkbook(TABLE, type), `contacts.${type}`)
    expect(contacts).toEqual(EXPECTED)
    expect(response.results.map(({ row_number }) => row_number)).toEqual([2, 3, 4, 5])
  })

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

  it('numbers rows as the spreadsheet does, blank ones included', async () => {
    const rows = [[], ['phone', 'name'], ['+12025550101'], [], [null, ''], ['+12025550102']]
    const { response } = await imported(aWorkbook(rows))
    expect(response.results.map(({ row_number }) => row_number)).toEqual([3, 6])
    expect(response.total_rows).toBe(2)
  })

  it('is read whatever it is called, as is CSV', async () => {
    expect((await imported(aWorkbook(TABLE), 'contacts.csv')).contacts).toEqual(EXPECTED)
    expect((await imported(text, 'contacts.xlsx')).contacts).toEqual(EXPECTED)
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

  it('are read by the likeliest phone column that is filled in', async () => {
    const { contacts } = await imported('Phone,Mobile,Name\n+12025550101,+12025550102,A\n+12025550103,,B')
    expect(contacts.map(({ phone_number }) => phone_number)).toEqual(['+12025550102', '+12025550103'])
  })

  it('have the first name before the last, even where a column is just called name', async () => {
    const { contacts } = await imported('Vorname,Name,Telefon\nAnna,Müller,+12025550101')
    expect(contacts).toMatchObject([{ name: 'Anna Müller' }])
  })
})
