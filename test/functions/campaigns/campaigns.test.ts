import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { campaignActionEndpoints } from '../../../functions/campaigns/act.ts'
import { createCampaignEndpoint, createWorkspaceCampaignEndpoint } from '../../../functions/campaigns/create.ts'
import { deleteCampaignEndpoint, deleteWorkspaceCampaignEndpoint } from '../../../functions/campaigns/delete.ts'
import { listCampaignsEndpoint, listWorkspaceCampaignsEndpoint } from '../../../functions/campaigns/list.ts'
import { updateCampaignEndpoint, updateWorkspaceCampaignEndpoint } from '../../../functions/campaigns/update.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { callEndpoint, type CallOptions } from '../../support/http.ts'
import { aMetaWorld, aTenant, connectNumber, textAt, type MetaWorld, type Tenant } from '../../support/tenants.ts'

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

const FLAT = { create: createCampaignEndpoint, list: listCampaignsEndpoint, update: updateCampaignEndpoint }
const NESTED = {
  create: createWorkspaceCampaignEndpoint,
  list: listWorkspaceCampaignsEndpoint,
  update: updateWorkspaceCampaignEndpoint,
}

/** The two path families: how each names the workspace. */
const FAMILIES = [
  {
    family: 'flat',
    ...FLAT,
    remove: deleteCampaignEndpoint,
    get: campaignActionEndpoints.find(({ name }) => name === 'campaigns-get')!,
    params: () => ({}),
    query: (tenant: Tenant) => ({ workspace_id: tenant.id }),
  },
  {
    family: 'nested',
    ...NESTED,
    remove: deleteWorkspaceCampaignEndpoint,
    get: campaignActionEndpoints.find(({ name }) => name === 'workspace-campaigns-get')!,
    params: (tenant: Tenant) => ({ workspace_id: tenant.id }),
    query: () => ({}),
  },
]

const call = (endpoint: Parameters<typeof callEndpoint>[1], options: CallOptions) =>
  callEndpoint(meta.world, endpoint, { token: acme.owner.token, ...options })

async function aCampaign(name = 'Autumn'): Promise<string> {
  const json = { workspace_id: acme.id, phone_number_id: number.id, name }
  return textAt(await call(createCampaignEndpoint, { json }), 'id')
}

describe.each(FAMILIES)('campaigns under the $family paths', ({ create, list, update, remove, get, params, query }) => {
  const at = (campaign_id: string, tenant = acme) => ({ ...params(tenant), campaign_id })

  it('tell every id that leads nowhere, and list all for an empty filter', async () => {
    const nowhere = { phone_number_id: randomUUID(), template_id: randomUUID() }
    const json = { workspace_id: acme.id, name: 'Autumn', ...nowhere }
    const answer = await call(create, { params: params(acme), json })
    expect(answer.status).toBe(422)
    const problems = answer.body as { detail: { loc: string[] }[] }
    expect(problems.detail.map(({ loc }) => loc[1]).sort()).toEqual(['phone_number_id', 'template_id'])
    const listed = await call(list, { params: params(acme), query: { ...query(acme), status: '' } })
    expect(listed.status).toBe(200)
  })

  it('are made, listed newest first, changed and deleted', async () => {
    const json = { workspace_id: acme.id, phone_number_id: number.meta_id, name: 'First' }
    const first = await call(create, { params: params(acme), json })
    expect(first).toMatchObject({
      status: 201,
      body: { phone_number_id: number.id, status: 'DRAFT', total_contacts: 0 },
    })
    const id = textAt(first, 'id')
    const second = await aCampaign('Second')

    const listed = await call(list, { params: params(acme), query: { ...query(acme), limit: '2' } })
    expect(listed).toMatchObject({ status: 200, body: { limit: 2, offset: 0, data: [{ id: second }, { id }] } })

    const renamed = await call(update, { params: at(id), json: { name: 'Renamed', status: 'draft' } })
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Renamed', status: 'DRAFT', sent_count: 0 } })
    const cancelled = await call(update, { params: at(id), json: { status: 'Cancelled' } })
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'CANCELLED' } })
    expect(await call(update, { params: at(id), json: { status: 'SENDING' } })).toMatchObject({
      status: 409,
      body: { code: 'campaign_not_sendable' },
    })

    expect(await call(remove, { params: at(id) })).toMatchObject({ status: 204, body: undefined })
    for (const [endpoint, options] of [
      [remove, {}],
      [get, {}],
      [update, { json: { name: 'x' } }],
    ] as const) {
      expect(await call(endpoint, { params: at(id), ...options })).toMatchObject({
        status: 404,
        body: { code: 'campaign_not_found' },
      })
    }
  })

  it('are found by status in any letter case and by number', async () => {
    const id = await aCampaign('Filtered')
    await call(update, { params: at(id), json: { status: 'CANCELLED' } })
    const found = async (filter: Record<string, string>) => {
      const answer = await call(list, { params: params(acme), query: { ...query(acme), ...filter } })
      expect(answer.status).toBe(200)
      return (answer.body as { data: { id: string }[] }).data.map((campaign) => campaign.id)
    }
    expect(await found({ status: 'cancelled' })).toContain(id)
    expect(await found({ status: 'Draft' })).not.toContain(id)
    for (const ref of [number.id, number.id.toUpperCase(), number.meta_id]) {
      expect(await found({ phone_number_id: ref })).toContain(id)
    }
    expect(await found({ phone_number_id: globex.id })).toEqual([])
    expect(await found({ phone_number_id: '42' })).toEqual([])
  })

  it('are nobody else’s', async () => {
    const id = await aCampaign()
    const { token } = globex.owner
    const foreign = await call(list, { params: params(acme), query: query(acme), token })
    expect(foreign).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    for (const [endpoint, options] of [
      [remove, {}],
      [update, { json: { name: 'x' } }],
    ] as const) {
      const answer = await call(endpoint, { params: at(id, globex), token, ...options })
      expect(answer).toMatchObject({ status: 404, body: { code: 'campaign_not_found' } })
    }
    expect(await call(get, { params: at(id) })).toMatchObject({ status: 200, body: { name: 'Autumn' } })
  })

  it.each([
    ['an unknown status', { status: 'RUNNING' }, 'status'],
    ['an empty name', { name: '' }, 'name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
    ['half a character', { name: 'a\ud800' }, 'name'],
    ['a null byte', { name: 'a\0' }, 'name'],
    ['a number of nobody', { phone_number_id: '42' }, 'phone_number_id'],
    ['a template of nobody', { template_id: '00000000-0000-0000-0000-000000000000' }, 'template_id'],
  ])('answer 422 to %s and name the field', async (_what, json, field) => {
    const id = await aCampaign()
    const answer = await call(update, { params: at(id), json: { name: 'New', ...json } })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', field] }] } })
    expect(await call(get, { params: at(id) })).toMatchObject({ body: { name: 'Autumn' } })
  })

  it('answer 422 to a list of an unknown status', async () => {
    const answer = await call(list, { params: params(acme), query: { ...query(acme), status: 'RUNNING' } })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'status'], type: 'enum' }] } })
  })
})

it('a list without a workspace answers 422, as documented', async () => {
  const answer = await call(listCampaignsEndpoint, {})
  expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'workspace_id'], type: 'missing' }] } })
})
