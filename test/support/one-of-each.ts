/** A workspace's things, for tests that name every kind of id. */
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { createContact } from '../../shared/contacts/create.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createSegment } from '../../shared/segments/change.ts'
import { createTemplate } from '../../shared/templates/create.ts'
import { templateStore } from '../../shared/templates/store.ts'
import { createWorkspace } from '../../shared/workspaces/create.ts'
import { deleteWorkspace } from '../../shared/workspaces/delete.ts'
import { aBulkJob } from './bulk.ts'
import { aRequestOf, send, type Ids } from './every-endpoint.ts'
import { anImport } from './imports.ts'
import { aMember } from './members.ts'
import { aQueuedText, aStoredImage } from './messages.ts'
import { bearer, connectNumber, type MetaWorld, type Tenant } from './tenants.ts'
import { anEndpointWithDelivery } from './webhook-endpoints.ts'

const A_SEGMENT = { name: 'Regulars', filter: { tags: ['vip'] } }

/** One thing of each kind in a workspace, made through the product's own verbs. */
export async function oneOfEach(
  meta: MetaWorld,
  workspaceId: WorkspaceId,
  metaId: string,
  { templateName = 'greeting', contact = '+12015550123' } = {},
): Promise<Ids> {
  const { deps } = meta
  const { id: phoneNumberId } = await connectNumber(meta, workspaceId, { metaId })
  const template = await createTemplate(deps, workspaceId, {
    phoneNumberRef: phoneNumberId,
    name: templateName,
    category: 'MARKETING',
    language: 'en',
    components: [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }],
  })
  const common = { workspace_id: workspaceId, phone_number_id: phoneNumberId }
  // Before somebody with this number writes: who does is a contact by that.
  const { id: contactId } = await createContact(deps, workspaceId, { phone_number: contact })
  const message = await aQueuedText(deps, workspaceId, phoneNumberId)
  const campaign = { name: 'Autumn', template_id: template.id, variables: { 'body.1': { value: 'you' } } }
  return {
    ...common,
    template_id: template.id,
    contact_id: contactId,
    job_id: await aBulkJob(deps, workspaceId),
    segment_id: (await createSegment(deps, workspaceId, A_SEGMENT)).id,
    campaign_id: (await createCampaign(deps, workspaceId, { ...common, ...campaign })).id,
    member_id: (await aMember(meta.world, workspaceId, 'MEMBER')).member.id,
    media_id: (await aStoredImage(deps, workspaceId)).id,
    import_id: (await anImport(deps, workspaceId)).id,
    message_id: message.id,
    conversation_id: message.conversation_id,
    ...(await anEndpointWithDelivery(deps, workspaceId)),
  }
}

/** So that the template can be sent. */
export async function approveTemplate(
  { deps }: MetaWorld,
  workspaceId: WorkspaceId,
  templateId: string,
): Promise<void> {
  const templates = templateStore(deps.containers)
  const stored = await templates.find(workspaceId, templateId)
  if (!stored) throw new Error('There is no such template')
  await templates.replace(stored, { ...stored.value, status: 'APPROVED' })
}

/** The ids of things that a workspace had until a moment ago. */
export async function oneOfEachDeleted(meta: MetaWorld, { id, owner }: Tenant): Promise<Partial<Ids>> {
  const metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  const ids = await oneOfEach(meta, id, metaId, { templateName: 'farewell', contact: '+12015550199' })
  // What uses others goes first.
  for (const noun of [
    'campaigns',
    'templates',
    'phone-numbers',
    'contacts',
    'segments',
    'media',
    'webhook-endpoints',
    'members',
  ]) {
    const name = noun === 'members' ? 'members-remove' : `${noun}-delete`
    const endpoint = ENDPOINTS.find((candidate) => candidate.name === name)
    if (!endpoint) throw new Error(`There is no endpoint ${name}`)
    const { status, text } = await send(meta.deps, endpoint, aRequestOf(endpoint, ids), bearer(owner.token))
    if (status !== 204) throw new Error(`${name} was answered ${status}: ${text}`)
  }
  const caller = { userId: owner.userId, email: owner.email, memberships: [] }
  const { id: workspaceId } = await createWorkspace(meta.deps, caller, { name: 'Left behind', plan: 'free' })
  await deleteWorkspace(meta.deps, workspaceId)
  // Messages, conversations, imports and jobs cannot be deleted.
  const { message_id: _message, conversation_id: _conversation, import_id: _import, job_id: _job, ...deleted } = ids
  return { ...deleted, workspace_id: workspaceId }
}
