import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startChild } from '../../../../local/process/child.ts'
import { newUuid } from '../../../../shared/ids.ts'
import { deleteContact } from '../../../../shared/contacts/delete.ts'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { contactStore } from '../../../../shared/contacts/store.ts'
import { updateContact } from '../../../../shared/contacts/update.ts'
import { AppError } from '../../../../shared/errors.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import {
  aContact,
  aContactsWorld,
  allContacts,
  aPhone,
  importText,
  withContacts,
  type ContactsWorld,
} from '../support.ts'

let at: ContactsWorld
let workspace: WorkspaceId

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

function aFile(count: number, from = 0): string {
  const rows = Array.from({ length: count }, (_, index) => `${aPhone(from + index)},Person ${from + index},"a; b"`)
  return ['phone,name,tags', ...rows].join('\n')
}

async function countAudience(): Promise<number> {
  return contactStore(at.deps.containers).countAudience(workspace)
}

describe('a contact that exists', () => {
  const [phone] = [aPhone(0)]
  const importRow = (row: string) => importText(at.deps, workspace, `phone,name,tags\n${phone},${row}`)

  it('gets the new name and more tags', async () => {
    await aContact(at.deps, workspace, { phone, name: 'Old', tags: ['VIP'] })
    expect(await importRow('New,vip;extra')).toMatchObject({ imported: 0, updated: 1 })
    expect(await allContacts(at.deps, workspace)).toMatchObject([{ name: 'New', tags: ['VIP', 'extra'] }])
  })

  it('loses neither its name nor its tags to empty cells', async () => {
    await aContact(at.deps, workspace, { phone, name: 'Old', tags: ['VIP'] })
    expect(await importRow(',')).toMatchObject({ updated: 1, results: [{ reason: 'Nothing to change' }] })
    expect(await allContacts(at.deps, workspace)).toMatchObject([{ name: 'Old', tags: ['VIP'] }])
  })

  it('stays opted out', async () => {
    const contact = await aContact(at.deps, workspace, { phone })
    await updateContact(at.deps, workspace, contact.id, { opted_in: false, source: 'inbound' })
    await importRow('New,')
    expect(await allContacts(at.deps, workspace)).toMatchObject([{ name: 'New', opted_in: false }])
    expect(await countAudience()).toBe(0)
  })

  it('comes back after a deletion, and stays opted out', async () => {
    const contact = await aContact(at.deps, workspace, { phone, name: 'Old' })
    await updateContact(at.deps, workspace, contact.id, { opted_in: false, source: 'inbound' })
    await deleteContact(at.deps, workspace, contact.id)
    expect(await importRow(',')).toMatchObject({
      imported: 1,
      results: [{ reason: 'The contact had been deleted and is back' }],
    })
    expect(await allContacts(at.deps, workspace)).toMatchObject([{ name: 'Old', opted_in: false }])
  })

  it('is refused more tags than a contact may have', async () => {
    const many = (letter: string) => Array.from({ length: 30 }, (_, index) => `${letter}${index}`)
    await aContact(at.deps, workspace, { phone, tags: many('a') })
    expect(await importRow(`X,${many('b').join(';')}`)).toMatchObject({ failed: 1, updated: 0 })
    expect((await allContacts(at.deps, workspace))[0]?.tags).toHaveLength(30)
  })
})

describe('rows', () => {
  it('that cannot be stored fail alone, each with its reason', async () => {
    const long = 'x'.repeat(201)
    const text = `phone,name,tags\n${aPhone(1)},${long},\n${aPhone(2)},B,${long}\n${aPhone(3)},C,ok\n${aPhone(1)},A,`
    const { results, ...counts } = await importText(at.deps, workspace, text)
    expect(counts).toEqual({ total_rows: 4, imported: 2, updated: 0, skipped: 0, failed: 2 })
    expect(results.map(({ status, reason }) => [status, reason])).toEqual([
      ['failed', 'The name has more than 200 characters'],
      ['failed', 'A tag has more than 50 characters'],
      ['imported', null],
      ['imported', null],
    ])
  })

  it('with a number from an earlier row are skipped, in any spelling', async () => {
    const text = `phone\n${aPhone(1)}\n001 ${aPhone(1).slice(2)}\n${aPhone(2)}\n(${aPhone(1)})`
    const { results } = await importText(at.deps, workspace, text)
    expect(results.map(({ status }) => status)).toEqual(['imported', 'skipped', 'imported', 'skipped'])
  })

  it('need the workspace’s default country for local numbers, which the request can override', async () => {
    const at2 = new Date().toISOString()
    const document = {
      ...{ id: workspace, workspace_id: workspace, type: 'workspace', v: 1, name: 'A', slug: 'a', plan: 'free' },
      ...{ status: 'active', settings: { default_country: 'DE' }, created_by: newUuid(), api_key: 'x' },
      ...{ webhook_secret: 'x', created_at: at2, updated_at: at2 },
    }
    await at.deps.containers.core.create(document, workspace)
    const german = await importText(at.deps, workspace, 'phone\n0152 28817386')
    expect(german.results[0]?.phone_number).toBe('+4915228817386')
    const british = await importText(at.deps, workspace, 'phone\n07700 900123', 'GB')
    expect(british.results[0]?.phone_number).toBe('+447700900123')
  })

  it('fit a batch of Cosmos DB at their largest', async () => {
    const tags = Array.from({ length: 50 }, (_, index) => `字${index}`.padEnd(50, '字')).join(';')
    const rows = Array.from({ length: 100 }, (_, index) => `${aPhone(index)},${'字'.repeat(200)},${tags}`)
    const response = await importText(at.deps, workspace, ['phone,name,tags', ...rows].join('\n'))
    expect(response.imported).toBe(100)
  })
})

