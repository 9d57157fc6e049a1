import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askForBulk } from '../../../shared/contacts/bulk/ask.ts'
import { BulkJob } from '../../../shared/contacts/bulk/schema.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { listContacts } from '../../../shared/contacts/list.ts'
import { Alias, Consent } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { optedOutSince } from '../../support/opted-out.ts'
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

async function aWorkspaceWith(count: number): Promise<WorkspaceId> {
  const workspace = aWorkspaceId()
  const rows = Array.from({ length: count }, (_, index) => `${aPhone(index)},Contact ${index}`)
  await importText(at.deps, workspace, ['phone,name', ...rows].join('\n'))
  return workspace
}

describe('the audience of a campaign', () => {
  it('is read page by page: each contact once, in the order of ids, in one request a page', async () => {
    const workspace = await aWorkspaceWith(250)
    let requests = 0
    const deps = withContacts(at.deps, 'query', () => {
      requests++
    })
    const store = contactStore(deps.containers)
    const seen = []
    let afterId: string | undefined
    for (;;) {
      const page = await store.audiencePage(workspace, { afterId, limit: 100 })
      seen.push(...page)
      if (page.length < 100) break
      afterId = page.at(-1)?.id
    }
    expect(requests).toBe(3)
    expect(seen).toHaveLength(250)
    const ids = seen.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(Object.keys(seen[0]!).sort()).toEqual(['attributes', 'id', 'name', 'phone_number', 'wa_id'])
    expect(await store.countAudience(workspace)).toBe(250)
  })

  it('leaves out who opted out or was deleted, and other workspaces', async () => {
    const workspace = await aWorkspaceWith(5)
    const [out, gone] = await allContacts(at.deps, workspace)
    await updateContact(at.deps, workspace, out!.id, { opted_in: false, source: 'inbound' })
    await deleteContact(at.deps, workspace, gone!.id)
    const store = contactStore(at.deps.containers)
    const ids = (await store.audiencePage(workspace, { limit: 2000 })).map(({ id }) => id)
    expect(ids).toHaveLength(3)
    expect(ids).not.toContain(out!.id)
    expect(ids).not.toContain(gone!.id)
    expect(await store.countAudience(workspace)).toBe(3)
    expect(await store.countAudience(at.globex)).toBe(0)
  })
})

it('finds the opt-outs since a time by their consent entries', async () => {
  let now = new Date('2026-01-01T10:00:00Z')
  const deps = { ...at.deps, now: () => now }
  const workspace = await aWorkspaceWith(3)
  const [first, second, third] = await allContacts(deps, workspace)
  const optOut = (id: string) => updateContact(deps, workspace, id, { opted_in: false, source: 'inbound' })
  await optOut(first!.id)
  now = new Date('2026-01-01T11:00:00Z')
  await optOut(second!.id)
  await updateContact(deps, workspace, third!.id, { name: 'Still here', source: 'api' })
  expect(await optedOutSince(at.deps, workspace, '2026-01-01T11:00:00.000Z')).toEqual([second!.id])
  expect((await optedOutSince(at.deps, workspace, '2026-01-01T09:00:00.000Z')).sort()).toEqual(
    [first!.id, second!.id].sort(),
  )
  expect(await optedOutSince(at.deps, at.globex, '2026-01-01T09:00:00.000Z')).toEqual([])
})

