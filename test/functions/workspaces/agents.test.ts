import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContactEndpoint } from '../../../functions/contacts/create.ts'
import { listContactsEndpoint } from '../../../functions/contacts/list.ts'
import { ENDPOINTS } from '../../../functions/endpoints.ts'
import { removeMemberEndpoint } from '../../../functions/members/remove.ts'
import { updateWorkspaceEndpoint } from '../../../functions/workspaces/update.ts'
import { callEndpoint } from '../../support/http.ts'
import { aMember, withQuickPasswords, type MemberOf } from '../../support/members.ts'
import { aTenant, interrupted, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let acme: Tenant
let agent: MemberOf

beforeAll(async () => {
  world = withQuickPasswords(await aWorld())
  acme = await aTenant(world)
  agent = await aMember(world, acme.id, 'AGENT')
})
afterAll(() => world.close())

async function narrow(narrowed: boolean | null): Promise<void> {
  const json = { settings: { agents_read_and_send_only: narrowed } }
  const params = { workspace_id: acme.id }
  const answer = await callEndpoint(world, updateWorkspaceEndpoint, { params, json, token: acme.owner.token })
  expect(answer.status).toBe(200)
}

let count = 0

function create(token: string, of = world) {
  const json = { workspace_id: acme.id, phone_number: `+120155501${String(count++).padStart(2, '0')}` }
  return callEndpoint(of, createContactEndpoint, { json, token })
}

describe('a workspace that narrows its agents to reading and sending', () => {
  it('refuses them all else, and nobody else anything, until it is widened again', async () => {
    expect((await create(agent.token)).status).toBe(201)
    await narrow(true)
    expect(await create(agent.token)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const query = { workspace_id: acme.id }
    expect((await callEndpoint(world, listContactsEndpoint, { query, token: agent.token })).status).toBe(200)
    for (const role of ['MEMBER', 'ADMIN'] as const) {
      expect((await create((await aMember(world, acme.id, role)).token)).status).toBe(201)
    }
    await narrow(null)
    expect((await create(agent.token)).status).toBe(201)
  })

  it('lets them leave', async () => {
    const leaving = await aMember(world, acme.id, 'AGENT')
    await narrow(true)
    const params = { workspace_id: acme.id, member_id: leaving.member.id }
    const answer = await callEndpoint(world, removeMemberEndpoint, { params, token: leaving.token })
    expect(answer.status).toBe(204)
    await narrow(false)
  })

  it('takes nothing but a boolean for it', async () => {
    const params = { workspace_id: acme.id }
    const json = { settings: { agents_read_and_send_only: 'yes' } }
    const answer = await callEndpoint(world, updateWorkspaceEndpoint, { params, json, token: acme.owner.token })
    expect(answer.status).toBe(422)
  })

  it('costs one point read, of agents alone', async () => {
    const reads = async (token: string): Promise<number> => {
      let seen = 0
      const deps = interrupted(world.deps, 'core', 'read', () => {
        seen++
      })
      expect((await create(token, { ...world, deps })).status).toBe(201)
      return seen
    }
    const member = await aMember(world, acme.id, 'MEMBER')
    expect(await reads(agent.token)).toBe((await reads(member.token)) + 1)
  })
})

it('everything that sends is open to agents always', () => {
  const sending = ENDPOINTS.filter(({ method, path }) => method === 'POST' && path.startsWith('api/messages'))
  expect(sending.map(({ name, agents }) => [name, agents])).toEqual(sending.map(({ name }) => [name, 'always']))
})
