import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { contactId, type Contact } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aContact, aContactsWorld, allContacts, aPhone, withContacts, type ContactsWorld } from './support.ts'

let at: ContactsWorld
let workspace: WorkspaceId

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

const NOT_FOUND = { code: 'contact_not_found' }

async function consents(ofWorkspace: WorkspaceId): Promise<string[]> {
  return at.deps.containers.contacts.query(
    { text: "SELECT * FROM c WHERE c.type = 'consent' ORDER BY c.at", partition: ofWorkspace },
    (document) => {
      const { kind, source } = document as { kind: string; source: string }
      return `${kind} ${source}`
    },
  )
}

describe('creating', () => {
  it('stores the normalised number, the name and each tag once', async () => {
    const contact = await aContact(at.deps, workspace, {
      phone: '+1 (202) 555-0123',
      name: '  Ana  María ',
      tags: ['VIP', 'vip', ''],
    })
    expect(contact).toMatchObject({
      id: contactId(workspace, '12025550123'),
      wa_id: '12025550123',
      phone_number: '+12025550123',
      name: 'Ana María',
      tags: ['VIP'],
      opted_in: true,
      opted_in_source: 'api',
    })
    expect(await getContact(at.deps, workspace, contact.id)).toEqual(contact)
  })

  it('demands the country code', async () => {
    await expect(aContact(at.deps, workspace, { phone: '0152 28817386' })).rejects.toMatchObject({
      code: 'validation_failed',
      problems: [{ loc: ['body', 'phone_number'] }],
    })
  })

  it('refuses a second contact with the number, in any spelling, and names the first', async () => {
    const first = await aContact(at.deps, workspace, { phone: '+12025550123' })
    await expect(aContact(at.deps, workspace, { phone: '001 202 555 0123' })).rejects.toMatchObject({
      code: 'contact_exists',
      details: { contact_id: first.id },
    })
  })

  it('lets another workspace have the same person', async () => {
    const ours = await aContact(at.deps, workspace, {})
    const theirs = await aContact(at.deps, at.globex, {})
    expect(theirs.id).not.toBe(ours.id)
  })

  it('makes one of two that are created at the same time', async () => {
    const results = await Promise.allSettled([1, 2, 3].map(() => aContact(at.deps, workspace, { phone: aPhone(7) })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await allContacts(at.deps, workspace)).toHaveLength(1)
  })

  it('follows the workspace’s setting for consent', async () => {
    const settings = { contacts_opted_in: false }
    await at.deps.containers.core.create(aWorkspaceDocument(workspace, settings), workspace)
    expect((await aContact(at.deps, workspace, {})).opted_in).toBe(false)
  })
})

describe('creating again after a deletion', () => {
  it('brings the contact back with its name and tags, or with the new ones', async () => {
    const first = await aContact(at.deps, workspace, { name: 'Ana', tags: ['old'] })
    await deleteContact(at.deps, workspace, first.id)
    const back = await aContact(at.deps, workspace, { tags: ['new'] })
    expect(back).toMatchObject({
      id: first.id,
      name: 'Ana',
      tags: ['new'],
      deleted: false,
      created_at: first.created_at,
    })
    expect(back).not.toHaveProperty('deleted_at')
    expect(await getContact(at.deps, workspace, first.id)).toEqual(back)
  })

  it('keeps the opt-out', async () => {
    const first = await aContact(at.deps, workspace, {})
    await updateContact(at.deps, workspace, first.id, { opted_in: false, source: 'inbound' })
    await deleteContact(at.deps, workspace, first.id)
    const back = await aContact(at.deps, workspace, {})
    expect(back).toMatchObject({ opted_in: false, opted_in_source: 'inbound' })
    expect(back.opted_out_at).toBeDefined()
  })

  it('gives back no yes where the workspace counts nobody as opted in by that', async () => {
    const first = await aContact(at.deps, workspace, {})
    await deleteContact(at.deps, workspace, first.id)
    const document = aWorkspaceDocument(workspace, { contacts_opted_in: false })
    await at.deps.containers.core.create(document, workspace)
    const back = await aContact(at.deps, workspace, {})
    expect(back).toMatchObject({ id: first.id, opted_in: false, first_consent: { kind: 'opt_in', source: 'api' } })
  })

  it('brings it back once when two try', async () => {
    const first = await aContact(at.deps, workspace, {})
    await deleteContact(at.deps, workspace, first.id)
    const results = await Promise.allSettled([1, 2].map(() => aContact(at.deps, workspace, {})))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('changing', () => {
  it('changes what is given and nothing else', async () => {
    const contact = await aContact(at.deps, workspace, { name: 'Ana', tags: ['a'] })
    const renamed = await change(contact, { name: 'Éva' })
    expect(renamed).toMatchObject({ name: 'Éva', name_folded: 'eva', tags: ['a'], opted_in: true })
    const retagged = await change(contact, { name: null, tags: ['B'], opted_in: null })
    expect(retagged).toMatchObject({ name: 'Éva', tags: ['B'], tags_folded: ['b'], opted_in: true })
    expect(await change(contact, { name: '', tags: [] })).toMatchObject({ name: null, name_folded: '', tags: [] })
    expect(await consents(workspace)).toEqual([])
  })

  it('writes a consent entry with every change of consent, and none without', async () => {
    const contact = await aContact(at.deps, workspace, {})
    const out = await change(contact, { opted_in: false, name: 'Ana' })
    expect(out).toMatchObject({ opted_in: false, name: 'Ana', opted_out_at: out.updated_at })
    await change(contact, { opted_in: false })
    const back = await change(contact, { opted_in: true })
    expect(back.opted_in).toBe(true)
    expect(back).not.toHaveProperty('opted_out_at')
    expect(await getContact(at.deps, workspace, contact.id)).toEqual(back)
    expect(await consents(workspace)).toEqual(['opt_out api', 'opt_in api'])
  })

  it('stores nothing where nothing changes', async () => {
    const contact = await aContact(at.deps, workspace, { name: 'Ana', tags: ['a'] })
    const deps = withContacts(at.deps, 'replace', () => Promise.reject(new Error('must not write')))
    const same = await updateContact(deps, workspace, contact.id, { name: 'Ana', tags: ['a'], source: 'api' })
    expect(same).toEqual(contact)
  })

  it('keeps both of two changes that race', async () => {
    const contact = await aContact(at.deps, workspace, { name: 'Ana', tags: ['a'] })
    const deps = withContacts(at.deps, 'replace', async (call) => {
      if (call === 1) await change(contact, { opted_in: false })
    })
    await updateContact(deps, workspace, contact.id, { tags: ['b'], source: 'api' })
    expect(await getContact(at.deps, workspace, contact.id)).toMatchObject({ tags: ['b'], opted_in: false })
  })

  it('stores neither contact nor entry when their batch fails', async () => {
    const contact = await aContact(at.deps, workspace, {})
    const deps = withContacts(at.deps, 'batch', () => Promise.reject(new Error('cut off')))
    await expect(updateContact(deps, workspace, contact.id, { opted_in: false, source: 'api' })).rejects.toThrow(
      'cut off',
    )
    expect(await getContact(at.deps, workspace, contact.id)).toEqual(contact)
    expect(await consents(workspace)).toEqual([])
  })

  it('does not see another workspace’s contact', async () => {
    const contact = await aContact(at.deps, workspace, {})
    await expect(updateContact(at.deps, at.globex, contact.id, { name: 'X', source: 'api' })).rejects.toMatchObject(
      NOT_FOUND,
    )
  })
})

describe('deleting', () => {
  it('makes the contact disappear, and a second time there is nothing to delete', async () => {
    const contact = await aContact(at.deps, workspace, {})
    await deleteContact(at.deps, workspace, contact.id)
    await expect(getContact(at.deps, workspace, contact.id)).rejects.toMatchObject(NOT_FOUND)
    await expect(change(contact, { name: 'X' })).rejects.toMatchObject(NOT_FOUND)
    await expect(deleteContact(at.deps, workspace, contact.id)).rejects.toMatchObject(NOT_FOUND)
    expect(await allContacts(at.deps, workspace)).toEqual([])
  })

  it('deletes what somebody changes at the same time, and keeps their change', async () => {
    const contact = await aContact(at.deps, workspace, {})
    const deps = withContacts(at.deps, 'replace', async (call) => {
      if (call === 1) await change(contact, { opted_in: false })
    })
    await deleteContact(deps, workspace, contact.id)
    const stored = await contactStore(at.deps.containers).find(workspace, contact.id)
    expect(stored?.value).toMatchObject({ deleted: true, opted_in: false })
  })

  it('does not see another workspace’s contact', async () => {
    const contact = await aContact(at.deps, workspace, {})
    await expect(deleteContact(at.deps, at.globex, contact.id)).rejects.toMatchObject(NOT_FOUND)
    await expect(getContact(at.deps, at.globex, contact.id)).rejects.toMatchObject(NOT_FOUND)
  })
})

it('takes the id of a consent entry for no contact', async () => {
  const contact = await aContact(at.deps, workspace, {})
  await change(contact, { opted_in: false })
  const [id = ''] = await at.deps.containers.contacts.query(
    { text: "SELECT VALUE c.id FROM c WHERE c.type = 'consent'", partition: workspace },
    String,
  )
  await expect(getContact(at.deps, workspace, id)).rejects.toMatchObject(NOT_FOUND)
})

function change(contact: Contact, changes: { name?: string | null; tags?: string[]; opted_in?: boolean | null }) {
  return updateContact(at.deps, contact.workspace_id, contact.id, { ...changes, source: 'api' })
}

function aWorkspaceDocument(id: WorkspaceId, settings: object) {
  const now = new Date().toISOString()
  return {
    id,
    workspace_id: id,
    type: 'workspace',
    v: 1,
    name: 'Acme',
    slug: 'acme',
    plan: 'free',
    status: 'active',
    settings,
    created_by: id,
    api_key: 'sealed',
    webhook_secret: 'sealed',
    created_at: now,
    updated_at: now,
  }
}
