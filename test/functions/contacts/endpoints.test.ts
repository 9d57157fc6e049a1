import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContactEndpoint } from '../../../functions/contacts/create.ts'
import { deleteContactEndpoint } from '../../../functions/contacts/delete.ts'
import { getContactEndpoint } from '../../../functions/contacts/get.ts'
import { importContactsEndpoint } from '../../../functions/contacts/import.ts'
import { listContactsEndpoint } from '../../../functions/contacts/list.ts'
import { updateContactEndpoint } from '../../../functions/contacts/update.ts'
import { ContactListResponse, ContactResponse } from '../../../shared/contacts/api.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { aContact, aContactsWorld, aPhone, formWith, type ContactsWorld } from '../../shared/contacts/support.ts'

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const FIELDS = [
  'attributes',
  'consent',
  'created_at',
  'id',
  'name',
  'opted_in',
  'phone_number',
  'tags',
  'unreachable',
  'updated_at',
  'user_id',
  'username',
  'wa_id',
  'workspace_id',
]

function create(json: object) {
  return at.call(createContactEndpoint, { json: { workspace_id: at.acme, ...json } })
}

function importFile(text: string, query: Record<string, string> = {}) {
  return at.call(importContactsEndpoint, {
    ...formWith(Buffer.from(text)),
    query: { workspace_id: at.acme, ...query },
  })
}

describe('POST /api/contacts', () => {
  it('answers 201 with the documented fields and no others', async () => {
    const answer = await create({ phone_number: '+1 (555) 123-4567', name: 'Ana', tags: ['a'] })
    expect(answer.status).toBe(201)
    expect(Object.keys(answer.body as object).sort()).toEqual(FIELDS)
    expect(answer.body).toMatchObject({
      workspace_id: at.acme,
      phone_number: '+15551234567',
      wa_id: '15551234567',
      name: 'Ana',
      tags: ['a'],
      opted_in: true,
    })
  })

  it('takes null for name and tags', async () => {
    const answer = await create({ phone_number: aPhone(1), name: null, tags: null })
    expect(answer).toMatchObject({ status: 201, body: { name: null, tags: [] } })
  })

  it('answers 409 with the id of the contact that has the number', async () => {
    const first = await create({ phone_number: aPhone(2) })
    const second = await create({ phone_number: aPhone(2) })
    expect(second).toMatchObject({
      status: 409,
      body: { code: 'contact_exists', contact_id: ContactResponse.parse(first.body).id },
    })
  })

  it.each([
    [{ phone_number: 'abc' }, ['body', 'phone_number']],
    [{ phone_number: 12345 }, ['body', 'phone_number']],
    [{}, ['body', 'phone_number']],
    [{ phone_number: aPhone(3), name: 'x'.repeat(201) }, ['body', 'name']],
    [{ phone_number: aPhone(3), tags: 'a' }, ['body', 'tags']],
    [{ phone_number: aPhone(3), tags: ['x'.repeat(51)] }, ['body', 'tags', 0]],
  ])('answers 422 for %j', async (json, loc) => {
    const answer = await create(json)
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc }] } })
  })

  it('answers 403 for a workspace the caller is not in', async () => {
    const answer = await at.call(createContactEndpoint, {
      json: { workspace_id: at.globex, phone_number: aPhone(4) },
    })
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  it('answers 401 without a credential', async () => {
    const answer = await handleRequest(
      createContactEndpoint,
      { method: 'POST', path: '/', query: new URLSearchParams(), headers: new Headers(), params: {}, body: null },
      at.deps,
    )
    expect(answer.status).toBe(401)
  })
})

describe('one contact', () => {
  it('is read, changed and deleted by its id alone, in any case', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(10) })
    const params = { contact_id: id.toUpperCase() }
    expect(await at.call(getContactEndpoint, { params })).toMatchObject({ status: 200, body: { id } })
    const changed = await at.call(updateContactEndpoint, { params, json: { name: 'Eva', opted_in: false } })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Eva', opted_in: false } })
    expect(Object.keys(changed.body as object).sort()).toEqual(FIELDS)
    const deleted = await at.call(deleteContactEndpoint, { params })
    expect(deleted).toMatchObject({ status: 204, body: undefined })
    expect(await at.call(getContactEndpoint, { params })).toMatchObject({ status: 404 })
    expect(await at.call(deleteContactEndpoint, { params })).toMatchObject({ status: 404 })
  })

  it('of another workspace is 404 for every method, as one that does not exist', async () => {
    const theirs = await aContact(at.deps, at.globex, { phone: aPhone(11) })
    const params = { contact_id: theirs.id }
    for (const [endpoint, json] of [
      [getContactEndpoint, undefined],
      [updateContactEndpoint, { name: 'X' }],
      [deleteContactEndpoint, undefined],
    ] as const) {
      const answer = await at.call(endpoint, { params, ...(json && { json }) })
      expect(answer).toMatchObject({ status: 404, body: { code: 'contact_not_found' } })
    }
  })

  it('with a malformed id is 422', async () => {
    const answer = await at.call(getContactEndpoint, { params: { contact_id: 'import' } })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['path', 'contact_id'] }] } })
  })
})

