/** Who asks, and the things that requests are about: two workspaces with one of each, made through the verbs themselves. */
import { randomBytes } from 'node:crypto'
import { aBulkJob } from '../support/bulk.ts'
import { issueAccessToken } from '../../shared/accounts/access-token.ts'
import { signUp } from '../../shared/accounts/sign-up.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import type { Config } from '../../shared/config.ts'
import { createContact } from '../../shared/contacts/create.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createPhoneNumber } from '../../shared/phone-numbers/create.ts'
import { createSegment } from '../../shared/segments/change.ts'
import { createTemplate } from '../../shared/templates/create.ts'
import { createWorkspace } from '../../shared/workspaces/create.ts'
import { addMember } from '../../shared/workspaces/members/add.ts'
import type { Role } from '../../shared/workspaces/membership.ts'
import type { Ids } from '../support/every-endpoint.ts'
import { anImport } from '../support/imports.ts'
import { aQueuedText, aStoredImage } from '../support/messages.ts'
import { anEndpointWithDelivery } from '../support/webhook-endpoints.ts'

export type ActorName =
  'owner' | 'admin' | 'member' | 'agent' | 'other owner' | 'stranger' | 'API key' | 'nobody' | 'liar'

/** The simulated Meta, as far as a request needs to know it. */
export interface Meta {
  url: string
  phoneNumberId: string
  wabaId: string
  accessToken: string
}

export interface Tenant {
  id: WorkspaceId
  /** They stay as they are: only things made by requests are changed or deleted. */
  kept: Ids
  spare: Record<keyof Ids, string[]>
  apiKey: string
  webhookSecret: string
}

export interface Population {
  deps: Deps
  meta: Meta
  acme: Tenant
  globex: Tenant
  /** Numbers at Meta that nobody has connected. */
  freeMetaIds: string[]
  cursors: string[]
  refreshTokens: string[]
  ownerEmail: string
  /** Of people who ask for nothing themselves: whoever asks keeps the rights that they begin with. */
  emails: string[]
  headersOf(actor: ActorName): Promise<Record<string, string>>
}

export const A_PASSWORD = 'correct horse battery staple'
const FREE_NUMBERS = 30

export async function populate(deps: Deps, meta: Meta): Promise<Population> {
  const signedUp = async () => signUp(deps, { email: anEmail(), password: A_PASSWORD })
  const [owner, otherOwner, stranger] = [await signedUp(), await signedUp(), await signedUp()]
  const freeMetaIds: string[] = []
  for (let count = 0; count <= FREE_NUMBERS; count++) freeMetaIds.push(await aMetaNumber(meta))
  const acme = await aTenant(deps, meta, owner, meta.phoneNumberId)
  const globex = await aTenant(deps, meta, otherOwner, freeMetaIds.pop() ?? '')
  const userIds = new Map<ActorName, string>([
    ['owner', owner.id],
    ['other owner', otherOwner.id],
    ['stranger', stranger.id],
  ])
  for (const role of ['ADMIN', 'MEMBER', 'AGENT'] as const) {
    const person = await signedUp()
    await joins(deps, acme.id, person.email, role)
    userIds.set(role.toLowerCase() as ActorName, person.id) // the names of these roles in small letters
  }
  return {
    ...{ deps, meta, acme, globex, freeMetaIds },
    cursors: [],
    refreshTokens: [],
    ownerEmail: owner.email,
    emails: [anEmail(), anEmail(), anEmail()],
    headersOf: (actor) => headersOf(actor, userIds.get(actor), deps, acme),
  }
}

export function anEmail(): string {
  return `fuzz-${randomBytes(6).toString('hex')}@example.com`
}

async function headersOf(
  actor: ActorName,
  userId: string | undefined,
  { config, now }: { config: Config; now: () => Date },
  acme: Tenant,
): Promise<Record<string, string>> {
  if (actor === 'API key') return { 'x-api-key': acme.apiKey }
  if (actor === 'liar') return { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }
  // Made for each request: none of them is ever too old.
  return userId === undefined ? {} : { authorization: `Bearer ${await issueAccessToken(config, userId, now())}` }
}

