import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMemberEndpoint } from '../../../functions/members/add.ts'
import { listMembersEndpoint, listPendingMembersEndpoint } from '../../../functions/members/list.ts'
import { removeMemberEndpoint } from '../../../functions/members/remove.ts'
import { updateMemberEndpoint } from '../../../functions/members/update.ts'
import { getWorkspaceEndpoint } from '../../../functions/workspaces/get.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import { newUuid } from '../../../shared/ids.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import type { Member } from '../../../shared/workspaces/schema.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { aMember, rowOf, withQuickPasswords, type MemberOf } from '../../support/members.ts'
import { A_STRING, aPerson, aTenant, anEmail, textAt, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let acme: Tenant
let people: Record<'ADMIN' | 'MEMBER' | 'AGENT', MemberOf>
let credentials: Record<Role | 'API key' | 'stranger', Record<string, string>>
let apiKey: string

beforeAll(async () => {
  world = withQuickPasswords(await aWorld())
  acme = await aTenant(world)
  people = {
    ADMIN: await aMember(world, acme.id, 'ADMIN'),
    MEMBER: await aMember(world, acme.id, 'MEMBER'),
    AGENT: await aMember(world, acme.id, 'AGENT'),
  }
  const bearer = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` })
  const params = { workspace_id: acme.id }
  apiKey = textAt(await callEndpoint(world, getWorkspaceEndpoint, { params, token: acme.owner.token }), 'api_key')
  credentials = {
    OWNER: bearer(acme.owner),
    ADMIN: bearer(people.ADMIN),
    MEMBER: bearer(people.MEMBER),
    AGENT: bearer(people.AGENT),
    'API key': { 'x-api-key': apiKey },
    stranger: bearer(await aPerson(world)),
  }
})
afterAll(() => world.close())

type Who = keyof typeof credentials

function ask(
  who: Who,
  endpoint: Endpoint,
  more: { member?: Member; json?: unknown; query?: Record<string, string> } = {},
) {
  const params = { workspace_id: acme.id, ...(more.member ? { member_id: more.member.id } : {}) }
  const { json, query } = more
  return callEndpoint(world, endpoint, {
    params,
    headers: credentials[who],
    ...(json === undefined ? {} : { json }),
    ...(query ? { query } : {}),
  })
}

/** The membership that an answer tells of. */
function memberIn({ body }: CallAnswer): Member {
  // Of such an answer only the id is used.
  return body as Member
}

/** The status each of them gets, OWNER first. */
async function statuses(call: (who: Who) => Promise<CallAnswer>): Promise<Record<Who, number>> {
  const entries: [Who, number][] = []
  for (const who of Object.keys(credentials) as Who[]) entries.push([who, (await call(who)).status])
  return Object.fromEntries(entries) as Record<Who, number>
}

const outsiders = { 'API key': 403, stranger: 403 }

describe('GET …/members', () => {
  it('answers everybody inside with a bare list, newest first', async () => {
    const everybody = { OWNER: 200, ADMIN: 200, MEMBER: 200, AGENT: 200, 'API key': 200, stranger: 403 }
    expect(await statuses((who) => ask(who, listMembersEndpoint))).toEqual(everybody)
    expect(await statuses((who) => ask(who, listPendingMembersEndpoint))).toEqual(everybody)
    const listed = (await ask('AGENT', listMembersEndpoint)).body as unknown[]
    expect(listed).toHaveLength(4)
    expect(listed[3]).toEqual({
      id: A_STRING,
      user_id: acme.owner.userId,
      user_email: acme.owner.email,
      role: 'OWNER',
      status: 'active',
      joined_at: A_STRING,
    })
  })

  it('takes a status in any letter case, and 422 for one that is none', async () => {
    const body = memberIn(await ask('ADMIN', addMemberEndpoint, { json: { user_email: anEmail() } }))
    const listed = await ask('ADMIN', listMembersEndpoint, { query: { status: 'Pending' } })
    expect(listed.body).toEqual([body])
    expect((await ask('ADMIN', listPendingMembersEndpoint)).body).toEqual([body])
    const refused = await ask('ADMIN', listMembersEndpoint, { query: { status: 'gone' } })
    expect(refused).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'status'], type: 'enum' }] } })
    await ask('ADMIN', removeMemberEndpoint, { member: body })
  })
})

describe('POST …/members', () => {
  it('answers 200 with the membership: active for an account, pending without one, MEMBER unless said', async () => {
    const person = await aPerson(world)
    const active = await ask('ADMIN', addMemberEndpoint, { json: { user_email: person.email } })
    expect(active).toMatchObject({
      status: 200,
      body: { user_id: person.userId, role: 'MEMBER', status: 'active', joined_at: A_STRING },
    })
    const pending = await ask('ADMIN', addMemberEndpoint, { json: { user_email: anEmail(), role: 'AGENT' } })
    expect(pending).toMatchObject({ status: 200, body: { role: 'AGENT', status: 'pending', joined_at: null } })
    expect(Object.keys(pending.body as object)).toEqual(Object.keys(active.body as object))
    const again = await ask('OWNER', addMemberEndpoint, { json: { user_email: person.email } })
    expect(again).toMatchObject({ status: 409, body: { code: 'member_exists' } })
  })

  it('is for OWNER and ADMIN; only an OWNER makes an OWNER', async () => {
    const inside = { OWNER: 200, ADMIN: 200, MEMBER: 403, AGENT: 403 }
    const adding = (role: Role) => (who: Who) => ask(who, addMemberEndpoint, { json: { user_email: anEmail(), role } })
    for (const role of ['ADMIN', 'MEMBER', 'AGENT'] as const) {
      expect(await statuses(adding(role))).toEqual({ ...inside, ...outsiders })
    }
    expect(await statuses(adding('OWNER'))).toEqual({ ...inside, ADMIN: 403, ...outsiders })
  })

  it('answers 422 for what is no address or no role', async () => {
    for (const json of [{}, { user_email: 'x' }, { user_email: null }, { user_email: anEmail(), role: 'member' }]) {
      expect((await ask('OWNER', addMemberEndpoint, { json })).status).toBe(422)
    }
  })
})

describe('PATCH …/members/{member_id}', () => {
  const patching = (role: Role, json: unknown) => async (who: Who) => {
    const { member } = await aMember(world, acme.id, role)
    return ask(who, updateMemberEndpoint, { member, json })
  }
  const nobodyElse = { MEMBER: 403, AGENT: 403, ...outsiders }

  it('is for OWNER and ADMIN; an ADMIN neither makes nor changes an OWNER', async () => {
    const both = { OWNER: 200, ADMIN: 200, ...nobodyElse }
    const ownerOnly = { ...both, ADMIN: 403 }
    expect(await statuses(patching('MEMBER', { role: 'ADMIN' }))).toEqual(both)
    expect(await statuses(patching('ADMIN', { status: 'suspended' }))).toEqual(both)
    expect(await statuses(patching('MEMBER', { role: 'OWNER' }))).toEqual(ownerOnly)
    expect(await statuses(patching('OWNER', { role: 'MEMBER' }))).toEqual(ownerOnly)
    expect(await statuses(patching('OWNER', { status: 'suspended' }))).toEqual(ownerOnly)
  })

  it('keeps out whom it suspends: 403', async () => {
    const person = await aMember(world, acme.id, 'MEMBER')
    await ask('ADMIN', updateMemberEndpoint, { member: person.member, json: { status: 'suspended' } })
    const params = { workspace_id: acme.id }
    expect((await callEndpoint(world, getWorkspaceEndpoint, { params, token: person.token })).status).toBe(403)
  })

  it('answers 404 for no member, 422 for no status, 409 for an invited one', async () => {
    const { member } = await aMember(world, acme.id, 'MEMBER')
    const json = { role: 'AGENT' }
    const nobody = { ...member, id: newUuid() }
    expect(await ask('OWNER', updateMemberEndpoint, { member: nobody, json })).toMatchObject({
      status: 404,
      body: { code: 'member_not_found' },
    })
    expect((await ask('OWNER', updateMemberEndpoint, { member, json: { status: 'pending' } })).status).toBe(422)
    const invited = memberIn(await ask('OWNER', addMemberEndpoint, { json: { user_email: anEmail() } }))
    const suspending = { member: invited, json: { status: 'suspended' } }
    expect(await ask('OWNER', updateMemberEndpoint, suspending)).toMatchObject({
      status: 409,
      body: { code: 'member_pending' },
    })
  })
})

describe('DELETE …/members/{member_id}', () => {
  it('is for OWNER and ADMIN, the latter not for an OWNER', async () => {
    const removing = (role: Role) => async (who: Who) => {
      const { member } = await aMember(world, acme.id, role)
      return ask(who, removeMemberEndpoint, { member })
    }
    const both = { OWNER: 204, ADMIN: 204, MEMBER: 403, AGENT: 403, ...outsiders }
    for (const role of ['ADMIN', 'MEMBER', 'AGENT'] as const) expect(await statuses(removing(role))).toEqual(both)
    expect(await statuses(removing('OWNER'))).toEqual({ ...both, ADMIN: 403 })
  })

  it('lets everybody leave, but not the last owner', async () => {
    const params = { workspace_id: '', member_id: '' }
    for (const role of ['ADMIN', 'MEMBER', 'AGENT', 'OWNER'] as const) {
      const { token, member } = await aMember(world, acme.id, role)
      Object.assign(params, { workspace_id: acme.id, member_id: member.id })
      expect(await callEndpoint(world, removeMemberEndpoint, { params, token })).toMatchObject({ status: 204 })
      expect((await callEndpoint(world, removeMemberEndpoint, { params, token })).status).toBe(403)
    }
    const { id, owner } = await aTenant(world)
    const member = (await rowOf(world.deps, id, owner.userId))!
    Object.assign(params, { workspace_id: id, member_id: member.id })
    expect(await callEndpoint(world, removeMemberEndpoint, { params, token: owner.token })).toMatchObject({
      status: 409,
      body: { code: 'last_owner' },
    })
  })
})