describe('the same file again', () => {
  it('changes nothing and writes nothing', async () => {
    await importText(at.deps, workspace, aFile(350))
    const before = await allContacts(at.deps, workspace)
    const deps = withContacts(at.deps, 'batch', (call) => {
      if (call > 2) throw new Error('must not write')
    })
    const again = await importText(deps, workspace, aFile(350))
    expect(again).toMatchObject({ imported: 0, updated: 350, failed: 0 })
    expect(await allContacts(at.deps, workspace)).toEqual(before)
  })

  it('finishes what was cut short', async () => {
    const deps = withContacts(at.deps, 'batch', (call) => {
      if (call === 3) throw new AppError('storage_unavailable', 'gone')
    })
    await expect(importText(deps, workspace, aFile(700))).rejects.toMatchObject({ code: 'storage_unavailable' })
    const stored = await countAudience()
    expect(stored).toBeGreaterThan(0)
    expect(stored).toBeLessThan(700)
    expect(await importText(at.deps, workspace, aFile(700))).toMatchObject({ imported: 700 - stored, updated: stored })
    expect(await countAudience()).toBe(700)
  })

  it('twice at the same time makes each contact once', async () => {
    const responses = await Promise.all([1, 2, 3].map(() => importText(at.deps, workspace, aFile(450))))
    for (const { imported, updated } of responses) expect(imported + updated).toBe(450)
    expect(responses.reduce((sum, { imported }) => sum + imported, 0)).toBe(450)
    expect(await countAudience()).toBe(450)
  })
})

describe('somebody else at the same time', () => {
  it('creates one of the contacts: it is updated instead', async () => {
    const deps = withContacts(at.deps, 'batch', async (call) => {
      if (call === 1) await aContact(at.deps, workspace, { phone: aPhone(5), tags: ['theirs'] })
    })
    expect(await importText(deps, workspace, aFile(10))).toMatchObject({ imported: 9, updated: 1 })
    expect(await allContacts(at.deps, workspace, { tags: 'theirs' })).toMatchObject([
      { name: 'Person 5', tags: ['theirs', 'a', 'b'] },
    ])
  })

  it('opts a contact out: the opt-out stands', async () => {
    const contact = await aContact(at.deps, workspace, { phone: aPhone(5) })
    let optedOut = false
    const deps = withContacts(at.deps, 'batch', async (call) => {
      if (call !== 2 || optedOut) return
      optedOut = true
      await updateContact(at.deps, workspace, contact.id, { opted_in: false, source: 'inbound' })
    })
    expect(await importText(deps, workspace, aFile(10))).toMatchObject({ imported: 9, updated: 1 })
    expect(optedOut).toBe(true)
    expect(await allContacts(at.deps, workspace, { opted_in: false })).toMatchObject([
      { id: contact.id, name: 'Person 5' },
    ])
  })
})

it('imports into the workspace it was given and no other', async () => {
  await importText(at.deps, workspace, aFile(3))
  expect(await allContacts(at.deps, aWorkspaceId())).toEqual([])
})

it('does not opt in where the workspace’s setting says so, nor give back the yes of a deleted contact', async () => {
  await deleteContact(at.deps, workspace, (await aContact(at.deps, workspace, { phone: aPhone(1) })).id)
  const response = await importContacts(
    { ...at.deps, containers: { ...at.deps.containers, core: settingsOnly({ contacts_opted_in: false }) } },
    workspace,
    { name: 'a.csv', bytes: Buffer.from(aFile(2)) },
  )
  expect(response.imported).toBe(2)
  expect(await countAudience()).toBe(0)
})

describe('the cost', () => {
  it('stays within budget: ≤ 0.02 requests and ≤ 7.5 request units a row, new or known', async () => {
    const key = Buffer.alloc(64, 1).toString('base64')
    const emulator = await startChild({
      part: 'Cosmos DB emulator',
      args: ['local/cosmos-emulator/main.ts', '--port', '0'],
      env: { COSMOS_KEY: key },
    })
    // The ready line is the emulator's own.
    const { url } = JSON.parse(emulator.ready) as { url: string }
    const own = await aContactsWorld({ env: { COSMOS_ENDPOINT: url, COSMOS_KEY: key } })
    const costOf = async (work: () => Promise<unknown>) => {
      await fetch(`${url}/_emulator/metrics/reset`, { method: 'POST' })
      await work()
      const report = (await (await fetch(`${url}/_emulator/metrics`)).json()) as Record<string, number>
      return { requests: (report['requests'] ?? 0) / 1000, units: (report['request_units'] ?? 0) / 1000 }
    }
    const fresh = await costOf(() => importText(own.deps, own.acme, aFile(1000)))
    expect(fresh.requests).toBeLessThanOrEqual(0.02)
    expect(fresh.units).toBeLessThanOrEqual(7.5)
    const again = await costOf(() => importText(own.deps, own.acme, aFile(1000)))
    expect(again.requests).toBeLessThanOrEqual(0.02)
    expect(again.units).toBeLessThanOrEqual(1)
    await emulator.stop()
  })
})

function settingsOnly(settings: object): ContactsWorld['deps']['containers']['core'] {
  const now = new Date().toISOString()
  const document = {
    ...{ id: workspace, workspace_id: workspace, type: 'workspace', v: 1, name: 'A', slug: 'a', plan: 'free' },
    ...{ status: 'active', settings, created_by: newUuid(), api_key: 'x', webhook_secret: 'x' },
    ...{ created_at: now, updated_at: now },
  }
  return {
    ...at.deps.containers.core,
    read: (_id, _partition, parse) => Promise.resolve({ value: parse(document), etag: '' }),
  }
}
