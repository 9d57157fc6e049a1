import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkspaceEndpoint } from '../../../functions/workspaces/create.ts'
import { getWorkspaceEndpoint } from '../../../functions/workspaces/get.ts'
import { listWorkspacesEndpoint } from '../../../functions/workspaces/list.ts'
import { updateWorkspaceEndpoint } from '../../../functions/workspaces/update.ts'
import { addMembership } from '../../../shared/accounts/memberships.ts'
import { newUuid } from '../../../shared/ids.ts'
import { HIDDEN_SECRET } from '../../../shared/workspaces/api.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import { callEndpoint } from '../../support/http.ts'
import { A_STRING, aPerson, aTenant, textAt, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

let world: World
let acme: Tenant

beforeAll(async () => {
  world = await aWorld()
  acme = await aTenant(world)
})
afterAll(() => world.close())

/** The token of somebody who has this role in acme. */
async function tokenWithRole(role: Role): Promise<string> {
  const person = await aPerson(world)
  const joined_at = new Date().toISOString()
  await addMembership(world.deps, person.userId, { workspace_id: acme.id, role, status: 'active', joined_at })
  return person.token
}

describe('POST /api/workspaces', () => {
  it('answers 200 with the workspace and its secrets', async () => {
    const { token, userId } = await aPerson(world)
    const answer = await callEndpoint(world, createWorkspaceEndpoint, { token, json: { name: ' Acme ' } })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      id: A_STRING,
      name: 'Acme',
      slug: A_STRING,
      api_key: A_STRING,
      webhook_secret: A_STRING,
      created_by: userId,
      plan: 'free',
      status: 'active',
      settings: {},
      created_at: A_STRING,
      updated_at: A_STRING,
    })
    for (const name of ['id', 'api_key', 'webhook_secret']) expect(textAt(answer, name)).toMatch(UUID)
    expect(textAt(answer, 'api_key')).not.toBe(HIDDEN_SECRET)
  })

  it('answers 422 for a name that is empty or too long, or an unknown plan', async () => {
    const { token } = acme.owner
    for (const json of [{ name: '' }, { name: 'x'.repeat(256) }, {}, { name: 'A', plan: 'gold' }]) {
      expect((await callEndpoint(world, createWorkspaceEndpoint, { token, json })).status).toBe(422)
    }
  })

  it('answers 403 to an API key', async () => {
    const params = { workspace_id: acme.id }
    const workspace = await callEndpoint(world, getWorkspaceEndpoint, { token: acme.owner.token, params })
    const headers = { 'x-api-key': textAt(workspace, 'api_key') }
    expect((await callEndpoint(world, createWorkspaceEndpoint, { headers, json: { name: 'B' } })).status).toBe(403)
  })
})

describe('GET /api/workspaces', () => {
  it('answers a bare list of the caller’s own, newest first, with their role', async () => {
    const { token } = await aPerson(world)
    for (const name of ['first', 'second'])
      await callEndpoint(world, createWorkspaceEndpoint, { token, json: { name } })
    const answer = await callEndpoint(world, listWorkspacesEndpoint, { token })
    expect(answer.body).toEqual(
      ['second', 'first'].map((name) => ({
        id: A_STRING,
        name,
        slug: A_STRING,
        plan: 'free',
        status: 'active',
        created_at: A_STRING,
        user_role: 'OWNER',
      })),
    )
  })

  it('answers 401 without a credential', async () => {
    expect((await callEndpoint(world, listWorkspacesEndpoint)).status).toBe(401)
  })
})

describe('GET /api/workspaces/{workspace_id}', () => {
  const read = (token: string, workspace_id: string) =>
    callEndpoint(world, getWorkspaceEndpoint, { token, params: { workspace_id } })

  it.each<[Role, boolean]>([
    ['OWNER', true],
    ['ADMIN', true],
    ['MEMBER', false],
    ['AGENT', false],
  ])('shows the secrets to %s: %s', async (role, isShown) => {
    const answer = await read(await tokenWithRole(role), acme.id)
    expect(answer.status).toBe(200)
    expect(textAt(answer, 'api_key') !== HIDDEN_SECRET).toBe(isShown)
    expect(textAt(answer, 'webhook_secret') !== HIDDEN_SECRET).toBe(isShown)
  })

  it('answers 403 alike for another’s workspace and for none, 422 for no id', async () => {
    const { token } = await aPerson(world)
    const [foreign, none] = [await read(token, acme.id), await read(token, newUuid())]
    expect([foreign.status, none.status]).toEqual([403, 403])
    expect(textAt(foreign, 'detail')).toBe(textAt(none, 'detail'))
    expect((await read(token, 'nonsense')).status).toBe(422)
  })
})

describe('PATCH /api/workspaces/{workspace_id}', () => {
  const change = (token: string, json: unknown) =>
    callEndpoint(world, updateWorkspaceEndpoint, { token, params: { workspace_id: acme.id }, json })

  it('answers the changed workspace', async () => {
    const answer = await change(acme.owner.token, { name: 'Acme 2', settings: { default_country: 'mx' } })
    expect(answer).toMatchObject({ status: 200, body: { name: 'Acme 2', settings: { default_country: 'MX' } } })
  })

  it('answers 403 to members and agents, and to an admin who changes the plan', async () => {
    expect((await change(await tokenWithRole('MEMBER'), { name: 'x' })).status).toBe(403)
    expect((await change(await tokenWithRole('AGENT'), { name: 'x' })).status).toBe(403)
    const admin = await tokenWithRole('ADMIN')
    expect((await change(admin, { plan: 'pro' })).status).toBe(403)
    expect((await change(admin, { name: 'by an admin' })).status).toBe(200)
  })

  it('answers 422 and names the setting that is wrong', async () => {
    const country = await change(acme.owner.token, { settings: { default_country: 'Atlantis' } })
    expect(country).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'settings', 'default_country'] }] } })
    const consent = await change(acme.owner.token, { settings: { contacts_opted_in: 'maybe' } })
    expect(consent).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'settings', 'contacts_opted_in'] }] },
    })
  })
})
