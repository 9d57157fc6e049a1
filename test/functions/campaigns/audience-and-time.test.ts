import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCampaignEndpoint, createWorkspaceCampaignEndpoint } from '../../../functions/campaigns/create.ts'
import { previewCampaignEndpoint, previewWorkspaceCampaignEndpoint } from '../../../functions/campaigns/preview.ts'
import { updateCampaignEndpoint, updateWorkspaceCampaignEndpoint } from '../../../functions/campaigns/update.ts'
import { createContactEndpoint } from '../../../functions/contacts/create.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { callEndpoint, type CallOptions } from '../../support/http.ts'
import { aMetaWorld, aTenant, connectNumber, textAt, type MetaWorld, type Tenant } from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let number: PhoneNumber
let contact: string
beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  number = await connectNumber(meta, acme.id)
  const json = { workspace_id: acme.id, phone_number: '+1 201 555 0123', tags: ['vip'], attributes: { city: 'Rome' } }
  contact = textAt(await call(createContactEndpoint, { json }), 'id')
})
afterAll(() => meta.close())

const FAMILIES = [
  {
    family: 'flat',
    create: createCampaignEndpoint,
    update: updateCampaignEndpoint,
    preview: previewCampaignEndpoint,
    params: () => ({}),
  },
  {
    family: 'nested',
    create: createWorkspaceCampaignEndpoint,
    update: updateWorkspaceCampaignEndpoint,
    preview: previewWorkspaceCampaignEndpoint,
    params: () => ({ workspace_id: acme.id }),
  },
]

const call = (endpoint: Parameters<typeof callEndpoint>[1], options: CallOptions) =>
  callEndpoint(meta.world, endpoint, { token: acme.owner.token, ...options })

describe.each(FAMILIES)('audience and time under the $family paths', ({ create, update, preview, params }) => {
  const body = (more: object) => ({ workspace_id: acme.id, phone_number_id: number.id, name: 'Autumn', ...more })
  const made = (more: object) => call(create, { params: params(), json: body(more) })

  it('answers the audience as it is kept, and previews it with and without a body', async () => {
    const answer = await made({ audience: { tags: ['VIP'], attributes: { city: 'Rome' } } })
    const audience = { tags: ['VIP'], tags_match: 'any', attributes: { city: ['Rome'] } }
    expect(answer).toMatchObject({
      status: 201,
      body: { audience, total_contacts: 1, scheduled_at: null, state: null },
    })
    const at = { ...params(), campaign_id: textAt(answer, 'id') }
    const example = { contact_id: contact, phone_number: '+12015550123', name: null }
    const seen = { total: 1, would_receive: 1, examples: [example], skipped: [] }
    expect(await call(preview, { params: at })).toMatchObject({ status: 200, body: { audience, ...seen } })
    const tried = await call(preview, { params: at, json: { audience: { exclude_tags: ['vip'] } } })
    expect(tried).toMatchObject({ status: 200, body: { total: 0, would_receive: 0 } })
    const everybody = await call(update, { params: at, json: { audience: {} } })
    expect(everybody).toMatchObject({ status: 200, body: { audience: null, total_contacts: 1 } })
  })

  it('names the field that is wrong', async () => {
    const id = '00000000-0000-8000-8000-000000000000'
    const cases: [object, (string | number)[]][] = [
      [{ audience: { contact_ids: [id] } }, ['body', 'audience', 'contact_ids', 0]],
      [{ audience: { tags: [] } }, ['body', 'audience', 'tags']],
      [{ scheduled_at: '2099-01-01T09:00:00' }, ['body', 'scheduled_at']],
      [{ scheduled_at: '2001-01-01T09:00:00Z' }, ['body', 'scheduled_at']],
    ]
    for (const [more, loc] of cases)
      expect(await made(more)).toMatchObject({ status: 422, body: { detail: [{ loc }] } })
  })

  it('does not schedule what could not be started', async () => {
    const campaign_id = textAt(await made({}), 'id')
    const scheduled_at = new Date(Date.now() + 86_400_000).toISOString()
    const answer = await call(update, { params: { ...params(), campaign_id }, json: { scheduled_at } })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'template_id'] }] } })
  })
})
