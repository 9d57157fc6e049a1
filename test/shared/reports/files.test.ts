import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import * as xlsx from 'xlsx'
import { attachment } from '../../../shared/http/attachment.ts'
import { csvFile } from '../../../shared/reports/csv.ts'
import type { Cell, Rows } from '../../../shared/reports/rows.ts'
import { xlsxFile } from '../../../shared/reports/xlsx.ts'

const COLUMNS = ['name', 'note', 'count']
const AWKWARD: Cell[][] = [
  ['Ada, "the first"', 'two\r\nlines and\ta tab', 1],
  ['  spaces  ', '<b>&amp;</b> ]]> "\'', 0],
  ['Zoë 😀 漢字', '_x0041_ and \u0001 and \u000b', -2.5],
  [null, '', null],
]

// eslint-disable-next-line @typescript-eslint/require-await -- rows come asynchronously
async function* inBatches(rows: Cell[][], size = 2): Rows {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

async function whole(file: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(file))
}

function readSheet(sheet: xlsx.WorkSheet | undefined): unknown[][] {
  return xlsx.utils.sheet_to_json(sheet!, { header: 1, defval: null })
}

describe('a CSV file', () => {
  it('gives back every cell to a reader that keeps to the standard', async () => {
    const text = (await whole(csvFile(COLUMNS, inBatches(AWKWARD)))).toString('utf8')
    expect(text.startsWith('\uFEFF')).toBe(true)
    const read: unknown = parse(text, { bom: true })
    expect(read).toEqual([COLUMNS, ...AWKWARD.map((row) => row.map((cell) => String(cell ?? '')))])
  })

  it('has no cell that a spreadsheet would calculate, and leaves phone numbers as they are', async () => {
    const names = ['=1+1', '+1+1', '-2', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=HYPERLINK("http://x")', '+15551000000']
    const text = (await whole(csvFile(['name'], inBatches(names.map((name) => [name]))))).toString('utf8')
    const cells = parse(text, { bom: true })
      .slice(1)
      .map(([cell]) => cell)
    expect(cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell!))).toEqual(['+15551000000'])
    expect(cells[0]).toBe("'=1+1")
  })
})

/** A break within a cell is one character in Excel. */
function withPlainBreaks(row: Cell[]): Cell[] {
  return row.map((cell) => (typeof cell === 'string' ? cell.replaceAll('\r\n', '\n') : cell))
}

describe('an Excel workbook', () => {
  it('gives back every cell to the library that reads workbooks', async () => {
    const book = xlsx.read(await whole(xlsxFile(COLUMNS, inBatches(AWKWARD))), { dense: true })
    expect(book.SheetNames).toEqual(['Recipients'])
    expect(readSheet(book.Sheets['Recipients'])).toEqual(
      [COLUMNS, ...AWKWARD.slice(0, 3), [null, '', null]].map(withPlainBreaks),
    )
  })

  it('keeps formulas as texts', async () => {
    const book = xlsx.read(await whole(xlsxFile(['name'], inBatches([['=1+1']]))))
    expect(book.Sheets['Recipients']!['A2']).toMatchObject({ t: 's', v: '=1+1' })
    expect(book.Sheets['Recipients']!['A2']).not.toHaveProperty('f')
  })

  it.each([
    { rows: 0, sheets: 1 },
    { rows: 3, sheets: 1 },
    { rows: 4, sheets: 2 },
    { rows: 6, sheets: 2 },
    { rows: 7, sheets: 3 },
  ])('puts $rows rows into $sheets sheets of three, each with its heading', async ({ rows, sheets }) => {
    const cells = Array.from({ length: rows }, (_, index): Cell[] => [index])
    const book = xlsx.read(await whole(xlsxFile(['n'], inBatches(cells), { rowsPerSheet: 3 })))
    expect(book.SheetNames).toHaveLength(sheets)
    const read = book.SheetNames.map((name) => readSheet(book.Sheets[name]))
    expect(read.every(([head]) => head?.[0] === 'n')).toBe(true)
    expect(read.flatMap((sheet) => sheet.slice(1))).toEqual(cells)
  })

  it('ends with the error that its rows end with, not as a whole file', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await -- rows come asynchronously
    async function* broken(): Rows {
      yield [['one']]
      throw new Error('the store is away')
    }
    await expect(whole(xlsxFile(['name'], broken()))).rejects.toThrow('the store is away')
    await expect(whole(csvFile(['name'], broken()))).rejects.toThrow('the store is away')
  })

  it('is written while its rows are read, however many there are', async () => {
    let [asked, aheadAtMost, bytes] = [0, 0, 0]
    async function* many(): Rows {
      for (asked = 0; asked < 2_000; asked++) {
        await Promise.resolve()
        yield Array.from({ length: 100 }, () => [randomUUID(), 'read', asked])
      }
    }
    let before = 0
    for await (const chunk of xlsxFile(COLUMNS, many())) {
      bytes += chunk.length
      aheadAtMost = Math.max(aheadAtMost, asked - before)
      before = asked
    }
    expect(bytes).toBeGreaterThan(4_000_000)
    expect(aheadAtMost).toBeLessThan(100)
  })
})

describe('the name of a file', () => {
  it.each([
    ['Autumn', `attachment; filename="Autumn.csv"; filename*=UTF-8''Autumn.csv`],
    ['Grüße 😀', `attachment; filename="Gr__e __.csv"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%98%80.csv`],
    ['../../etc/passwd', `attachment; filename="_.._etc_passwd.csv"; filename*=UTF-8''_.._etc_passwd.csv`],
    ['a"b\r\nSet-Cookie: x', `attachment; filename="a_b_Set-Cookie_ x.csv"; filename*=UTF-8''a_b_Set-Cookie_%20x.csv`],
    ['...', `attachment; filename="campaign.csv"; filename*=UTF-8''campaign.csv`],
    ["it's (50%)*", `attachment; filename="it's (50_)_.csv"; filename*=UTF-8''it%27s%20%2850%25%29_.csv`],
  ])('of %j is safe in a header and on a disk', (name, expected) => {
    expect(attachment(name, 'csv')).toBe(expected)
  })
})
