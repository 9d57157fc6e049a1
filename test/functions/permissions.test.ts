/**
 * Who may do what: every operation under every kind of credential. The rules below are the API document's, written out by
 * hand, so that an endpoint declared too open fails here.
 */
import { SignJWT } from 'jose'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { issueAccessToken } from '../../shared/accounts/access-token.ts'
import { startSession } from '../../shared/accounts/session.ts'
import { AppError } from '../../shared/errors.ts'
import type { Endpoint } from '../../shared/http/endpoint.ts'
import { newUuid, type WorkspaceId } from '../../shared/ids.ts'
import { removeMember } from '../../shared/workspaces/members/remove.ts'
import { updateMember } from '../../shared/workspaces/members/update.ts'
import { rotateSecret } from '../../shared/workspaces/rotate.ts'
import { openSecret } from '../../shared/workspaces/secrets.ts'
import { findWorkspace } from '../../shared/workspaces/find.ts'
import { aRequestOf, send, shapeOf, watched, type Ids } from '../support/every-endpoint.ts'
import { AN_OWNER, aMember } from '../support/members.ts'
import { oneOfEach } from '../support/one-of-each.ts'
import { aMetaWorld, aPerson, aTenant, bearer, type MetaWorld, type Tenant } from '../support/tenants.ts'

/** person: signed in, not with an API key. caller: either. The others: a member of the workspace with such a role. */
type Who = 'anyone' | 'person' | 'caller' | 'member' | 'admin' | 'owner'

