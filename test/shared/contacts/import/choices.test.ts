/** What an import is asked to do with existing contacts (`mode`) and with other columns (`other_columns`). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importContactsEndpoint } from '../../../../functions/contacts/import.ts'
import { importContacts, type ImportOptions } from '../../../../shared/contacts/import-contacts.ts'
import { updateContact } from '../../../../shared/contacts/update.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContact, aContactsWorld, allContacts, aPhone, formWith, type ContactsWorld } from '../support.ts'

let at: ContactsWorld
let workspace: WorkspaceId
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

const phone = aPhone(0)
const imported = (text: string, options: ImportOptions = {}) =>
  importContacts(at.deps, workspace, { name: 'a.csv', bytes: Buffer.from(text) }, options)
const theContact = async () => (await allContacts(at.deps, workspace))[0]

describe('mode=replace', () => {
  const replace = (text: string) => imported(text, { mode: 'replace', otherColumns: 'attributes' })

  it('makes name, tags and attributes what the columns say, and takes away what is empty', async () => {
    const { id } = await aContact(at.deps, workspace, { phone, name: 'Old', tags: ['vip', 'berlin'] })
    await updateContact(at.deps, workspace, id, { attributes: { city: 'Berlin', level: '3' }, source: 'api' })
    expect(await replace(`phone,name,tags,City\n${phone},,new,`)).toMatchObject({ updated: 1 })
    expect(await theContact()).toMatchObject({ name: null, tags: ['new'], attributes: { level: '3' } })
  })

  it('leaves what the file has no column for', async () => {
    await aContact(at.deps, workspace, { phone, name: 'Old', tags: ['vip'] })
    expect(await replace(`phone\n${phone}`)).toMatchObject({ updated: 1, results: [{ reason: 'Nothing to change' }] })
    expect(await theContact()).toMatchObject({ name: 'Old', tags: ['vip'] })
  })

  it('opts nobody back in', async () => {
    const { id } = await aContact(at.deps, workspace, { phone, name: 'Old' })
    await updateContact(at.deps, workspace, id, { opted_in: false, source: 'inbound' })
    await replace(`phone,name\n${phone},New`)
    expect(await theContact()).toMatchObject({ name: 'New', opted_in: false, opted_in_source: 'inbound' })
  })
})

describe('other columns', () => {
  const keeping = (text: string) => imported(text, { otherColumns: 'attributes' })

  it('are left out unless they are asked for', async () => {
    await imported(`phone,city\n${phone},Berlin`)
    expect(await theContact()).toMatchObject({ attributes: {} })
  })

  it('are kept under their names, and found without regard to case by what is imported later', async () => {
    await keeping(`phone,City,Région (siège),,Tags\n${phone}, Berlin ,Nord,nameless,vip`)
    expect(await theContact()).toMatchObject({ attributes: { City: 'Berlin', 'Région siège': 'Nord' }, tags: ['vip'] })
    await keeping(`phone,CITY,region siege\n${phone},Hamburg,`)
    expect(await theContact()).toMatchObject({ attributes: { City: 'Hamburg', 'Région siège': 'Nord' } })
    expect(await keeping(`phone,CITY\n${phone},Hamburg`)).toMatchObject({ results: [{ reason: 'Nothing to change' }] })
  })

  it('are kept in any script, with digits, marks and vowels as they are, and found in another spelling', async () => {
    const names = [
      'Город',
      '生年月日',
      'शहर का नाम',
      'المدينة',
      'Größe №2',
      'e\u0301tat',
      'نام\u200cخانوادگی',
      'ｃｉｔｙ',
      '😀 mood',
    ]
    await keeping(`phone,${names.join(',')}\n${phone}${names.map((_, n) => `,x${n}`).join('')}`)
    const kept = ['Город', '生年月日', 'शहर का नाम', 'المدينة', 'Größe No2', 'état', 'نامخانوادگی', 'city', 'mood']
    const attributes = Object.fromEntries(kept.map((name, n) => [name, `x${n}`]))
    expect((await theContact())?.attributes).toEqual(attributes)
    await keeping(`phone,ГОРОД,GRÖSSE no2,Etat\n${phone},y,z,`)
    expect((await theContact())?.attributes).toEqual({ ...attributes, Город: 'y', 'Größe No2': 'z' })
  })

  it('do not take in the columns that a result file of ours adds', async () => {
    await keeping(`import_row,import_result,import_reason,phone,city\n2,failed,x,${phone},Berlin`)
    expect(await theContact()).toMatchObject({ attributes: { city: 'Berlin' } })
  })

  it.each([
    ['phone,%\n+12025550101,x', 'The column "%" cannot be an attribute'],
    [`phone,${'я'.repeat(51)}\n+12025550101,x`, 'at most 50 letters'],
    ['phone,Région,Region\n+12025550101,x,y', 'Two columns are called "Region"'],
    ['phone,City,city\n+12025550101,x,y', 'Two columns are called "city"'],
    [`phone,${Array.from({ length: 51 }, (_, n) => `a${n}`).join(',')}\n+12025550101`, 'at most 50 attributes'],
  ])('that cannot be attributes refuse the file: %s', async (text, says) => {
    await expect(keeping(text)).rejects.toMatchObject({ problems: [{ msg: expect.stringContaining(says) as unknown }] })
    expect(await allContacts(at.deps, workspace)).toEqual([])
  })

  it('with too long a text fail their row alone', async () => {
    const { results } = await keeping(`phone,city\n${aPhone(1)},${'x'.repeat(501)}\n${aPhone(2)},ok`)
    expect(results.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'The text in the column "city" has more than 500 characters'],
      ['imported', null],
    ])
  })

  it('fail a row that would give a contact too many together with those it has', async () => {
    const wide = (from: number) => ({
      header: Array.from({ length: 30 }, (_, n) => `a${from + n}`).join(','),
      cells: 'x,'.repeat(30),
    })
    const [first, second] = [wide(0), wide(30)]
    await keeping(`phone,${first.header}\n${phone},${first.cells}`)
    const { results } = await keeping(`phone,${second.header}\n${phone},${second.cells}`)
    expect(results).toMatchObject([
      { status: 'failed', reason: expect.stringContaining('at most 50 attributes') as unknown },
    ])
  })
})

it('the request says both', async () => {
  await aContact(at.deps, at.acme, { phone, name: 'Old' })
  const { bytes, headers } = formWith(Buffer.from(`phone,name,city\n${phone},,Berlin`))
  const query = { workspace_id: at.acme, mode: 'replace', other_columns: 'attributes' }
  expect(await at.call(importContactsEndpoint, { bytes, headers, query })).toMatchObject({ status: 200 })
  expect(await allContacts(at.deps, at.acme)).toMatchObject([{ name: null, attributes: { city: 'Berlin' } }])
  const wrong = await at.call(importContactsEndpoint, { bytes, headers, query: { ...query, mode: 'all' } })
  expect(wrong).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'mode'] }] } })
})
