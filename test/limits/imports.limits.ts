/** Imports at the very limits that the API document names: what is as large as it may be is taken, and one more is refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importContactsEndpoint } from '../../functions/contacts/import.ts'
import { readFile } from '../../shared/imports/read-file.ts'
import { receiveImport } from '../../shared/imports/receive.ts'
import { aContactsWorld, formWith, type ContactsWorld } from '../shared/contacts/support.ts'
import { aNumber, countContacts, uploaded } from '../shared/imports/support.ts'
import { FORM_HEADERS, aForm } from '../support/media-samples.ts'

const MB = 1024 * 1024

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

it('50,000 rows of together 10 MB are imported by one request', async () => {
  const rows = 50_000
  const lines = Array.from({ length: rows }, (_, index) => `${aNumber(index)},Zoë ${index},vip,`)
  const each = Math.floor((10 * MB - Buffer.byteLength(lines.join('\n')) - 100) / rows)
  const file = Buffer.from(`phone,name,tags,notes\n${lines.map((line) => line + 'x'.repeat(each)).join('\n')}`)
  expect(file.length).toBeGreaterThan(9.9 * MB)
  expect(file.length).toBeLessThanOrEqual(10 * MB)
  const answer = await at.call(importContactsEndpoint, { ...formWith(file), query: { workspace_id: at.acme } })
  expect(answer).toMatchObject({ status: 200, body: { total_rows: rows, imported: rows, failed: 0, skipped: 0 } })
  expect(await countContacts(at.deps, at.acme)).toBe(rows)
})

describe('an import as a job', () => {
  const readRows = async (rows: number) => {
    const job = await uploaded(at.deps, at.globex, `phone\n${'1\n'.repeat(rows)}`)
    return readFile(at.deps, job, () => Promise.resolve())
  }

  it('reads 1,000,000 rows, and refuses one more', async () => {
    expect(await readRows(1_000_000)).toEqual({ rows: 1_000_000, parts: 500 })
    await expect(readRows(1_000_001)).rejects.toMatchObject({
      code: 'import_too_large',
      message: expect.stringContaining('more than 1,000,000 rows: split it into several files') as unknown,
    })
  })

  it('takes in 100 MB, and refuses one byte more', async () => {
    expect(await receive(100 * MB)).toMatchObject({ size: 100 * MB, format: { kind: 'text', encoding: 'utf-8' } })
    await expect(receive(100 * MB + 1)).rejects.toMatchObject({
      code: 'import_too_large',
      message: expect.stringContaining('larger than 100 MB: split it into several files') as unknown,
    })
  })

  function receive(bytes: number) {
    const request = {
      method: 'POST',
      path: '/api/contacts/imports',
      query: new URLSearchParams(),
      headers: new Headers(FORM_HEADERS),
      params: {},
      body: aFormOf(bytes),
    }
    return receiveImport(at.deps, at.globex, request)
  }
})

/** Made while it is sent. */
// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* aFormOf(bytes: number): AsyncGenerator<Uint8Array> {
  const header = 'phone\n'
  const form = aForm([{ name: 'file', content: header, filename: 'contacts.csv', type: 'text/csv' }])
  const end = form.lastIndexOf('\r\n--')
  yield form.subarray(0, end)
  const block = Buffer.from('+4915550000000\n'.repeat(4096))
  for (let left = bytes - header.length; left > 0; left -= block.length) yield block.subarray(0, left)
  yield form.subarray(end)
}
