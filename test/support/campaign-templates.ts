/** Templates of any shape for a campaign world, approved here and in the simulator. */
import { randomUUID } from 'node:crypto'
import { createCampaign } from '../../shared/campaigns/create.ts'
import type { Variables } from '../../shared/campaigns/variable-sources.ts'
import type { Component } from '../../shared/templates/components.ts'
import { templateParameters } from '../../shared/templates/parameters.ts'
import { templateId, type Template } from '../../shared/templates/schema.ts'
import { templateStore } from '../../shared/templates/store.ts'
import type { CampaignWorld } from './campaign-world.ts'

const HANDLE = { header_handle: ['4::aW1hZ2U='] }

export const SHAPES = {
  positional: [
    { type: 'HEADER', format: 'TEXT', text: 'News for {{1}}', example: { header_text: ['Ada'] } },
    {
      type: 'BODY',
      text: 'Hello {{1}}, there is news in {{2}} for you today.',
      example: { body_text: [['Ada', 'Rome']] },
    },
  ],
  named: [
    {
      type: 'BODY',
      text: 'Hello {{first_name}}, there is news in {{city}} for you today.',
      example: {
        body_text_named_params: [
          { param_name: 'first_name', example: 'Ada' },
          { param_name: 'city', example: 'Rome' },
        ],
      },
    },
  ],
  buttons: [
    { type: 'BODY', text: 'Your coupon is waiting for you.' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'URL', text: 'Look', url: 'https://example.com/{{1}}', example: ['https://example.com/shoes'] },
        { type: 'COPY_CODE', example: 'SPRING25' },
      ],
    },
  ],
  image: [
    { type: 'HEADER', format: 'IMAGE', example: HANDLE },
    { type: 'BODY', text: 'Good morning to you.' },
  ],
  document: [
    { type: 'HEADER', format: 'DOCUMENT', example: HANDLE },
    { type: 'BODY', text: 'Good morning to all of you.' },
  ],
  place: [
    { type: 'HEADER', format: 'LOCATION' },
    { type: 'BODY', text: 'Come and see us soon.' },
  ],
  code: [
    { type: 'BODY', text: '*{{1}}* is your verification code.' },
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copy', url: 'https://www.whatsapp.com/otp/code/?code={{1}}' }] },
  ],
} satisfies Record<string, Component[]>

/** Only here, where nothing is sent with it. */
export async function storeTemplate(
  w: CampaignWorld,
  components: Component[],
  overrides: Partial<Template> = {},
): Promise<Template> {
  const name = overrides.name ?? `shape_${randomUUID().replaceAll('-', '_')}`
  const at = new Date().toISOString()
  const template: Template = {
    id: templateId(w.workspaceId, w.simulator.wabaId, name, 'en'),
    workspace_id: w.workspaceId,
    type: 'template',
    v: 1,
    phone_number_id: w.phoneNumberId,
    waba_id: w.simulator.wabaId,
    name,
    language: 'en',
    category: 'MARKETING',
    status: 'APPROVED',
    status_at: at,
    rejection_reason: null,
    meta_template_id: null,
    components,
    components_sent: components,
    created_at: at,
    updated_at: at,
    ...overrides,
  }
  await templateStore(w.deps.containers).create(template)
  return template
}

/** In the simulator too. */
export async function approveTemplate(w: CampaignWorld, components: Component[]): Promise<Template> {
  const template = await storeTemplate(w, components)
  const { name, language, category } = template
  const parameter_format = templateParameters(components).named ? 'named' : 'positional'
  await w.simulator.control('POST', 'templates', { name, language, category, parameter_format, components })
  return template
}

export async function campaignWith(w: CampaignWorld, template: Template, variables: Variables): Promise<string> {
  const parts = { workspace_id: w.workspaceId, phone_number_id: w.phoneNumberId, template_id: template.id }
  return (await createCampaign(w.deps, w.workspaceId, { ...parts, name: 'Autumn', variables })).id
}