const RULES = `
anyone POST /api/auth/signup
anyone POST /api/auth/signin
anyone POST /api/auth/refresh
anyone POST /api/auth/logout
anyone GET /api/auth/oauth/{provider}/start
anyone GET /api/auth/oauth/{provider}/callback
person GET /api/auth/me

person POST /api/workspaces
caller GET /api/workspaces
member GET /api/workspaces/{workspace_id}
member GET /api/workspaces/{workspace_id}/usage
admin PATCH /api/workspaces/{workspace_id}
owner DELETE /api/workspaces/{workspace_id}
admin POST /api/workspaces/{workspace_id}/rotate-api-key
admin POST /api/workspaces/{workspace_id}/rotate-webhook-secret
member GET /api/workspaces/{workspace_id}/members
member GET /api/workspaces/{workspace_id}/members/pending
admin POST /api/workspaces/{workspace_id}/members
admin PATCH /api/workspaces/{workspace_id}/members/{member_id}
admin DELETE /api/workspaces/{workspace_id}/members/{member_id}

admin POST /api/phone-numbers
admin POST /api/workspaces/{workspace_id}/phone-numbers
caller GET /api/phone-numbers
member GET /api/workspaces/{workspace_id}/phone-numbers
member GET /api/phone-numbers/{phone_number_id}
member GET /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}
admin PATCH /api/phone-numbers/{phone_number_id}
admin PATCH /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}
admin DELETE /api/phone-numbers/{phone_number_id}
admin DELETE /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}
member POST /api/phone-numbers/{phone_number_id}/sync
member POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/sync
admin POST /api/phone-numbers/{phone_number_id}/exchange-token
admin POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/exchange-token

member POST /api/templates
member GET /api/templates
member GET /api/templates/{template_id}
member PATCH /api/templates/{template_id}
member DELETE /api/templates/{template_id}
member POST /api/templates/sync

member POST /api/contacts
member GET /api/contacts
member GET /api/contacts/{contact_id}
member PATCH /api/contacts/{contact_id}
member DELETE /api/contacts/{contact_id}
member POST /api/contacts/import
member POST /api/contacts/imports
member GET /api/contacts/imports
member GET /api/contacts/imports/{import_id}
member POST /api/contacts/imports/{import_id}/cancel
member GET /api/contacts/imports/{import_id}/result
member GET /api/contacts/{contact_id}/consents
member POST /api/contacts/{contact_id}/tags
member DELETE /api/contacts/{contact_id}/tags
member GET /api/contacts/tags
member GET /api/contacts/{contact_id}/export
admin POST /api/contacts/{contact_id}/erase
admin POST /api/contacts/erase
member POST /api/contacts/bulk
member POST /api/contacts/bulk/preview
member GET /api/contacts/bulk/{job_id}
member POST /api/segments
member GET /api/segments
member GET /api/segments/{segment_id}
member PATCH /api/segments/{segment_id}
member DELETE /api/segments/{segment_id}
member GET /api/contacts/export.csv
member GET /api/contacts/export.xlsx

member POST /api/messages/send/text
member POST /api/messages/send/template
member POST /api/messages/send/media
member GET /api/messages/{message_id}/status
member GET /api/workspaces/{workspace_id}/messages
member GET /api/workspaces/{workspace_id}/messages/{message_id}

member GET /api/workspaces/{workspace_id}/conversations
member GET /api/workspaces/{workspace_id}/conversations/{conversation_id}
member GET /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages
member POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/read
member POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages

member POST /api/media
member GET /api/media
member GET /api/media/{media_id}
member DELETE /api/media/{media_id}
member GET /api/media/{media_id}/download
member GET /api/media/{media_id}/url

member POST /api/campaigns
member GET /api/campaigns
member GET /api/campaigns/{campaign_id}
member PATCH /api/campaigns/{campaign_id}
member DELETE /api/campaigns/{campaign_id}
member POST /api/campaigns/{campaign_id}/start
member POST /api/campaigns/{campaign_id}/execute
member POST /api/campaigns/{campaign_id}/pause
member POST /api/campaigns/{campaign_id}/cancel
member POST /api/campaigns/{campaign_id}/retry
member GET /api/campaigns/{campaign_id}/recipients
member GET /api/campaigns/{campaign_id}/report.csv
member GET /api/campaigns/{campaign_id}/report.xlsx
member POST /api/campaigns/{campaign_id}/preview
member POST /api/campaigns/{campaign_id}/preflight
member POST /api/campaigns/{campaign_id}/test
member POST /api/workspaces/{workspace_id}/campaigns
member GET /api/workspaces/{workspace_id}/campaigns
member GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}
member PATCH /api/workspaces/{workspace_id}/campaigns/{campaign_id}
member DELETE /api/workspaces/{workspace_id}/campaigns/{campaign_id}
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/start
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/execute
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/pause
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/cancel
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/retry
member GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/recipients
member GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/report.csv
member GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/report.xlsx
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/preview
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/preflight
member POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/test

admin POST /api/workspaces/{workspace_id}/webhook-endpoints
admin GET /api/workspaces/{workspace_id}/webhook-endpoints
admin GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}
admin PATCH /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}
admin DELETE /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}
admin POST /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/test
admin GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries
admin GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}
admin POST /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redeliver

anyone GET /webhook
anyone POST /webhook
anyone GET /api/health
anyone GET /api/ready
anyone GET /openapi.json
anyone GET /docs
anyone GET /docs/{asset}
`

const rules = new Map<string, Who>(
  RULES.trim()
    .split(/\n+/)
    .map((line) => {
      const [who = '', method = '', path = ''] = line.split(' ')
      return [`${method} ${path}`, who as Who] as const // the words of the table
    }),
)

/** What a credential makes of its bearer: nobody, a member with a role, or somebody from elsewhere. */
type Standing = 'nobody' | 'stranger' | 'strange key' | 'key' | 'member' | 'admin' | 'owner'

