/** Files that are broken, lying or made to hurt: each is refused with a cure, soon, and leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importContactsEndpoint } from '../../../../functions/contacts/import.ts'
import { ValidationError } from '../../../../shared/errors.ts'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { handleRequest } from '../../../../shared/http/handle.ts'
import { inline, sheetXml, xlsxWith, zip } from '../../../support/import-files/made-workbooks.ts'
import { aContactsWorld, allContacts, aPhone, aWorkbook, formWith, type ContactsWorld } from '../support.ts'

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(async () => {
  expect(await allContacts(at.deps, at.acme)).toEqual([])
  await at.world.close()
})

async function refusalOf(bytes: Buffer | string, name = 'contacts.csv'): Promise<string> {
  const error: unknown = await importContacts(at.deps, at.acme, { name, bytes: Buffer.from(bytes) }).catch(
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ValidationError)) throw new Error('was not refused', { cause: error })
  expect(error.problems).toMatchObject([{ loc: ['body', 'file'] }])
  return error.problems[0]?.msg ?? ''
}

describe('a file that is not what it should be', () => {
  it.each([
    ['a PNG image', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a PDF document', Buffer.from('%PDF-1.7\n')],
    ['a JPEG image', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['a ZIP archive', zip([{ name: 'contacts.csv', content: Buffer.from('phone') }])],
    ['a Word document', zip([{ name: 'word/document.xml', content: Buffer.from('<w/>') }])],
    ['a web page', Buffer.from('<!DOCTYPE html><table><tr><td>phone</td></tr></table>')],
    ['an XML file', Buffer.from('\uFEFF<?xml version="1.0"?><Workbook/>')],
    ['a JSON file', Buffer.from('[{"phone": "+12025550101"}]')],
    ['neither text nor a workbook', Buffer.from([1, 2, 3, 0, 0, 9, 200, 0, 1, 7])],
    ['a gzip archive', Buffer.from('1f8b0800', 'hex')],
  ])('is named: %s', async (what, bytes) => {
    const message = await refusalOf(bytes, 'my "contacts".csv')
    expect(message).toContain(`"my contacts.csv" is ${what}`)
    expect(message).toContain('Save your contacts as CSV')
  })

  it('with a password is told apart', async () => {
    const bytes = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')])
    expect(await refusalOf(bytes, 'a.xlsx')).toContain('protected by a password')
  })
})

describe('a file without contacts', () => {
  it.each([
    ['nothing in it', '', 'The file is empty'],
    ['nothing but blank lines', '\n\n  \n,,\n', 'The file is empty'],
    ['only a header', 'phone,name\n', 'a header and no rows'],
    ['only a header and blank rows', 'phone,name\n,\n\n', 'a header and no rows'],
    ['no phone column', 'name,e-mail\nAnna,a@example.com', 'name one of them "phone". The file has: name, e-mail'],
    ['its header in a lower row', 'Customers\nphone,name\n+12025550101,A', 'in a lower row, remove the rows above'],
    ['no header', '+12025550101,Anna\n+12025550102,Eva', 'The first row is a contact already'],
  ])('because it has %s', async (_why, text, words) => {
    expect(await refusalOf(text)).toContain(words)
  })

  it('because its first sheet is empty', async () => {
    expect(await refusalOf(aWorkbook([]), 'a.xlsx')).toContain('first sheet of the workbook is empty')
  })

  it('because its sheet has no phone column', async () => {
    expect(await refusalOf(aWorkbook([['Name'], ['Anna']]), 'a.xlsx')).toContain('The file has: Name')
  })
})

describe('a broken file', () => {
  it('names the row whose quotation mark is not closed', async () => {
    const text = 'phone,name\n+12025550101,Anna\n+12025550102,"Eva\n+12025550103,Ida'
    expect(await refusalOf(text)).toContain('Row 3 has a quotation mark that is not closed')
  })

  it('names the row that swallows the rest because of one', async () => {
    const text = `phone,name\n+12025550101,"Anna\n${'+12025550102,Eva\n'.repeat(20_000)}`
    expect(await refusalOf(text)).toContain('Row 2 is longer than')
  })

  it.each([0.3, 0.9, 0.99])('refuses a workbook that is cut off at %d', async (share) => {
    const bytes = aWorkbook([['phone'], ['+12025550101']])
    expect(await refusalOf(bytes.subarray(0, bytes.length * share), 'a.xlsx')).toContain('damaged')
  })

  it('refuses a workbook with damaged content', async () => {
    const bytes = aWorkbook([['phone'], ...Array.from({ length: 500 }, (_, index) => [aPhone(index)])])
    const from = bytes.indexOf('xl/worksheets/sheet1.xml') + 40
    bytes.fill(0xff, from, from + 60)
    expect(await refusalOf(bytes, 'a.xlsx')).toMatch(/damaged|cannot be read/)
  })
})

describe('a file that is too much', () => {
  it('has more than 50,000 rows, and not one of them is stored', async () => {
    const rows = Array.from({ length: 50_001 }, (_, index) => aPhone(index))
    const attempt = importContacts(at.deps, at.acme, { name: 'a.csv', bytes: Buffer.from(`phone\n${rows.join('\n')}`) })
    await expect(attempt).rejects.toMatchObject({ code: 'import_too_large', status: 413 })
  })

  it('is a body of 50 MB: refused after some 10, the rest is never read', async () => {
    let sent = 0
    async function* body(): AsyncGenerator<Uint8Array> {
      yield formWith(Buffer.alloc(0)).bytes.subarray(0, 150)
      while (sent < 50 * 1024 * 1024) {
        await Promise.resolve()
        sent += 64 * 1024
        yield Buffer.alloc(64 * 1024, 'a')
      }
    }
    const answer = await handleRequest(
      importContactsEndpoint,
      {
        method: 'POST',
        path: '/api/contacts/import',
        query: new URLSearchParams({ workspace_id: at.acme }),
        headers: new Headers({ 'content-type': 'multipart/form-data; boundary=b' }),
        params: {},
        body: body(),
      },
      { ...at.deps, authenticate: () => Promise.resolve(aCaller()) },
    )
    expect(answer).toMatchObject({ status: 413, body: { code: 'import_too_large' } })
    expect(sent).toBeLessThan(11 * 1024 * 1024)
  })

  it('says in Content-Length that it is 50 MB: refused unread', async () => {
    const { bytes, headers } = formWith(Buffer.from('phone'))
    const answer = await at.call(importContactsEndpoint, {
      bytes,
      headers: { ...headers, 'content-length': String(50 * 1024 * 1024) },
      query: { workspace_id: at.acme },
    })
    expect(answer).toMatchObject({ status: 413 })
  })

  it('is a row of a million columns', async () => {
    const text = `phone${',x'.repeat(1_000_000)}\n+12025550101`
    expect(await refusalOf(text)).toMatch(/more than 1,000 columns|longer than/)
    expect(await refusalOf(`phone${','.repeat(1_000_000)}\n+12025550101`)).toContain('more than 1,000 columns')
  })
})

describe('a hostile workbook', () => {
  it('is a zip bomb: refused by what comes out of it, whatever sizes it claims', async () => {
    const bomb = Buffer.alloc(200 * 1024 * 1024, ' ')
    const honest = xlsxWith(bomb)
    expect(honest.length).toBeLessThan(1024 * 1024)
    const before = process.memoryUsage().rss
    expect(await refusalOf(honest, 'bomb.xlsx')).toContain('unpacks to far more')
    const lying = xlsxWith(sheetXml(''), [{ name: 'xl/sharedStrings.xml', content: bomb, claimedBytes: 10 }])
    expect(await refusalOf(lying, 'bomb.xlsx')).toContain('unpacks to far more')
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
  })

  it('claims a million columns and a million rows in its dimension, and has one contact', async () => {
    const rows = `<row r="1">${inline('A1', 'name')}</row><row r="2">${inline('A2', 'x')}</row>`
    const bytes = xlsxWith(sheetXml(rows, 'A1:BDWGN1048576'))
    expect(await refusalOf(bytes, 'a.xlsx')).toContain('no column with phone numbers')
  })

  it('has a cell in its millionth column', async () => {
    const rows = `<row r="1">${inline('A1', 'phone')}${inline('BDWGN1', 'x')}</row><row r="2">${inline('A2', aPhone(1))}</row>`
    expect(await refusalOf(xlsxWith(sheetXml(rows)), 'a.xlsx')).toContain('more than 1,000 columns')
  })

  it('has a row of a million cells', async () => {
    const cells = Array.from({ length: 16_384 }, (_, index) => `<c><v>${index}</v></c>`).join('')
    const rows = `<row r="1">${cells.repeat(61)}</row>`
    expect(await refusalOf(xlsxWith(sheetXml(rows)), 'a.xlsx')).toContain('more than 1,000 columns')
  })

  it('does not stop the next import', async () => {
    const [first, second] = await Promise.all([
      refusalOf(aWorkbook([]), 'a.xlsx'),
      refusalOf(aWorkbook([['Name'], ['A']]), 'b.xlsx'),
    ])
    expect(first).toContain('empty')
    expect(second).toContain('Name')
  })
})

function aCaller() {
  return { userId: at.acme, email: undefined, memberships: [{ workspaceId: at.acme, role: 'MEMBER' as const }] }
}
