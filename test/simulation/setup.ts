/** What is there before the simulation begins: a number, an approved template, contacts and campaigns. */
import { createCampaign } from '../../shared/campaigns/create.ts'
import { newContact } from '../../shared/contacts/schema.ts'
import { contactStore } from '../../shared/contacts/store.ts'
import { derivedId } from '../../shared/ids.ts'
import { phoneNumberDirectory } from '../../shared/phone-numbers/directory.ts'
import { PhoneNumber, sealToken } from '../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../shared/phone-numbers/store.ts'
import { Template } from '../../shared/templates/schema.ts'
import { Workspace } from '../../shared/workspaces/schema.ts'
import type { SimulatedWorld } from './world.ts'

/** The longer the names, the fewer recipients fit into a page of 32 KB: 128, a few dozen, five, or so few that planning takes several steps. */
const NAME_LENGTHS = [6, 6, 200, 200, 200, 1_000, 1_000, 4_000]

export function phoneOf(index: number): { e164: string; waId: string } {
  const waId = `1555${1_000_000 + index}`
  return { e164: `+${waId}`, waId }
}

/** The ids of the campaigns. */
export async function setUp(world: SimulatedWorld): Promise<string[]> {
  const { direct, random, workspaceId, chaos } = world
  await addWorkspace(world)
  const phoneNumberId = await addNumber(world)
  const templateId = await addTemplate(world, phoneNumberId)
  await addContacts(world)
  const ids: string[] = []
  for (let index = 0; index < chaos().campaigns; index++) {
    const variables = { 'body.1': { field: 'name' as const, ...(random.chance(0.8) ? { fallback: 'there' } : {}) } }
    const input = { workspace_id: workspaceId, phone_number_id: phoneNumberId, template_id: templateId }
    const campaign = await createCampaign(direct, workspaceId, { ...input, name: `c${index + 1}`, variables })
    ids.push(campaign.id)
  }
  return ids
}

async function addWorkspace({ direct, workspaceId, chaos }: SimulatedWorld): Promise<void> {
  const at = direct.now().toISOString()
  const workspace = Workspace.parse({
    id: workspaceId,
    workspace_id: workspaceId,
    type: 'workspace',
    v: 1,
    name: 'Simulated',
    slug: 'simulated',
    plan: 'enterprise',
    status: 'active',
    settings: { frequency_cap: chaos().frequencyCap },
    created_by: workspaceId,
    api_key: '',
    webhook_secret: '',
    created_at: at,
    updated_at: at,
  })
  await direct.containers.core.create(workspace, workspaceId)
}

async function addNumber({ direct, workspaceId, number: given, metaNumberId }: SimulatedWorld): Promise<string> {
  const id = derivedId('phoneNumber', workspaceId, 'number')
  const at = direct.now().toISOString()
  const row = { id, workspace_id: workspaceId }
  const number = PhoneNumber.parse({
    ...row,
    type: 'phone_number',
    v: 1,
    meta_id: metaNumberId,
    waba_id: '2000',
    display_digits: '15550001111',
    display_name: null,
    verified_name: null,
    quality_rating: 'GREEN',
    tier: null,
    message_limit: 100_000,
    ...given,
    meta_status: 'CONNECTED',
    status: 'active',
    is_subscribed: true,
    access_token: sealToken(direct.config, row, 'simulated'),
    verified_at: at,
    created_at: at,
    updated_at: at,
  })
  await phoneNumberStore(direct.containers).create(number)
  await phoneNumberDirectory(direct.containers).claimNumber(metaNumberId, { workspaceId, phoneNumberId: id, at })
  return id
}

async function addTemplate({ direct, workspaceId }: SimulatedWorld, phoneNumberId: string): Promise<string> {
  const id = derivedId('template', workspaceId, 'template')
  const at = direct.now().toISOString()
  const components = [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }]
  const template = Template.parse({
    id,
    workspace_id: workspaceId,
    type: 'template',
    v: 1,
    phone_number_id: phoneNumberId,
    waba_id: '2000',
    name: 'greeting',
    language: 'en',
    category: 'MARKETING',
    status: 'APPROVED',
    status_at: at,
    rejection_reason: null,
    meta_template_id: '3000',
    components,
    components_sent: components,
    created_at: at,
    updated_at: at,
  })
  await direct.containers.core.create(template, workspaceId)
  return id
}

async function addContacts({ direct, random, workspaceId, chaos }: SimulatedWorld): Promise<void> {
  const name = 'Ü'.repeat(chaos().isCrowded ? 6 : random.pick(NAME_LENGTHS))
  const nameOf = (): string | null => (random.chance(0.1) ? null : name)
  const count = chaos().recipients
  const operations = Array.from({ length: count }, (_, index) => {
    const optedIn = !random.chance(0.05)
    const contact = { phone: phoneOf(index), optedIn, source: 'api' as const, name: nameOf(), tags: [] }
    return { kind: 'create' as const, document: newContact(workspaceId, contact, direct.now()) }
  })
  for (let at = 0; at < count; at += 100) {
    await contactStore(direct.containers).writeAll(workspaceId, operations.slice(at, at + 100))
  }
}
