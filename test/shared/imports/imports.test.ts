/** An import of a large file, from its upload to its result. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { findImport, listImports } from '../../../shared/imports/find.ts'
import { cancelImport } from '../../../shared/imports/cancel.ts'
import { readFile } from '../../../shared/imports/read-file.ts'
import { receiveImport } from '../../../shared/imports/receive.ts'
import { importResult } from '../../../shared/imports/result.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { PLANS } from '../../../shared/workspaces/plans.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { addContacts } from '../../support/campaign-world.ts'
import { BOOK_FILES } from '../../support/import-files/workbook-files.ts'
import { uploadRequest } from '../../support/imports.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'
import { aContact, aContactsWorld, allContacts, type ContactsWorld } from '../contacts/support.ts'
import { aFile, aNumber, countContacts, imported, resultOf, run, uploaded } from './support.ts'

let at: ContactsWorld
let workspace: WorkspaceId
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

describe('a file', () => {
  it('waits, is read, imported part by part, and counted', async () => {
    const queued = await uploaded(at.deps, workspace, aFile(4500))
    expect(queued).toMatchObject({ status: 'queued', file_name: 'contacts.csv', total_rows: null })
    const job = await run(at.deps, queued)
    expect(job).toMatchObject({ status: 'completed', total_rows: 4500, read_rows: 4500, parts: 3, next_part: 3 })
    expect(job.counts).toEqual({ imported: 4500, updated: 0, skipped: 0, failed: 0 })
    expect(job.finished_at).not.toBeNull()
    expect(await countContacts(at.deps, workspace)).toBe(4500)
    expect(await allContacts(at.deps, workspace, { search: 'Person 4242' })).toMatchObject([
      { phone_number: aNumber(4242), name: 'Person 4242', tags: ['a', 'b'], opted_in: true, opted_in_source: 'import' },
    ])
  })

  it('that is imported again changes nothing', async () => {
    const text = `${aFile(2500)}\n${aNumber(3)},Another name,`
    await imported(at.deps, workspace, text)
    const before = await allContacts(at.deps, workspace)
    const again = await imported(at.deps, workspace, text)
    expect(again.counts).toEqual({ imported: 0, updated: 2500, skipped: 1, failed: 0 })
    expect(await allContacts(at.deps, workspace)).toEqual(before)
  })

  it('has each number once: later rows are skipped, whichever part they are in and however they are written', async () => {
    const text = `${aFile(2100)}\n00${aNumber(0).slice(1)},Later\n(${aNumber(2050)}),Later\n${aNumber(2100)},New`
    const job = await imported(at.deps, workspace, text)
    expect(job.counts).toEqual({ imported: 2101, updated: 0, skipped: 2, failed: 0 })
    expect(job.reasons).toEqual([{ status: 'skipped', reason: 'Another row has the same number', count: 2 }])
    expect(await resultOf(at.deps, job)).toBe(
      '\uFEFFimport_row,import_result,import_reason,phone,name,tags\r\n' +
        `2102,skipped,Row 2 has the same number,00${aNumber(0).slice(1)},Later\r\n` +
        `2103,skipped,Row 2052 has the same number,(${aNumber(2050)}),Later\r\n`,
    )
    expect(await allContacts(at.deps, workspace, { search: 'Later' })).toEqual([])
  })

  it('gives its rejected rows with reason, row number and cells as they were, and none is a formula', async () => {
    const text = [
      'Vorname,Handy,Notiz,Tags',
      'Ada,nobody,"=HYPERLINK(""http://x"")",vip',
      '',
      `Eva,${aNumber(1)},@x,${'t'.repeat(51)}`,
      `"A, ""B""\nC",4.91512E+12,-1,`,
      `Ida,${aNumber(2)},ok,`,
    ].join('\r\n')
    const job = await imported(at.deps, workspace, text)
    expect(job.counts).toEqual({ imported: 1, updated: 0, skipped: 0, failed: 3 })
    expect(job.reasons.map(({ reason, count }) => [reason, count])).toEqual([
      ['This is not a phone number: write it like +15551234567', 1],
      ['A tag has more than 50 characters', 1],
      ['A spreadsheet has shortened this number: format the column as text or number, and export the file again', 1],
    ])
    const [, ...lines] = (await resultOf(at.deps, job)).split('\r\n')
    expect(lines).toEqual([
      `2,failed,This is not a phone number: write it like +15551234567,Ada,nobody,"'=HYPERLINK(""http://x"")",vip`,
      `4,failed,A tag has more than 50 characters,Eva,${aNumber(1)},'@x,${'t'.repeat(51)}`,
      '5,failed,"A spreadsheet has shortened this number: format the column as text or number, and export the file again",' +
        `"A, ""B""\nC",4.91512E+12,'-1,`,
      '',
    ])
  })

  it('that is corrected from its result imports what was rejected', async () => {
    const job = await imported(at.deps, workspace, `phone,name,city\nnobody,Ada,Berlin\n${aNumber(1)},Eva,Bonn`)
    const corrected = (await resultOf(at.deps, job)).replace('nobody', aNumber(2))
    const again = await imported(at.deps, workspace, corrected, { otherColumns: 'attributes' })
    expect(again.counts).toMatchObject({ imported: 1, failed: 0 })
    const [contact] = await allContacts(at.deps, workspace, { search: 'Ada' })
    expect(contact).toMatchObject({ phone_number: aNumber(2), attributes: { city: 'Berlin' } })
  })

  it.each(['inline.xlsx', 'excel-97.xls', 'calc.ods'])('may be a workbook: %s', async (name) => {
    const job = await imported(at.deps, workspace, BOOK_FILES[name]!(), { name })
    expect(job).toMatchObject({ status: 'completed', counts: { imported: 4, failed: 0 }, format: { kind: 'workbook' } })
  })

  it.each([
    ['utf-16le', Buffer.from(`\uFEFF${aFile(3)}\n,Zoë €`, 'utf16le')],
    ['windows-1252', Buffer.from(`phone,name\n${aNumber(1)},Zo\u00eb \x80`, 'latin1')],
    ['utf-8', Buffer.from(`phone,name\n${aNumber(1)},${'Zoë €'.repeat(20)}${' '.repeat(80_000)}`)],
  ])('is read in its encoding: %s', async (encoding, bytes) => {
    const job = await imported(at.deps, workspace, bytes)
    expect(job).toMatchObject({ status: 'completed', format: { encoding } })
  })

  it('replaces and keeps columns where it is asked to, with the country it is given', async () => {
    const contact = await aContact(at.deps, workspace, { phone: '+4915228817386', name: 'Old', tags: ['old'] })
    const options = { mode: 'replace', otherColumns: 'attributes', defaultCountry: 'DE' } as const
    await imported(at.deps, workspace, 'phone,name,tags,city\n0152 28817386,,new,Berlin', options)
    const changed = { id: contact.id, name: null, tags: ['new'], attributes: { city: 'Berlin' } }
    expect(await allContacts(at.deps, workspace)).toMatchObject([changed])
  })

  it('opts nobody back in, and brings back the deleted without it', async () => {
    const [out, gone] = [
      await aContact(at.deps, workspace, { phone: aNumber(0) }),
      await aContact(at.deps, workspace, { phone: aNumber(1) }),
    ]
    for (const { id } of [out, gone]) {
      await updateContact(at.deps, workspace, id, { opted_in: false, source: 'inbound' })
    }
    await deleteContact(at.deps, workspace, gone.id)
    const job = await imported(at.deps, workspace, aFile(3), { mode: 'replace' })
    expect(job.counts).toEqual({ imported: 2, updated: 1, skipped: 0, failed: 0 })
    const silent = await allContacts(at.deps, workspace, { opted_in: false })
    expect(silent.map(({ id }) => id).sort()).toEqual([out.id, gone.id].sort())
  })

  it('of two parts creates no more contacts than the plan has room for, and says so of the others', async () => {
    await aStoredWorkspace(at.deps, workspace)
    const limit = PLANS.free.contacts ?? 0
    await addContacts(at.deps, workspace, { count: limit - 2001 })
    const job = await imported(at.deps, workspace, aFile(2004))
    expect(job).toMatchObject({ parts: 2, counts: { imported: 2001, updated: 0, skipped: 0, failed: 3 } })
    expect(job.reasons).toMatchObject([{ reason: expect.stringContaining('no room') as unknown, count: 3 }])
    expect(await countContacts(at.deps, workspace)).toBe(limit)
  })
})

describe('a file that cannot be imported', () => {
  it.each([
    ['no phone column', 'name\nAda', 'There is no column with phone numbers'],
    ['only a header', 'phone\n', 'a header and no rows'],
    ['a quotation mark that is not closed', `phone,name\n${aNumber(1)},"Ada\n`, 'Row 2 has a quotation mark'],
    ['blank lines', '\n\n', 'The file is empty'],
  ])('fails in words, and stores nothing: %s', async (_what, text, says) => {
    const job = await imported(at.deps, workspace, text)
    expect(job).toMatchObject({ status: 'failed', problem: expect.stringContaining(says) as unknown })
    expect(await countContacts(at.deps, workspace)).toBe(0)
    expect(await resultOf(at.deps, job)).toContain('import_row,import_result,import_reason')
  })

  it('fails for a mistake at its end before anything of it is stored', async () => {
    const job = await imported(at.deps, workspace, `${aFile(4100)}\n${aNumber(5000)},"Ada`)
    expect(job).toMatchObject({ status: 'failed', problem: expect.stringContaining('Row 4102') as unknown })
    expect(await countContacts(at.deps, workspace)).toBe(0)
  })

  it('is refused at once where its beginning tells', async () => {
    const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100_000)])
    await expect(uploaded(at.deps, workspace, picture)).rejects.toMatchObject({
      problems: [{ loc: ['body', 'file'], msg: expect.stringContaining('a PNG image') as unknown }],
    })
    expect(await listImports(at.deps, workspace, { limit: 10, offset: 0 })).toMatchObject({ total: 0 })
  })

  it('is refused at once where it is a workbook of more than 25 MB', async () => {
    const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(25 * 1024 * 1024)])
    await expect(uploaded(at.deps, workspace, zip, { name: 'a.xlsx' })).rejects.toMatchObject({
      code: 'import_too_large',
      message: expect.stringContaining('save the sheet with the contacts as CSV') as unknown,
    })
  })

  it('has one row too many', async () => {
    const read = async (rows: number) =>
      readFile(at.deps, await uploaded(at.deps, workspace, aFile(rows)), async () => {}, 3)
    expect(await read(3)).toEqual({ rows: 3, parts: 1 })
    await expect(read(4)).rejects.toMatchObject({
      code: 'import_too_large',
      message: expect.stringContaining('more than 1,000,000 rows: split it into several files') as unknown,
    })
  })

  it('is one byte too large', async () => {
    const text = aFile(3)
    const receive = (bytes: number) => receiveImport(at.deps, workspace, uploadRequest(text), bytes)
    expect(await receive(text.length)).toMatchObject({ size: text.length })
    await expect(receive(text.length - 1)).rejects.toMatchObject({
      code: 'import_too_large',
      message: expect.stringContaining('larger than 100 MB: split it into several files') as unknown,
    })
  })

  it('is a ZIP bomb: refused by what comes out of it', async () => {
    const { HOSTILE } = await import('../../support/import-files/hostile-files.ts')
    const job = await imported(at.deps, workspace, HOSTILE['bomb.xlsx']!.make(), { name: 'a.xlsx' })
    expect(job).toMatchObject({ status: 'failed', problem: expect.stringContaining('unpacks to far more') as unknown })
  })
})

describe('another workspace', () => {
  it('sees nothing of an import, and cannot touch it', async () => {
    const job = await imported(at.deps, workspace, aFile(3))
    const other = aWorkspaceId()
    const missing = { code: 'import_not_found' }
    await expect(findImport(at.deps, other, job.id)).rejects.toMatchObject(missing)
    await expect(cancelImport(at.deps, other, job.id)).rejects.toMatchObject(missing)
    await expect(importResult(at.deps, other, job.id)).rejects.toMatchObject(missing)
    expect(await listImports(at.deps, other, { limit: 10, offset: 0 })).toMatchObject({ items: [], total: 0 })
    expect(await countContacts(at.deps, other)).toBe(0)
  })
})

it('a result is there for 30 days', async () => {
  const job = await imported(at.deps, workspace, 'phone\nnobody')
  const later = (days: number) => ({ ...at.deps, now: () => new Date(Date.parse(job.created_at) + days * 86_400_000) })
  expect(await resultOf(later(29), job)).toContain('nobody')
  await expect(importResult(later(30), workspace, job.id)).rejects.toMatchObject({ code: 'import_result_expired' })
})
