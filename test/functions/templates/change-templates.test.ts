import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemplateEndpoint } from '../../../functions/templates/create.ts'
import { deleteTemplateEndpoint } from '../../../functions/templates/delete.ts'
import { getTemplateEndpoint } from '../../../functions/templates/get.ts'
import { syncTemplatesEndpoint } from '../../../functions/templates/sync.ts'
import { updateTemplateEndpoint } from '../../../functions/templates/update.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import { newId } from '../../../shared/ids.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { callEndpoint } from '../../support/http.ts'
import { aMetaWorld, aTenant, connectNumber, textAt, type MetaWorld, type Tenant } from '../../support/tenants.ts'
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

async function aTemplateId(): Promise<string> {
  const json = {
    workspace_id: acme.id,
    phone_number_id: number.id,
    name: aName(),
    category: 'UTILITY',
    components: [A_BODY],
  }
  return textAt(await callEndpoint(meta.world, createTemplateEndpoint, { token: acme.owner.token, json }), 'id')
}

function call(endpoint: Endpoint, template_id: string, json?: unknown, { token } = acme.owner) {
  return callEndpoint(meta.world, endpoint, { token, params: { template_id }, ...(json === undefined ? {} : { json }) })
}

/** As if Meta had approved it. */
async function approve(id: string): Promise<void> {
  const store = templateStore(meta.deps.containers)
  const stored = (await store.find(acme.id, id))!
  await store.replace(stored, { ...stored.value, status: 'APPROVED', meta_template_id: '1315500000000001' })
}

async function aCampaign(template_id: string): Promise<string> {
  const input = { workspace_id: acme.id, phone_number_id: number.id, template_id, name: 'Autumn' }
  const variables = { 'body.1': { value: 'Ana' }, 'body.2': { value: 'A-17' } }
  return (await createCampaign(meta.deps, acme.id, { ...input, variables })).id
}

describe('PATCH /api/templates/{template_id}', () => {
  it('answers the pending template with the components in the form they were sent in', async () => {
    const id = await aTemplateId()
    await approve(id)
    const components = { header: 'Your order', body: 'It is here!' }
    const answer = await call(updateTemplateEndpoint, id, { components, status: 'pending' })
    expect(answer).toMatchObject({ status: 200, body: { id, status: 'PENDING', components } })
    expect((await call(getTemplateEndpoint, id)).body).toEqual(answer.body)
    const again = await call(updateTemplateEndpoint, id, { components })
    expect(again).toMatchObject({ status: 409, body: { code: 'template_not_editable' } })
  })

  it('takes out of use and pauses the campaigns that send it, with the reason', async () => {
    const id = await aTemplateId()
    await approve(id)
    const campaign = await aCampaign(id)
    await executeCampaign(meta.deps, acme.id, campaign)
    const answer = await call(updateTemplateEndpoint, id, { status: 'Disabled' })
    expect(answer).toMatchObject({ status: 200, body: { status: 'DISABLED', disabled_here: true } })
    const { value } = await campaignStore(meta.deps).get(acme.id, campaign)
    expect(value).toMatchObject({
      status: 'SCHEDULED',
      pause_reason: expect.stringContaining('disabled here') as string,
    })
  })

  it('changes nothing for null or an empty body', async () => {
    const id = await aTemplateId()
    const before = (await call(getTemplateEndpoint, id)).body as unknown
    for (const json of [{}, { components: null, status: null }]) {
      expect(await call(updateTemplateEndpoint, id, json)).toMatchObject({ status: 200, body: before })
    }
  })

  it.each([
    ['status', { status: 'SHINY' }, 422, 'validation_failed'],
    ['components', { components: 'Hello' }, 422, 'validation_failed'],
    ['APPROVED', { status: 'approved' }, 409, 'template_status_not_settable'],
    ['PAUSED', { status: 'PAUSED' }, 409, 'template_status_not_settable'],
  ])('refuses %s', async (_what, json, status, code) => {
    const answer = await call(updateTemplateEndpoint, await aTemplateId(), json)
    expect(answer).toMatchObject(status === 422 ? { status } : { status, body: { code } })
  })

  it('answers 422 with the place of a mistake in the components', async () => {
    const answer = await call(updateTemplateEndpoint, await aTemplateId(), { components: [{ type: 'BODY', text: '' }] })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'components', 0, 'text'] }] } })
  })

  it('answers 404 to others and for none', async () => {
    const id = await aTemplateId()
    for (const [name, who] of [
      [id, globex.owner],
      [newId('template', acme.id), acme.owner],
    ] as const) {
      const answer = await call(updateTemplateEndpoint, name, { status: 'DISABLED' }, who)
      expect(answer).toMatchObject({ status: 404, body: { code: 'template_not_found' } })
    }
  })
})

describe('DELETE /api/templates/{template_id}', () => {
  it('answers 204, then 404 for every read', async () => {
    const id = await aTemplateId()
    expect((await call(deleteTemplateEndpoint, id, undefined, globex.owner)).status).toBe(404)
    expect((await call(deleteTemplateEndpoint, id)).status).toBe(204)
    for (const endpoint of [getTemplateEndpoint, deleteTemplateEndpoint]) {
      expect(await call(endpoint, id)).toMatchObject({ status: 404, body: { code: 'template_not_found' } })
    }
  })

  it('answers 409 while a campaign is sending it or will', async () => {
    const id = await aTemplateId()
    await approve(id)
    const campaign = await aCampaign(id)
    await executeCampaign(meta.deps, acme.id, campaign)
    const answer = await call(deleteTemplateEndpoint, id)
    expect(answer).toMatchObject({ status: 409, body: { code: 'template_in_use' } })
    expect((await call(getTemplateEndpoint, id)).status).toBe(200)
  })
})

describe('POST /api/templates/sync', () => {
  it('answers the counts', async () => {
    const own = await aTenant(meta.world)
    const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
    const { id } = await connectNumber(meta, own.id, { metaId: String(phone_number_id) })
    await meta.control('POST', 'templates', {
      name: aName(),
      language: 'en',
      category: 'UTILITY',
      components: [A_BODY],
    })
    const json = { workspace_id: own.id, phone_number_id: id }
    const answer = await callEndpoint(meta.world, syncTemplatesEndpoint, { token: own.owner.token, json })
    expect(answer).toMatchObject({ status: 200, body: { created: 1, updated: 0, unchanged: 0, removed: 0, total: 1 } })
    const without = { token: own.owner.token, json: { workspace_id: own.id } }
    const again = await callEndpoint(meta.world, syncTemplatesEndpoint, without)
    expect(again).toMatchObject({ status: 200, body: { created: 0, unchanged: 1, total: 1 } })
  })

  it('answers 403 for another workspace, 422 for another’s number', async () => {
    const json = { workspace_id: acme.id }
    const foreign = await callEndpoint(meta.world, syncTemplatesEndpoint, { token: globex.owner.token, json })
    expect(foreign.status).toBe(403)
    const own = { workspace_id: globex.id, phone_number_id: number.id }
    const answer = await callEndpoint(meta.world, syncTemplatesEndpoint, { token: globex.owner.token, json: own })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'phone_number_id'] }] } })
  })
})
