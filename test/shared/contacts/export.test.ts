import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read, utils } from 'xlsx'
import { contactExportEndpoints } from '../../../functions/contacts/export.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { exportContacts, type ContactExport } from '../../../shared/contacts/export.ts'
import { importContacts } from '../../../shared/contacts/import-contacts.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import {
  aContact,
  aContactsWorld,
  allContacts,
  aPhone,
  importText,
  withContacts,
  type ContactsWorld,
} from './support.ts'

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const ALL: ContactExport = { tags_match: 'any', details: false }

async function csvOf(workspace: WorkspaceId, query: Partial<ContactExport> = {}, deps = at.deps): Promise<string> {
  const content = await exportContacts(deps, workspace, { ...ALL, ...query }, 'csv')
  return Buffer.concat(await Array.fromAsync(content)).toString('utf8')
}

async function rowsOf(workspace: WorkspaceId, query: Partial<ContactExport> = {}): Promise<string[][]> {
  return parse(await csvOf(workspace, query), { bom: true })
}

async function aWorkspaceOfAll(): Promise<WorkspaceId> {
  const workspace = aWorkspaceId()
  const people: { phone_number: string; name?: string; tags?: string[]; attributes: Record<string, string> }[] = [
    { phone_number: aPhone(1), name: 'Ada', tags: ['vip', 'Berlin'], attributes: { City: 'Berlin', plan: 'gold' } },
    {
      phone_number: aPhone(2),
      name: '=HYPERLINK("http://x")',
      tags: ['@new', 'Berlin, Mitte; "old"', '::: x'],
      attributes: { city: '+1+1' },
    },
    { phone_number: aPhone(3), attributes: { group: 'A', phone: '-5', constructor: 'B', Город: 'Казань', имя: 'x' } },
  ]
  for (const person of people) await createContact(at.deps, workspace, person)
  const gone = await aContact(at.deps, workspace, { phone: aPhone(4), name: 'Gone' })
  await deleteContact(at.deps, workspace, gone.id)
  return workspace
}

describe('contacts as CSV', () => {
  it('are all that the list has, newest first, with a column for each attribute', async () => {
    const rows = await rowsOf(await aWorkspaceOfAll())
    expect(rows[0]).toEqual([
      ...['phone_number', 'name', 'tags', 'City', 'constructor', 'attribute group', 'attribute phone', 'plan'],
      ...['Город', 'attribute имя'],
    ])
    expect(rows.slice(1).map(([phone]) => phone)).toEqual([aPhone(3), aPhone(2), aPhone(1)])
    expect(rows[3]).toEqual([aPhone(1), 'Ada', 'vip, Berlin', 'Berlin', '', '', '', 'gold', '', ''])
  })

  it('have no cell that a spreadsheet would calculate', async () => {
    const cells = (await rowsOf(await aWorkspaceOfAll())).slice(1).flat()
    expect(cells.filter((cell) => /^[=+\-@\t\r\n]/.test(cell)).every((cell) => /^\+\d+$/.test(cell))).toBe(true)
    expect(cells).toContain('\'=HYPERLINK("http://x")')
  })

  it('are filtered as the list is', async () => {
    const workspace = await aWorkspaceOfAll()
    const [out] = await allContacts(at.deps, workspace)
    await updateContact(at.deps, workspace, out!.id, { opted_in: false, source: 'api' })
    const phones = async (query: Partial<ContactExport>) =>
      (await rowsOf(workspace, query)).slice(1).map(([phone]) => phone)
    expect(await phones({ tags: 'VIP' })).toEqual([aPhone(1)])
    expect(await phones({ consent: 'opted_out' })).toEqual([aPhone(3)])
    expect(await phones({ search: 'ada' })).toEqual([aPhone(1)])
    expect(await phones({ search: 'nobody' })).toEqual([])
    expect((await rowsOf(workspace, { tags: 'vip' }))[0]).toEqual(['phone_number', 'name', 'tags', 'City', 'plan'])
  })

  it('tell consent and times where asked to', async () => {
    const [header, , , ada] = await rowsOf(await aWorkspaceOfAll(), { details: true })
    const told = Object.fromEntries(header!.map((name, index) => [name, ada![index]]))
    expect(told).toMatchObject({ opted_in: 'true', consent: 'opted_in', consent_source: 'api', username: '' })
  })

  it('can be imported again: the same people, names and tags', async () => {
    const workspace = aWorkspaceId()
    const rows = Array.from({ length: 450 }, (_, index) => `${aPhone(index)},Person ${index},"even, ${index % 3}"`)
    await importText(at.deps, workspace, ['phone,name,tags', ...rows].join('\n'))
    const copy = aWorkspaceId()
    expect(await importText(at.deps, copy, await csvOf(workspace))).toMatchObject({ imported: 450, failed: 0 })
    expect((await csvOf(copy)).split('\r\n').sort()).toEqual((await csvOf(workspace)).split('\r\n').sort())
  })

  it.each(['csv', 'xlsx'] as const)(
    'can be imported again with attributes, whatever they are called and begin with: %s',
    async (kind) => {
      const workspace = await aWorkspaceOfAll()
      const copy = aWorkspaceId()
      const content = await exportContacts(at.deps, workspace, ALL, kind)
      const file = { name: `contacts.${kind}`, bytes: Buffer.concat(await Array.fromAsync(content)) }
      expect(await importContacts(at.deps, copy, file, { otherColumns: 'attributes' })).toMatchObject({ imported: 3 })
      const essence = async (of: WorkspaceId) =>
        (await allContacts(at.deps, of))
          .map(({ phone_number, name, tags, attributes_folded }) => ({ phone_number, name, tags, attributes_folded }))
          .sort((a, b) => (String(a.phone_number) < String(b.phone_number) ? -1 : 1))
      expect(await essence(copy)).toEqual(await essence(workspace))
    },
  )

  it('break off where the store fails in the middle, and are an error where it fails at once', async () => {
    const workspace = aWorkspaceId()
    const rows = Array.from({ length: 450 }, (_, index) => aPhone(index))
    await importText(at.deps, workspace, ['phone', ...rows].join('\n'))
    const failing = (from: number) =>
      withContacts(at.deps, 'query', (call) => {
        if (call >= from) throw new Error('the store is away')
      })
    await expect(exportContacts(failing(2), workspace, ALL, 'csv')).rejects.toThrow('away')
    await expect(csvOf(workspace, {}, failing(4))).rejects.toThrow('away')
  })
})

it('are an Excel workbook too, in which a text stays a text', async () => {
  const workspace = await aWorkspaceOfAll()
  const content = await exportContacts(at.deps, workspace, ALL, 'xlsx')
  const book = read(Buffer.concat(await Array.fromAsync(content)), { type: 'buffer' })
  expect(book.SheetNames).toEqual(['Contacts'])
  const rows = utils.sheet_to_json<Record<string, string>>(book.Sheets['Contacts']!)
  expect(rows[1]).toMatchObject({ phone_number: aPhone(2), name: '=HYPERLINK("http://x")', City: '+1+1' })
})

it('are answered as a file, and to members of the workspace only', async () => {
  for (const endpoint of contactExportEndpoints) {
    const answer = await at.call(endpoint, { query: { workspace_id: at.acme } })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-disposition']).toContain('filename="contacts.')
    expect(await at.call(endpoint, { query: { workspace_id: at.globex } })).toMatchObject({ status: 403 })
  }
})
