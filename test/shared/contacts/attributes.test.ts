import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContactEndpoint } from '../../../functions/contacts/create.ts'
import { updateContactEndpoint } from '../../../functions/contacts/update.ts'
import { AttributeName, AttributesGiven, foldAttribute, withAttributes } from '../../../shared/contacts/attributes.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { attributePath } from '../../../shared/contacts/filter.ts'
import { Contact, newContact } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { textAt } from '../../support/tenants.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aContact, aContactsWorld, aPhone, importText, type ContactsWorld } from './support.ts'

let at: ContactsWorld
let workspace: WorkspaceId
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

const update = (id: string, attributes: AttributesGiven) =>
  updateContact(at.deps, workspace, id, { attributes, source: 'api' })

describe('attributes of a contact', () => {
  it('are stored as spelled, found without regard to case, and changed one by one', async () => {
    const { id } = await createContact(at.deps, workspace, {
      phone_number: aPhone(0),
      attributes: { City: ' Berlin ', 'shoe size': '42', empty: '' },
    })
    expect(await getContact(at.deps, workspace, id)).toMatchObject({
      attributes: { City: 'Berlin', 'shoe size': '42' },
      attributes_folded: { city: 'Berlin', 'shoe size': '42' },
    })
    expect((await update(id, { CITY: 'Paris', 'Shoe Size': null, plan: 'pro' })).attributes).toEqual({
      City: 'Paris',
      plan: 'pro',
    })
    const before = await getContact(at.deps, workspace, id)
    expect(await update(id, { plan: 'pro' })).toEqual(before)
    expect((await update(id, { City: '', plan: null })).attributes_folded).toEqual({})
  })

  it('stay when a file or a deletion and a new creation touch the contact', async () => {
    const { id } = await createContact(at.deps, workspace, { phone_number: aPhone(0), attributes: { city: 'Berlin' } })
    await importText(at.deps, workspace, `phone,name\n${aPhone(0)},Ana\n`)
    expect(await getContact(at.deps, workspace, id)).toMatchObject({ name: 'Ana', attributes: { city: 'Berlin' } })
    await deleteContact(at.deps, workspace, id)
    const back = await createContact(at.deps, workspace, { phone_number: aPhone(0), attributes: { plan: 'pro' } })
    expect(back.attributes_folded).toEqual({ city: 'Berlin', plan: 'pro' })
  })

  it('are none for a contact that was stored before there were any', async () => {
    const { attributes: _one, attributes_folded: _two, ...old } = await aContact(at.deps, workspace, {})
    expect(Contact.parse(old)).toMatchObject({ attributes: {}, attributes_folded: {} })
  })

  it('are bounded in number and together', () => {
    const many = (from: number, to: number, length: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`n${from + index}`, 'x'.repeat(length)]))
    const full = withAttributes({}, many(0, 50, 100))
    expect(() => withAttributes(full, many(50, 51, 1))).toThrow('at most 50 attributes')
    expect(withAttributes(full, { n0: null, n50: 'y' })).toMatchObject({ n50: 'y' })
    expect(() => withAttributes({}, many(0, 30, 500))).toThrow('10000 characters')
    expect(AttributesGiven.safeParse(many(0, 51, 1)).success).toBe(false)
  })

  it('fit an import of contacts that have as many as they may', async () => {
    const store = contactStore(at.deps.containers)
    const attributes = Object.fromEntries(Array.from({ length: 19 }, (_, n) => [`n${n}`, '漢'.repeat(500)]))
    const contacts = Array.from({ length: 100 }, (_, index) =>
      newContact(
        workspace,
        {
          phone: { e164: aPhone(index), waId: aPhone(index).slice(1) },
          name: null,
          tags: [],
          attributes,
          optedIn: true,
          source: 'api',
        },
        new Date(),
      ),
    )
    for (const document of contacts) await store.create(document)
    const rows = contacts.map(({ phone_number }) => `${phone_number},Ana`)
    const answer = await importText(at.deps, workspace, `phone,name\n${rows.join('\n')}\n`)
    expect(answer).toMatchObject({ total_rows: 100, updated: 100 })
    expect(await getContact(at.deps, workspace, contacts[99]!.id)).toMatchObject({ name: 'Ana', attributes })
  })
})