describe('a list', () => {
  it('is newest first, and cursor pages neither repeat nor skip while contacts are added', async () => {
    const workspace = aWorkspaceId()
    let minute = 0
    const deps = { ...at.deps, now: () => new Date(Date.UTC(2026, 0, 1, 0, Math.floor(minute++ / 3))) }
    for (let index = 0; index < 25; index++) await aContact(deps, workspace, { phone: aPhone(index) })
    const expected = await allContacts(deps, workspace)
    expect(expected).toEqual(
      expected.toSorted((a, b) => b.created_at.localeCompare(a.created_at) || (b.id < a.id ? -1 : 1)),
    )
    const seen = []
    let cursor: string | undefined
    do {
      const page = await listContacts(deps, workspace, { tags_match: 'any', limit: 10, offset: 0, cursor })
      seen.push(...page.data.map(({ id }) => id))
      expect(page.total).toBe(25)
      cursor = page.next_cursor ?? undefined
      await aContact(deps, workspace, { phone: aPhone(100 + seen.length) })
    } while (cursor !== undefined)
    expect(seen).toEqual(expected.map(({ id }) => id))
  })

  it('takes two requests for the first page and one for each that follows', async () => {
    const workspace = await aWorkspaceWith(30)
    let requests = 0
    const deps = withContacts(at.deps, 'query', () => {
      requests++
    })
    const first = await listContacts(deps, workspace, { tags_match: 'any', limit: 10, offset: 0 })
    expect(requests).toBe(2)
    const second = await listContacts(deps, workspace, {
      tags_match: 'any',
      limit: 10,
      offset: 0,
      cursor: first.next_cursor!,
    })
    expect(requests).toBe(3)
    expect(second).toMatchObject({ total: 30, limit: 10, offset: 10 })
  })

  it('takes an offset as well', async () => {
    const workspace = await aWorkspaceWith(12)
    const everything = await allContacts(at.deps, workspace)
    const page = await listContacts(at.deps, workspace, { tags_match: 'any', limit: 5, offset: 10 })
    expect(page.data).toEqual(everything.slice(10))
    expect(page).toMatchObject({ total: 12, offset: 10, next_cursor: null })
  })
})