async function aMetaNumber({ url, wabaId }: Meta): Promise<string> {
  const answer = await fetch(`${url}/_simulator/phone-numbers`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ waba_id: wabaId }),
  })
  // The control API answers with the new number.
  return String(((await answer.json()) as Record<string, unknown>)['phone_number_id'])
}

async function joins(deps: Deps, id: WorkspaceId, email: string, role: Role): Promise<string> {
  return (await addMember(deps, id, { userId: undefined, role: 'OWNER' }, { email, role })).id
}

async function aTenant(deps: Deps, meta: Meta, owner: { id: string; email: string }, metaId: string): Promise<Tenant> {
  const caller = { userId: owner.id, email: owner.email, memberships: [] }
  const { id, api_key, webhook_secret } = await createWorkspace(deps, caller, { name: 'Acme', plan: 'enterprise' })
  const number = await createPhoneNumber(deps, id, {
    ...{ metaId, accessToken: meta.accessToken, displayName: null, wabaId: meta.wabaId },
  })
  const template = await createTemplate(deps, id, {
    ...{ phoneNumberRef: number.id, name: `greeting_${metaId}`, category: 'MARKETING', language: 'en' },
    components: [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }],
  })
  const campaign = { workspace_id: id, phone_number_id: number.id, template_id: template.id, name: 'Autumn' }
  const contact = await createContact(deps, id, { phone_number: '+12015550123' })
  const message = await aQueuedText(deps, id, number.id)
  const kept = {
    workspace_id: id,
    phone_number_id: number.id,
    template_id: template.id,
    contact_id: contact.id,
    job_id: await aBulkJob(deps, id),
    segment_id: (await createSegment(deps, id, { name: 'Regulars', filter: {} })).id,
    campaign_id: (await createCampaign(deps, id, { ...campaign, variables: { 'body.1': { value: 'you' } } })).id,
    member_id: await joins(deps, id, anEmail(), 'MEMBER'),
    media_id: (await aStoredImage(deps, id)).id,
    import_id: (await anImport(deps, id)).id,
    message_id: message.id,
    conversation_id: message.conversation_id,
    ...(await anEndpointWithDelivery(deps, id)),
  }
  // The same fields.
  const spare = Object.fromEntries(Object.keys(kept).map((name) => [name, [] as string[]])) as Tenant['spare']
  return { id, kept, spare, apiKey: api_key, webhookSecret: webhook_secret }
}

const MOST_SPARE = 40

const KIND_OF_NOUN: [RegExp, keyof Ids][] = [
  [/^workspaces-create$/, 'workspace_id'],
  [/^phone-numbers-create/, 'phone_number_id'],
  [/^templates-create$/, 'template_id'],
  [/^contacts-create$/, 'contact_id'],
  [/^segments-create$/, 'segment_id'],
  [/campaigns-create$/, 'campaign_id'],
  [/^members-add$/, 'member_id'],
  [/^media-upload$/, 'media_id'],
  [/^contact-imports-create$/, 'import_id'],
  [/^messages-send-/, 'message_id'],
]

/** What a request made, or a list showed, is there for the next ones. */
export function learn(population: Population, operation: string, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return
  const { id, next_cursor, refresh_token, workspace_id, api_key, webhook_secret } = answer as Record<string, unknown> // an object
  const { acme, globex, cursors, refreshTokens } = population
  if (typeof refresh_token === 'string') keep(refreshTokens, refresh_token)
  if (typeof next_cursor === 'string') keep(cursors, next_cursor)
  const tenant = [id, workspace_id].includes(globex.id) ? globex : acme
  if (id === tenant.id) rotated(tenant, api_key, webhook_secret)
  const kind = KIND_OF_NOUN.find(([pattern]) => pattern.test(operation))?.[1]
  if (kind !== undefined && typeof id === 'string') keep(tenant.spare[kind], id)
}

function keep(list: string[], one: string): void {
  list.push(one)
  if (list.length > MOST_SPARE) list.shift()
}

/** Those who may not see the keys are told zeros. */
function rotated(tenant: Tenant, apiKey: unknown, webhookSecret: unknown): void {
  if (isKey(apiKey)) tenant.apiKey = apiKey
  if (isKey(webhookSecret)) tenant.webhookSecret = webhookSecret
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && !value.startsWith('00000000')
}
