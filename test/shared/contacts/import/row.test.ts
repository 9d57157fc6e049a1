import { expect, it } from 'vitest'
import type { Columns } from '../../../../shared/contacts/import/columns.ts'
import { judgeRow } from '../../../../shared/contacts/import/row.ts'

const columns: Columns = { phones: [0], names: [], tags: [], attributes: [] }

it('a local number is told that an import can be given the country', () => {
  expect(judgeRow(['0170 333333'], columns, undefined)).toMatchObject({
    ok: false,
    problem: expect.stringContaining('or give the import a default_country') as unknown,
    phoneText: '0170 333333',
  })
  expect(judgeRow(['0170 3333333'], columns, 'DE')).toMatchObject({ ok: true, phone: { e164: '+491703333333' } })
})

it('any other mistake is told as it is', () => {
  expect(judgeRow(['bad'], columns, undefined)).toMatchObject({ ok: false, problem: 'This is not a phone number' })
})
