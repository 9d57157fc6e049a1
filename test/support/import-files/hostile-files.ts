/** Files that lie about what they are, are broken, or are made to hurt: `node test/support/import-files/make.ts` writes them. */
import { gzipSync } from 'node:zlib'
import { smallFiles } from './small-files.ts'
import { BOOK_FILES } from './workbook-files.ts'
import { inline, odsWith, sheetXml, xlsxWith, zip } from './made-workbooks.ts'

interface Hostile {
  make: () => Buffer | string
  /** What the refusal says. */
  says: string
}

const oneRow = (cells: string): Buffer => xlsxWith(sheetXml(`<row r="1">${cells}</row>`))
const book = (name = 'inline.xlsx'): Buffer => BOOK_FILES[name]?.() ?? Buffer.alloc(0)

const repeatedCell = (times: number): string =>
  `<table:table-cell office:value-type="string" table:number-columns-repeated="${times}"><text:p>x</text:p></table:table-cell>`

export const HOSTILE: Record<string, Hostile> = {
  'picture.csv': { make: () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), says: 'a PNG image' },
  'photo.xlsx': { make: () => Buffer.from('ffd8ffe000104a464946', 'hex'), says: 'a JPEG image' },
  'document.csv': { make: () => '%PDF-1.7\n', says: 'a PDF document' },
  'letter.xlsx': {
    make: () => zip([{ name: 'word/document.xml', content: Buffer.from('<w/>') }]),
    says: 'a Word document',
  },
  'archive.xlsx': { make: () => zip([{ name: 'contacts.csv', content: Buffer.from('phone') }]), says: 'a ZIP archive' },
  'packed.csv': { make: () => gzipSync('phone\n+12025550101'), says: 'a gzip archive' },
  'page.xls': { make: () => '<html><table><tr><td>phone</td></tr></table></html>', says: 'a web page' },
  'markup.xls': { make: () => '\uFEFF<?xml version="1.0"?><Workbook/>', says: 'an XML file' },
  'records.csv': { make: () => '[{"phone": "+12025550101"}]', says: 'a JSON file' },
  'cards.csv': { make: () => 'BEGIN:VCARD\nTEL:+12025550101\nEND:VCARD', says: 'a vCard address book' },
  'program.csv': {
    make: () => Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 9, 200, 0, 3]),
    says: 'neither text nor a workbook',
  },
  'locked.xlsx': {
    make: () => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
    says: 'protected by a password',
  },
  'cut-off.xlsx': { make: () => book().subarray(0, -300), says: 'damaged' },
  'damaged.xlsx': { make: () => book().fill(0xff, 200, 900), says: 'damaged' },
  'open-quote.csv': {
    make: () => 'phone,name\n+12025550101,Anna\n+12025550102,"Eva\n',
    says: 'Row 3 has a quotation mark',
  },
  'no-header.csv': { make: () => '+12025550101,Anna\n+12025550102,Eva', says: 'The first row is a contact already' },
  'no-phones.csv': { make: () => 'name,e-mail\nAnna,a@example.com', says: 'name one of them "phone"' },
  'nothing.csv': { make: () => '', says: 'The file is empty' },
  'blanks.csv': { make: () => '\n\n  \n,,\n', says: 'The file is empty' },
  'false-dimension.xlsx': {
    make: () => xlsxWith(sheetXml(`<row r="1">${inline('A1', 'name')}</row>`, 'A1:BDWGN1048576')),
    says: 'no column with phone numbers',
  },
  'millionth-column.xlsx': {
    make: () => oneRow(`${inline('A1', 'phone')}${inline('BDWGN1', 'x')}`),
    says: 'more than 1,000 columns',
  },
  'far-row.xlsx': {
    make: () =>
      xlsxWith(
        sheetXml(
          `<row r="1">${inline('A1', 'phone')}</row><row r="50000000">${inline('A50000000', '+12025550101')}</row>`,
        ),
      ),
    says: 'a row beyond 1,048,576',
  },
  'repeated.ods': {
    make: () =>
      odsWith(`<table:table-row table:number-rows-repeated="1048576">${repeatedCell(16_384)}</table:table-row>`),
    says: 'unpacks to far more',
  },
  // One row of it ends the process where the reader makes the cells.
  'repeated-wide.ods': {
    make: () => odsWith(`<table:table-row>${repeatedCell(999_999_999)}</table:table-row>`),
    says: 'unpacks to far more',
  },
  'repeated-hidden.ods': {
    make: () => odsWith(`<table:table-row><table:<!-- -->${repeatedCell(999_999_999).slice(7)}</table:table-row>`),
    says: 'damaged',
  },
  'broken-ole.xls': {
    make: () => book('excel-97.xls').fill(0xff, 76, 1024),
    says: 'cannot be read',
  },
  'cut-off.xls': { make: () => book('excel-97.xls').subarray(0, 2000), says: 'cannot be read' },
  'cut-off.xlsb': { make: () => book('binary.xlsb').subarray(0, -300), says: 'damaged' },
  'million-columns.csv': { make: () => `phone${','.repeat(1_000_000)}\n+12025550101`, says: 'more than 1,000 columns' },
  'bomb.xlsx': { make: () => xlsxWith(Buffer.alloc(200 * 1024 * 1024, ' ')), says: 'unpacks to far more' },
  'blank-lines.csv': {
    make: () => `phone,name\n${'\n'.repeat(9 * 1024 * 1024)}`,
    says: 'a header and no rows',
  },
  'endless-row.csv': {
    make: () => `phone,name\n+12025550101,"Anna\n${'+12025550102,Eva\n'.repeat(20_000)}`,
    says: 'Row 2 is longer than',
  },
}

export function hostileFiles(): Map<string, Buffer> {
  return smallFiles(HOSTILE)
}
