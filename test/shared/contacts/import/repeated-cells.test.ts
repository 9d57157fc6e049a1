import { expect, it } from 'vitest'
import { openSheet } from '../../../../shared/contacts/import/open-sheet.ts'
import { repeatedCells } from '../../../../shared/contacts/import/repeated-cells.ts'
import { odsWith } from '../../../support/import-files/made-workbooks.ts'

const cell = (text: string, attributes = ''): string =>
  `<table:table-cell office:value-type="string"${attributes}><text:p>${text}</text:p></table:table-cell>`
const TIMES_3 = ' table:number-columns-repeated="3"'

it('counts cells that repeat others, in rows that are repeated once for each', () => {
  expect(repeatedCells(odsRow(cell('a') + cell('b')))).toBe(0)
  expect(repeatedCells(odsRow(cell('a', TIMES_3)))).toBe(2)
  expect(repeatedCells(odsRow(cell('a', TIMES_3) + cell('b'), 10))).toBe(29 + 9)
})

it.each([
  ['a prefix of its own', '<t:table-cell x:NUMBER-COLUMNS-REPEATED="50"><p>a</p></t:table-cell>'],
  ['a name with a suffix', '<table-cell_1 number-columns-repeated="50"><p>a</p></table-cell_1>'],
  ['an attribute with an angle bracket', '<table-cell a=">" number-columns-repeated="50"><p>a</p></table-cell>'],
  [
    'two numbers of repetitions',
    '<table-cell a:number-columns-repeated="1" number-columns-repeated="50"></table-cell>',
  ],
])('is not led astray by %s', (_what, cells) => {
  expect(repeatedCells(odsRow(cells))).toBe(49)
})

it('counts no empty ones: a sheet that is filled up with them to its end is read, and so are repeated contacts', async () => {
  const rest = '<table:table-cell table:number-columns-repeated="16381"/>'
  const rows = [
    odsRow(cell('phone') + cell('name') + cell('tags') + rest),
    odsRow(cell('+12025550101') + cell('x', ' table:number-columns-repeated="2"') + rest, 2),
    odsRow('<table:table-cell table:number-columns-repeated="16384"/>', 1_048_573),
  ]
  const sheet = await openSheet({ name: 'a.ods', bytes: odsWith(rows.join('')) })
  try {
    const cells = (await Array.fromAsync(sheet.rows())).map((row) => row.cells)
    expect(cells).toEqual([
      ['+12025550101', 'x', 'x'],
      ['+12025550101', 'x', 'x'],
    ])
  } finally {
    await sheet.close()
  }
})

function odsRow(cells: string, times = 1): string {
  return `<table:table-row table:number-rows-repeated="${times}">${cells}</table:table-row>`
}