/** Undefined headers are made in `beforeAll`. */
const CREDENTIALS: [name: string, standing: Standing][] = [
  ['no credential', 'nobody'],
  ['a word in place of a token', 'nobody'],
  ['basic authentication', 'nobody'],
  ['an expired token', 'nobody'],
  ['a token signed with a key of others', 'nobody'],
  ['a token for another audience', 'nobody'],
  ['a token of an account that is gone', 'nobody'],
  ['a refresh token in place of an access token', 'nobody'],
  ['an API key that was never made', 'nobody'],
  ['an API key that was rotated away', 'nobody'],
  ['a person without a workspace', 'stranger'],
  ['the owner of another workspace', 'stranger'],
  ['a member who was removed', 'stranger'],
  ['a member who is suspended', 'stranger'],
  ['the API key of another workspace', 'strange key'],
  ['the API key', 'key'],
  ['an agent', 'member'],
  ['a member', 'member'],
  ['an admin', 'admin'],
  ['the owner', 'owner'],
  ['the owner, signed in before the key was rotated', 'owner'],
]

let meta: MetaWorld
let ids: Ids
const headersOf = new Map<string, Record<string, string>>()

beforeAll(async () => {
  const keys = { old: randomBytes(32).toString('base64'), new: randomBytes(32).toString('base64') }
  meta = await aMetaWorld({ env: { JWT_KEYS: `new:${keys.new},old:${keys.old}` } })
  const [acme, globex] = await Promise.all([aTenant(meta.world), aTenant(meta.world, 'Globex')])
  ids = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  await makeTokens(acme, keys.old)
  await makeMembers(acme)
  await makeKeys(acme.id, globex.id)
  headersOf.set('the owner of another workspace', bearer(globex.owner.token))
  headersOf.set('a person without a workspace', bearer((await aPerson(meta.world)).token))
})
afterAll(() => meta.close())

async function makeTokens({ owner }: Tenant, oldKey: string): Promise<void> {
  const { config, now } = meta.deps
  const of = (jwtKeys: typeof config.jwtKeys, userId: string, at = now()) => issueAccessToken({ jwtKeys }, userId, at)
  const [signing] = config.jwtKeys
  const foreign = [{ id: signing!.id, secret: randomBytes(32) }]
  const elsewhere = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: signing!.id })
    .setIssuer('herald')
    .setAudience('another-api')
    .setSubject(owner.userId)
    .setIssuedAt()
    .setExpirationTime('15 minutes')
    .sign(signing!.secret)
  const tokens = {
    'a word in place of a token': 'owner',
    'an expired token': await of(config.jwtKeys, owner.userId, new Date(now().getTime() - 3_600_000)),
    'a token signed with a key of others': await of(foreign, owner.userId),
    'a token for another audience': elsewhere,
    'a token of an account that is gone': await of(config.jwtKeys, newUuid()),
    'a refresh token in place of an access token': (await startSession(meta.deps, owner.userId)).refreshToken,
    'the owner': owner.token,
    'the owner, signed in before the key was rotated': await of(
      [{ id: 'old', secret: Buffer.from(oldKey, 'base64') }],
      owner.userId,
    ),
  }
  for (const [name, token] of Object.entries(tokens)) headersOf.set(name, bearer(token))
  headersOf.set('no credential', {})
  headersOf.set('basic authentication', { authorization: `Basic ${btoa(`${owner.email}:x`)}` })
}

async function makeMembers({ id }: Tenant): Promise<void> {
  for (const [name, role] of Object.entries({
    'an agent': 'AGENT',
    'a member': 'MEMBER',
    'an admin': 'ADMIN',
  } as const)) {
    headersOf.set(name, bearer((await aMember(meta.world, id, role)).token))
  }
  const removed = await aMember(meta.world, id, 'ADMIN')
  await removeMember(meta.deps, id, AN_OWNER, removed.member.id)
  headersOf.set('a member who was removed', bearer(removed.token))
  const suspended = await aMember(meta.world, id, 'ADMIN')
  await updateMember(meta.deps, id, AN_OWNER, {
    memberId: suspended.member.id,
    change: { status: 'suspended' },
  })
  headersOf.set('a member who is suspended', bearer(suspended.token))
}