describe('filters', () => {
  let workspace: WorkspaceId
  const names = async (query: object): Promise<(string | null)[]> =>
    (await allContacts(at.deps, workspace, query)).map(({ name }) => name).sort()

  beforeAll(async () => {
    workspace = aWorkspaceId()
    await aContact(at.deps, workspace, { phone: '+12025550101', name: 'Anna Müller', tags: ['VIP', 'Berlin'] })
    await aContact(at.deps, workspace, { phone: '+12025550102', name: 'José García', tags: ['vip'] })
    await aContact(at.deps, workspace, { phone: '+4915228817386', name: 'Мария Анненкова', tags: ['berlin'] })
    const out = await aContact(at.deps, workspace, { phone: '+447700900123', name: 'Joanna', tags: [] })
    await updateContact(at.deps, workspace, out.id, { opted_in: false, source: 'api' })
  })

  it('match any tag, or all of them, in any case', async () => {
    expect(await names({ tags: 'VIP' })).toEqual(['Anna Müller', 'José García'])
    expect(await names({ tags: 'vip, BERLIN' })).toEqual(['Anna Müller', 'José García', 'Мария Анненкова'])
    expect(await names({ tags: 'vip,berlin', tags_match: 'all' })).toEqual(['Anna Müller'])
    expect(await names({ tags: 'nobody' })).toEqual([])
    expect(await names({ tags: ' , ' })).toHaveLength(4)
  })

  it('match consent', async () => {
    expect(await names({ opted_in: false })).toEqual(['Joanna'])
    expect(await names({ opted_in: true })).toHaveLength(3)
  })

  it('find names by their beginning and inside, without case and accents', async () => {
    expect(await names({ search: 'jo' })).toEqual(['Joanna', 'José García'])
    expect(await names({ search: 'ANNA' })).toEqual(['Anna Müller', 'Joanna'])
    expect(await names({ search: 'garcia' })).toEqual(['José García'])
    expect(await names({ search: 'muller' })).toEqual(['Anna Müller'])
    expect(await names({ search: 'анненк' })).toEqual(['Мария Анненкова'])
  })

  it('find numbers by their last digits, inner digits, whole, and as written at home', async () => {
    expect(await names({ search: '123' })).toEqual(['Joanna'])
    expect(await names({ search: '0101' })).toEqual(['Anna Müller'])
    expect(await names({ search: '+1 (202) 555-0102' })).toEqual(['José García'])
    expect(await names({ search: '0152 28817386' })).toEqual(['Мария Анненкова'])
    expect(await names({ search: '0049 152' })).toEqual(['Мария Анненкова'])
    expect(await names({ search: '386' })).toEqual(['Мария Анненкова'])
    expect(await names({ search: '2025550' })).toEqual(['Anna Müller', 'José García'])
  })

  it('look inside names only where beginnings do not fill the page, and inside numbers only where nothing else is found', async () => {
    expect(await names({ search: 'anna', limit: 1 })).toEqual(['Anna Müller'])
    let requests = 0
    const deps = withContacts(at.deps, 'query', () => {
      requests++
    })
    const query = { tags_match: 'any', limit: 20, offset: 0 } as const
    expect((await listContacts(deps, workspace, { ...query, search: '+447700900123' })).total).toBe(1)
    // It was found at the edges, and fits the page: nothing is left to count.
    expect(requests).toBe(1)
    expect((await listContacts(deps, workspace, { ...query, search: '7700900' })).total).toBe(1)
    expect(requests).toBe(3)
  })

  it.each([
    { search: '' },
    { search: 'anna' },
    { search: 'anna', limit: 1 },
    { search: 'nna', limit: 1 },
    { search: 'nna', limit: 1, offset: 1 },
    { search: 'nna', offset: 900 },
    { search: 'a', limit: 1, offset: 900 },
    { search: 'nobody at all' },
    { search: '7700900', offset: 3 },
    { tags: 'vip,berlin', tags_match: 'all', opted_in: true, search: 'mül', limit: 1 },
  ] as const)('cost two requests a page at most: %j', async (asked) => {
    let requests = 0
    const deps = withContacts(at.deps, 'query', () => {
      requests++
    })
    const query = { tags_match: 'any', limit: 20, offset: 0, ...asked } as const
    const page = await listContacts(deps, workspace, query)
    expect(requests).toBeLessThanOrEqual(2)
    expect(page.data).toHaveLength(Math.min(query.limit, Math.max(0, page.total - query.offset)))
  })

  it('reach as far on the pages that follow', async () => {
    const query = { tags_match: 'any', limit: 1, offset: 0, search: 'nna' } as const
    const first = await listContacts(at.deps, workspace, query)
    const second = await listContacts(at.deps, workspace, { ...query, cursor: first.next_cursor! })
    expect([...first.data, ...second.data].map(({ name }) => name).sort()).toEqual(['Anna Müller', 'Joanna'])
    expect(second).toMatchObject({ total: 2, offset: 1, next_cursor: null })
  })

  it('take what looks like SQL or a pattern as text', async () => {
    expect(await names({ search: "' OR 1=1 --" })).toEqual([])
    expect(await names({ search: '%' })).toEqual([])
    expect(await names({ tags: "x') OR true" })).toEqual([])
  })

  it('count what they match', async () => {
    const page = await listContacts(at.deps, workspace, { tags_match: 'any', tags: 'vip', limit: 1, offset: 0 })
    expect(page).toMatchObject({ total: 2, limit: 1, offset: 0 })
    expect(page.next_cursor).not.toBeNull()
  })
})

it('takes nothing for a contact that lies beside them: only a contact can say that it is not deleted', async () => {
  const workspace = await aWorkspaceWith(3)
  const [first] = await allContacts(at.deps, workspace)
  await updateContact(at.deps, workspace, first!.id, { opted_in: false, source: 'inbound' })
  await askForBulk(at.deps, workspace, { action: 'tag', tags: ['x'], filter: { tags: ['y'] } })
  const alias = { id: 'former', type: 'alias', v: 1, workspace_id: workspace, contact_id: first!.id, at: '' } as const
  await at.deps.containers.contacts.create(alias, workspace)
  const store = contactStore(at.deps.containers)
  expect(await store.count(workspace, [])).toBe(3)
  expect(await store.list(workspace, [], { offset: 0, limit: 9 })).toHaveLength(3)
  expect(await store.existing(workspace, [first!.id, 'former'])).toEqual(new Set([first!.id]))
  for (const other of [Alias, Consent, BulkJob]) expect(Object.keys(other.shape)).not.toContain('deleted')
})
