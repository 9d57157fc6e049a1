/**
 * Sends a campaign's message to one number, as a single message with all its rules: the campaign knows nothing of it.
 */
import * as z from 'zod'
import { contactOrNone } from '../contacts/for-send.ts'
import { PhoneField } from '../contacts/phone-field.ts'
import type { Contact } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { queuedOnce } from '../messages/queue-in-place.ts'
import { findRoute, queueMessage, type SendDeps } from '../messages/queue-message.ts'
import type { OutboundMessage } from '../messages/schema.ts'
import { templateOrNone } from '../templates/find.ts'
import { renderComponents, renderTexts } from '../templates/render.ts'
import { sampleValues } from '../templates/samples.ts'
import type { Template } from '../templates/schema.ts'
import { fixedHeader, headerMediaId } from './header.ts'
import { checkSameAccount } from './parts.ts'
import { checkTemplate } from './startable.ts'
import type { Campaign } from './schema.ts'
import { campaignStore } from './store.ts'
import { checkVariables, freezeParameters, valueOfNobody, variableKeys } from './variables.ts'

/** Strict: a misspelt `contact_id` would show another message than the one that is meant. */
export const CampaignTestRequest = z
  .strictObject({
    to: PhoneField.meta({
      description: 'Whom to send it to, as in POST /api/messages/send/template: E.164 with its country code',
      example: '+1 555 010 9999',
    }),
    contact_id: z
      .uuid()
      .nullish()
      .describe('The contact whose values it shows. Without: the fallbacks, or the samples of the template'),
  })
  .meta({ id: 'CampaignTestRequest', description: 'Whom to send one message of a campaign to, for a look at it' })

export type CampaignTest = z.output<typeof CampaignTestRequest>

export function sendTest(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  wanted: CampaignTest,
): Promise<OutboundMessage> {
  return queuedOnce(deps, workspaceId, () => queueTest(deps, workspaceId, campaignId, wanted))
}

async function queueTest(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  campaignId: string,
  { to, contact_id }: CampaignTest,
): Promise<OutboundMessage> {
  const { value: campaign } = await campaignStore(deps).get(workspaceId, campaignId)
  const { phone_number_id, template_id, variables } = campaign
  const route = await findRoute(deps, workspaceId, { phone_number_id, to })
  const contact = contact_id ? await knownContact(deps, workspaceId, contact_id) : undefined
  const template = await templateOrNone(deps, workspaceId, template_id ?? '')
  checkTemplate(campaign, template)
  checkSameAccount(template, route.phoneNumber)
  await checkVariables(deps, workspaceId, template, variables)
  const values = contact ? valuesOf(campaign, template, contact) : valuesOfNobody(campaign, template)
  const { id, name, language } = template
  return queueMessage(deps, route, template.category === 'MARKETING' ? 'marketing' : 'any', {
    type: 'template',
    template_id: id,
    name,
    language,
    ...filledIn(campaign, template, values),
  })
}

async function knownContact(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  contactId: string,
): Promise<Contact> {
  const contact = await contactOrNone(deps, workspaceId, contactId.toLowerCase())
  if (contact && !contact.deleted) return contact
  throw fieldProblem(['body', 'contact_id'], 'No contact of this workspace has this id')
}

function valuesOf({ variables }: Campaign, template: Template, contact: Contact): string[] {
  const { wa_id, phone_number, attributes_folded: attributes } = contact
  const audienceContact = { ...contact, wa_id: wa_id ?? '', phone_number: phone_number ?? '', attributes }
  const frozen = freezeParameters(variableKeys(template), variables, audienceContact)
  if (frozen.kind === 'values') return frozen.values
  const msg = `The contact lacks the value of ${frozen.key}, which has no fallback: the campaign would skip it`
  throw fieldProblem(['body', 'contact_id'], msg)
}

function valuesOfNobody({ variables }: Campaign, template: Template): string[] {
  const samples = sampleValues(template.components)
  return variableKeys(template).map((key, index) => valueOfNobody(variables[key]) ?? samples[index] ?? key)
}

/** A file of ours is only named: the link to it is made when the message is sent, and is stored nowhere. */
function filledIn({ variables }: Campaign, { components }: Template, values: string[]) {
  const mediaId = headerMediaId(variables)
  if (mediaId !== undefined) return { components: renderTexts(components, values), header_media_id: mediaId }
  return { components: renderComponents(components, values, fixedHeader(variables)) }
}