async function makeKeys(mine: WorkspaceId, theirs: WorkspaceId): Promise<void> {
  const keyOf = async (id: WorkspaceId) => openSecret(meta.deps.config, await findWorkspace(meta.deps, id), 'api_key')
  const before = await keyOf(mine)
  await rotateSecret(meta.deps, mine, 'api_key')
  const keys = {
    'an API key that was never made': newUuid(),
    'an API key that was rotated away': before,
    'the API key of another workspace': await keyOf(theirs),
    'the API key': await keyOf(mine),
  }
  for (const [name, key] of Object.entries(keys)) headersOf.set(name, { 'x-api-key': key })
}

/** Who is let through by each rule; of the others it says how they are refused. */
const LET_THROUGH: Record<Who, readonly Standing[]> = {
  anyone: ['nobody', 'stranger', 'strange key', 'key', 'member', 'admin', 'owner'],
  person: ['stranger', 'member', 'admin', 'owner'],
  caller: ['key', 'member', 'admin', 'owner'],
  member: ['key', 'member', 'admin', 'owner'],
  admin: ['admin', 'owner'],
  owner: ['owner'],
}

/** 401, 403, 404, or undefined where it is theirs to do. */
function refusalOf(who: Who, standing: Standing, endpoint: Endpoint): number | undefined {
  if (LET_THROUGH[who].includes(standing)) return undefined
  if (standing === 'nobody') return 401
  const isStrange = who !== 'person' && (standing === 'stranger' || standing === 'strange key')
  return isStrange ? refusalOfStranger(who, endpoint) : 403
}

/** A workspace they name is refused; a thing they name is not there. */
function refusalOfStranger(who: Who, endpoint: Endpoint): number | undefined {
  const parts = [endpoint.params, endpoint.query, endpoint.body, endpoint.form]
  if (parts.some((schema) => 'workspace_id' in shapeOf(schema))) return 403
  return who === 'caller' ? undefined : 404
}

/** What would take away the ground the next cases stand on: that the handler is reached is enough. */
function harmless(endpoint: Endpoint): Endpoint {
  if (endpoint.method !== 'DELETE' && !/rotate|erase/.test(endpoint.name)) return endpoint
  const reached = () => Promise.reject(new AppError('conflict', 'The handler was reached'))
  return { ...endpoint, handle: reached }
}

it('has a rule for every endpoint, and no other', () => {
  const endpoints = ENDPOINTS.map(({ method, path }) => `${method} /${path}`)
  expect([...rules.keys()].sort()).toEqual(endpoints.sort())
})

it('tries every operation of the API document in at least twelve ways', () => {
  expect(rules.size * CREDENTIALS.length).toBeGreaterThanOrEqual(56 * 12)
})

const operations = ENDPOINTS.map((endpoint): [string, Endpoint] => [`${endpoint.method} /${endpoint.path}`, endpoint])

describe.each(operations)('%s', (operation, endpoint) => {
  it.each(CREDENTIALS)('answers %s as the rules say', async (credential, standing) => {
    const refusal = refusalOf(rules.get(operation)!, standing, endpoint)
    const { deps, done } = watched(meta.deps)
    const asked = refusal === undefined ? harmless(endpoint) : endpoint
    const { status, text, headers } = await send(deps, asked, aRequestOf(endpoint, ids), headersOf.get(credential)!)
    if (refusal === undefined) {
      expect([500, 502, 503], text).not.toContain(status)
      if (endpoint.allow !== 'anyone') expect(isRefused(status, text), `${status} ${text}`).toBe(false)
      return
    }
    expect(status, text).toBe(refusal)
    expect(done).toEqual([])
    if (status === 401) expect(headers['www-authenticate']).toBe('Bearer')
  })
})

/** For what the caller is. Public operations have refusals of their own: a wrong password, signature or refresh token. */
function isRefused(status: number, text: string): boolean {
  if (status === 404) return true
  return (status === 401 && text.includes('"unauthorized"')) || (status === 403 && text.includes('"forbidden"'))
}
