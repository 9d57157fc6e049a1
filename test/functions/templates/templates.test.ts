import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemplateEndpoint } from '../../../functions/templates/create.ts'
import { getTemplateEndpoint } from '../../../functions/templates/get.ts'
import { listTemplatesEndpoint } from '../../../functions/templates/list.ts'
import { newUuid } from '../../../shared/ids.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import {
  A_STRING,
  aMetaWorld,
  aTenant,
  connectNumber,
  textAt,
  type MetaWorld,
  type Tenant,
} from '../../support/tenants.ts'
import { A_BODY, aName } from '../../shared/templates/support.ts'

let meta: MetaWorld
let acme: Tenant
let globex: Tenant
let number: PhoneNumber

beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  globex = await aTenant(meta.world)
  number = await connectNumber(meta, acme.id)
})
afterAll(() => meta.close())

function create(changes: Record<string, unknown> = {}, token = acme.owner.token) {
  const json = {
    workspace_id: acme.id,
    phone_number_id: number.id,
    name: aName(),
    category: 'utility',
    components: [A_BODY],
    ...changes,
  }
  return callEndpoint(meta.world, createTemplateEndpoint, { token, json })
}

function list(query: Record<string, string>, token = acme.owner.token) {
  return callEndpoint(meta.world, listTemplatesEndpoint, { token, query: { workspace_id: acme.id, ...query } })
}

function namesOf({ body }: CallAnswer): string[] {
  // The documented envelope.
  return (body as { data: { name: string }[] }).data.map(({ name }) => name)
}

describe('POST /api/templates', () => {
  it('answers 201 with the pending template', async () => {
    const answer = await create({ name: 'order_confirmation' })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({
      id: A_STRING,
      workspace_id: acme.id,
      phone_number_id: number.id,
      name: 'order_confirmation',
      category: 'UTILITY',
      language: 'en',
      status: 'PENDING',
      meta_template_id: null,
      components: [A_BODY],
      rejection_reason: null,
      created_at: A_STRING,
      updated_at: A_STRING,
      quality_score: null,
      disabled_here: false,
      status_details: null,
      disables_at: null,
    })
  })

  it('gives components back in the form they came in', async () => {
    const forms = [
      [A_BODY],
      { body: A_BODY },
      { components: [A_BODY] },
      { header: { type: 'text', text: 'Your order' }, body: { text: 'It is here!' }, footer: null, buttons: [] },
    ]
    for (const components of forms) {
      const answer = await create({ components })
      expect(answer).toMatchObject({ status: 201, body: { components } })
      const params = { template_id: textAt(answer, 'id') }
      const again = await callEndpoint(meta.world, getTemplateEndpoint, { token: acme.owner.token, params })
      expect(again.body).toEqual(answer.body)
    }
  })

  it('takes languages in any spelling and Meta’s id of the number', async () => {
    const answer = await create({ language: 'pt-br', phone_number_id: number.meta_id })
    expect(answer).toMatchObject({ status: 201, body: { language: 'pt_BR', phone_number_id: number.id } })
  })

  it.each([
    ['name', { name: 'Order Confirmation' }],
    ['name', { name: 'x'.repeat(256) }],
    ['category', { category: 'NEWS' }],
    ['language', { language: 'tlh' }],
    ['components', { components: 'Hello' }],
    ['phone_number_id', { phone_number_id: 'x' }],
    ['workspace_id', { workspace_id: undefined }],
  ])('answers 422 and names %s', async (field, changes) => {
    expect(await create(changes)).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', field] }] } })
  })

  it('answers 422 with the place of a mistake in the components', async () => {
    const answer = await create({ components: { body: { text: 'Hi {{1}}, {{3}}.' } } })
    const problem = {
      loc: ['body', 'components', 'body', 'text'],
      msg: '{{2}} is missing: number the variables from {{1}} without gaps',
    }
    expect(answer).toMatchObject({ status: 422, body: { detail: [problem] } })
  })

  it('answers 403 to people of other workspaces, 409 for a name in use', async () => {
    expect((await create({}, globex.owner.token)).status).toBe(403)
    const foreign = await create({ workspace_id: globex.id }, globex.owner.token)
    expect(foreign).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'phone_number_id'] }] } })
    await create({ name: 'twice' })
    expect(await create({ name: 'twice' })).toMatchObject({ status: 409, body: { code: 'template_exists' } })
  })
})

describe('GET /api/templates/{template_id}', () => {
  it('answers 404 for another workspace’s and for none, 422 for no id', async () => {
    const id = textAt(await create(), 'id')
    const read = (template_id: string, { token }: { token: string }) =>
      callEndpoint(meta.world, getTemplateEndpoint, { token, params: { template_id } })
    expect((await read(id, acme.owner)).status).toBe(200)
    for (const [name, who] of [
      [id, globex.owner],
      [newUuid(), acme.owner],
    ] as const) {
      expect(await read(name, who)).toMatchObject({ status: 404, body: { code: 'template_not_found' } })
    }
    expect((await read('nonsense', acme.owner)).status).toBe(422)
  })
})

describe('GET /api/templates', () => {
  it('lists newest first, filtered, page by page with offsets or cursors', async () => {
    const umbrella = await aTenant(meta.world)
    const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
    const own = await connectNumber(meta, umbrella.id, { metaId: String(phone_number_id) })
    const { token } = umbrella.owner
    const made: string[] = []
    for (const category of ['MARKETING', 'UTILITY', 'MARKETING', 'UTILITY', 'UTILITY']) {
      const name = aName()
      await create({ workspace_id: umbrella.id, phone_number_id: own.id, name, category }, token)
      made.unshift(name)
    }
    const all = (query: Record<string, string>) => list({ workspace_id: umbrella.id, ...query }, token)
    const first = await all({ limit: '2' })
    expect(first).toMatchObject({ status: 200, body: { total: 5, limit: 2, offset: 0, next_cursor: A_STRING } })
    expect(namesOf(first)).toEqual(made.slice(0, 2))
    const second = await all({ limit: '2', cursor: textAt(first, 'next_cursor') })
    expect(namesOf(second)).toEqual(made.slice(2, 4))
    const last = await all({ limit: '2', cursor: textAt(second, 'next_cursor') })
    expect(namesOf(last)).toEqual(made.slice(4))
    expect(last).toMatchObject({ body: { total: 5, next_cursor: null } })
    expect(namesOf(await all({ limit: '2', offset: '3' }))).toEqual(made.slice(3))
    expect(await all({ category: 'marketing' })).toMatchObject({ body: { total: 2 } })
    expect(await all({ status: 'pending', category: 'Utility' })).toMatchObject({ body: { total: 3 } })
    expect(await all({ status: 'APPROVED' })).toMatchObject({ body: { total: 0, data: [] } })
    for (const phone_number_id of [own.id, own.id.toUpperCase(), own.meta_id]) {
      expect(await all({ phone_number_id })).toMatchObject({ body: { total: 5 } })
    }
    for (const phone_number_id of [number.id, number.meta_id, '42']) {
      expect(await all({ phone_number_id })).toMatchObject({ body: { total: 0 } })
    }
  })

  it('answers 403 for another workspace, 422 without one or with an unknown status', async () => {
    expect((await list({}, globex.owner.token)).status).toBe(403)
    const none = await callEndpoint(meta.world, listTemplatesEndpoint, { token: acme.owner.token })
    expect(none).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'workspace_id'], type: 'missing' }] } })
    expect(await list({ status: 'SHINY' })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'status'] }] },
    })
  })
})
