import { expect, it } from 'vitest'
import { openWorkbook } from '../../../../shared/contacts/import/workbook.ts'
import { aPhone, aWorkbook } from '../support.ts'

const TOO_MUCH = { problems: [{ msg: expect.stringContaining('takes too much to read') as unknown }] }
const GENEROUS = { answerWithinMs: 40_000, maxHeapMb: 640 }

function aLargeWorkbook(): Buffer {
  return aWorkbook([
    ['phone'],
    ...Array.from({ length: 20_000 }, (_, index) => [aPhone(index), `a ${index}`, `b ${index}`, `c ${index}`]),
  ])
}

/** The next one has its turn: nothing of the workbook before is left. */
async function theNextOpens(): Promise<void> {
  const sheet = await openWorkbook(aWorkbook([['phone'], [aPhone(1)]]), 'zipped-workbook')
  await sheet.close()
  expect(sheet.dataRows).toBe(1)
}

it.each([
  ['time', { ...GENEROUS, answerWithinMs: 1 }],
  ['memory', { ...GENEROUS, maxHeapMb: 8 }],
])('a workbook that takes more %s than it may is refused, and its thread ended', async (_what, limits) => {
  const opening = openWorkbook(aLargeWorkbook(), 'zipped-workbook', 50_000, limits)
  await expect(opening).rejects.toMatchObject(TOO_MUCH)
  await theNextOpens()
})

it('the same workbook is read within the usual limits', async () => {
  const sheet = await openWorkbook(aLargeWorkbook(), 'zipped-workbook', 50_000, GENEROUS)
  await sheet.close()
  expect(sheet.dataRows).toBe(20_000)
})