describe('GET /api/contacts', () => {
  const list = (query: Record<string, string>) =>
    at.call(listContactsEndpoint, { query: { workspace_id: at.acme, ...query } })

  it('is filtered by tags that hold commas and quotes, which stand in quotes', async () => {
    const tags = ['Berlin, Mitte', 'say "hi", all', '27" screen']
    for (const [index, tag] of tags.entries()) await create({ phone_number: aPhone(40 + index), tags: [tag] })
    const asked = [
      '"berlin, mitte"',
      ' "say ""hi"", all" ',
      '27" screen',
      '"Berlin, Mitte",27" screen,"none"',
      'Berlin, Mitte',
    ]
    const answers = await Promise.all(asked.map((text) => list({ tags: text })))
    expect(answers.map(({ body }) => (body as { total: number }).total)).toEqual([1, 1, 1, 2, 0])
  })

  it('is filtered by as many tags as a contact can have, and refuses more', async () => {
    const tags = Array.from({ length: 51 }, (_, index) => `t${index}`)
    expect(await list({ tags: tags.slice(1).join(',') })).toMatchObject({ status: 200 })
    expect(await list({ tags: tags.join(',') })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'tags'] }] },
    })
  })

  it('answers the envelope with a cursor to the next page', async () => {
    await importFile(`phone,name,tags\n${aPhone(20)},Zed One,listed\n${aPhone(21)},Zed Two,Listed`)
    const answer = await list({ tags: 'LISTED', limit: '1' })
    expect(answer).toMatchObject({ status: 200, body: { total: 2, limit: 1, offset: 0 } })
    const first = ContactListResponse.parse(answer.body)
    const second = await list({ tags: 'LISTED', limit: '1', cursor: String(first.next_cursor) })
    expect(second.body).toMatchObject({ total: 2, limit: 1, offset: 1, next_cursor: null })
    expect(ContactListResponse.parse(second.body).data[0]?.id).not.toBe(first.data[0]?.id)
    expect(await list({ search: 'zed', opted_in: 'False' })).toMatchObject({ status: 200, body: { total: 0 } })
  })

  it('has the documented defaults', async () => {
    expect((await list({})).body).toMatchObject({ limit: 20, offset: 0 })
  })

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ offset: '-1' }, 'offset'],
    [{ opted_in: 'maybe' }, 'opted_in'],
    [{ tags_match: 'some' }, 'tags_match'],
    [{ cursor: 'nonsense' }, 'cursor'],
  ])('answers 422 for %j', async (query, field) => {
    expect(await list(query)).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', field] }] } })
  })

  it('needs a workspace, and one the caller is in', async () => {
    expect(await at.call(listContactsEndpoint, {})).toMatchObject({ status: 422 })
    expect(await at.call(listContactsEndpoint, { query: { workspace_id: at.globex } })).toMatchObject({ status: 403 })
  })
})

describe('POST /api/contacts/import', () => {
  it('answers each row', async () => {
    const answer = await importFile(
      `phone,name\n${aPhone(30)},Ana\n${aPhone(30)},Ana again\nnobody,\n,Nameless\n0152 28817386,Local`,
      { default_country: 'de' },
    )
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ total_rows: 5, imported: 2, updated: 0, skipped: 1, failed: 2 })
    expect(answer.body).toHaveProperty('results', [
      { row_number: 2, phone_number: aPhone(30), status: 'imported', reason: null },
      { row_number: 3, phone_number: aPhone(30), status: 'skipped', reason: 'Row 2 has the same number' },
      {
        row_number: 4,
        phone_number: 'nobody',
        status: 'failed',
        reason: 'This is not a phone number: write it like +15551234567',
      },
      { row_number: 5, phone_number: null, status: 'failed', reason: 'The phone number is empty' },
      { row_number: 6, phone_number: '+4915228817386', status: 'imported', reason: null },
    ])
  })

  it('logs counts and no number', async () => {
    at.world.lines.length = 0
    await importFile(`phone\n${aPhone(31)}`)
    const logged = JSON.stringify(at.world.lines)
    expect(logged).toContain('contacts.imported')
    expect(logged).not.toContain(aPhone(31).slice(1))
  })

  it('answers 415 with a hint for a body that is not multipart', async () => {
    const answer = await at.call(importContactsEndpoint, { json: {}, query: { workspace_id: at.acme } })
    const detail = expect.stringContaining('multipart/form-data') as unknown
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type', detail } })
  })

  it('answers 422 for a form without a file, or with text in its place', async () => {
    const query = { workspace_id: at.acme }
    const other = await at.call(importContactsEndpoint, { ...formWith(Buffer.from('x'), { field: 'upload' }), query })
    expect(other).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'file'], type: 'missing' }] } })
    const text = Buffer.from('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nphone\r\n--b--\r\n')
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const field = await at.call(importContactsEndpoint, { bytes: text, headers, query })
    expect(field).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'file'] }] } })
  })

  it('answers 400 for a form that is cut short', async () => {
    const { bytes, headers } = formWith(Buffer.from(`phone\n${aPhone(32)}`))
    const query = { workspace_id: at.acme }
    const answer = await at.call(importContactsEndpoint, { bytes: bytes.subarray(0, -10), headers, query })
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('answers 422 for an unknown default country', async () => {
    const answer = await importFile('phone\n1', { default_country: 'Germany' })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'default_country'] }] } })
  })

  it('answers 403 for a workspace the caller is not in, before it looks at the file', async () => {
    const answer = await importFile(`phone\n${aPhone(33)}`, { workspace_id: at.globex })
    expect(answer).toMatchObject({ status: 403 })
  })
})