describe('names of attributes', () => {
  it('are of any script, stored composed, and found by a filter and an audience in any case and form', async () => {
    const store = contactStore(at.deps.containers)
    const names = { Город: 'Казань', 都市: '東京', 'E\u0301tat': 'neuf', Straße: '1', शहर: 'पुणे' }
    const { id } = await createContact(at.deps, workspace, { phone_number: aPhone(0), attributes: names })
    await createContact(at.deps, workspace, { phone_number: aPhone(1), attributes: { город: 'Омск' } })
    expect(Object.keys((await getContact(at.deps, workspace, id)).attributes)[2]).toBe('\u00c9tat')
    for (const [name, value] of [
      ['ГОРОД', 'Казань'],
      ['都市', '東京'],
      ['état', 'neuf'],
      ['Etat', 'neuf'],
      ['STRASSE', '1'],
      ['शहर', 'पुणे'],
    ] as const) {
      const filters = [{ attributes: { [name]: [value] } }]
      const page = { limit: 10, filters, attributes: [foldAttribute(name)] }
      const found = await store.audiencePage(workspace, page)
      expect(
        found.map(({ id, attributes }) => [id, attributes]),
        name,
      ).toEqual([[id, { [foldAttribute(name)]: value }]])
      expect(await store.count(workspace, filters), name).toBe(1)
    }
  })

  it('have no character that could end their quotes in a query, however they are folded', () => {
    // Beyond are ideographs alone.
    const allowed: string[] = []
    for (let code = 0; code < 0x20000; code++) {
      const name = `a${String.fromCodePoint(code)}`
      if (AttributeName.safeParse(name).success) allowed.push(name)
    }
    expect(allowed.length).toBeGreaterThan(50_000)
    const unsafe = allowed.filter(
      (name) => !/^c\.attributes_folded\["[^"'\\\p{Cc}\u2028\u2029]+"\]$/u.test(attributePath(name)),
    )
    expect(unsafe).toEqual([])
  })

  it.each([
    '',
    '_a',
    '-a',
    '__proto__',
    'a"b',
    "a'b",
    'a\\b',
    'a.b',
    'a[0]',
    'a\nb',
    'a\u2028b',
    'a\u200cb',
    'a＂b',
    'a😀',
    '\u0301a',
  ])('are not %j', (name) => {
    expect(AttributeName.safeParse(name).success).toBe(false)
  })
})

describe('attributes in requests', () => {
  it('are answered, and merged by PATCH', async () => {
    const json = { workspace_id: at.acme, phone_number: aPhone(7), attributes: { City: 'Berlin' } }
    const created = await at.call(createContactEndpoint, { json })
    expect(created).toMatchObject({ status: 201, body: { attributes: { City: 'Berlin' } } })
    const params = { contact_id: textAt(created, 'id') }
    const patched = await at.call(updateContactEndpoint, { params, json: { attributes: { plan: 'pro', city: null } } })
    expect(patched).toMatchObject({ status: 200, body: { attributes: { plan: 'pro' } } })
    expect(patched.body).not.toHaveProperty('attributes_folded')
  })

  it.each([
    [{ 'first.name': 'x' }],
    [{ ' city': 'x' }],
    [{ [`n${'x'.repeat(50)}`]: 'x' }],
    [{ city: 'x'.repeat(501) }],
    [{ city: 'a\0b' }],
    [{ city: 7 }],
    [{ city: { name: 'Berlin' } }],
    [{ city: 'a', City: 'b' }],
    [{ région: 'a', Region: 'b' }],
    [['city']],
  ])('are refused where they are no flat map of names to texts: %#', async (attributes) => {
    const json = { workspace_id: at.acme, phone_number: aPhone(8), attributes }
    const answer = await at.call(createContactEndpoint, { json })
    const loc = expect.arrayContaining(['body', 'attributes']) as unknown
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc }] } })
  })
})
