import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authenticator } from '../../../shared/accounts/authenticate.ts'
import { addMembership } from '../../../shared/accounts/memberships.ts'
import type { Deps } from '../../../shared/deps.ts'
import { WorkspaceId, newUuid } from '../../../shared/ids.ts'
import { createWorkspace } from '../../../shared/workspaces/create.ts'
import { findWorkspace, workspacesOf } from '../../../shared/workspaces/find.ts'
import type { Caller } from '../../../shared/workspaces/membership.ts'
import { slugOf } from '../../../shared/workspaces/schema.ts'
import { openSecret } from '../../../shared/workspaces/secrets.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { aPerson, aTenant, crash, interrupted, type Person } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let deps: Deps

beforeAll(async () => {
  world = await aWorld()
  deps = world.deps
})
afterAll(() => world.close())

function requestOf(headers: Record<string, string>, of = deps): Promise<Caller> {
  const request = { method: 'GET', path: '/', query: new URLSearchParams(), params: {}, body: null }
  return authenticator(of)({ ...request, headers: new Headers(headers) })
}

function callerOf(person: Person): Promise<Caller> {
  return requestOf({ authorization: `Bearer ${person.token}` })
}

describe('creating a workspace', () => {
  it('makes its creator the owner, on their very next request', async () => {
    const person = await aPerson(world)
    const workspace = await createWorkspace(deps, await callerOf(person), { name: 'Acme', plan: 'pro' })
    const caller = await callerOf(person)
    expect(caller).toEqual({
      userId: person.userId,
      email: person.email,
      memberships: [{ workspaceId: workspace.id, role: 'OWNER' }],
    })
    expect(await findWorkspace(deps, workspace.id)).toEqual(workspace)
  })

  it('gives it an API key that works as a member of this workspace alone', async () => {
    const { id } = await aTenant(world)
    const workspace = await findWorkspace(deps, id)
    const apiKey = openSecret(deps.config, workspace, 'api_key')
    const caller = { userId: undefined, email: undefined, memberships: [{ workspaceId: id, role: 'MEMBER' }] }
    expect(await requestOf({ 'x-api-key': apiKey })).toEqual(caller)
    expect(await requestOf({ 'x-api-key': ` ${apiKey.toUpperCase()} ` })).toEqual(caller)
    const secret = openSecret(deps.config, workspace, 'webhook_secret')
    await expect(requestOf({ 'x-api-key': secret })).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('stores no secret that can be read, and none that fits another place', async () => {
    const { id } = await aTenant(world)
    const workspace = await findWorkspace(deps, id)
    const stored = JSON.stringify(workspace)
    for (const name of ['api_key', 'webhook_secret'] as const) {
      expect(stored).not.toContain(openSecret(deps.config, workspace, name))
    }
    const swapped = { ...workspace, api_key: workspace.webhook_secret }
    expect(() => openSecret(deps.config, swapped, 'api_key')).toThrow()
    const other = await findWorkspace(deps, (await aTenant(world)).id)
    expect(() => openSecret(deps.config, { ...other, api_key: workspace.api_key }, 'api_key')).toThrow()
  })

  it('that stopped half-way shows nothing, and asking again works', async () => {
    const person = await aPerson(world)
    const caller = await callerOf(person)
    const steps: Deps[] = [
      interrupted(deps, 'core', 'batch', crash),
      interrupted(deps, 'directory', 'create', crash),
      interrupted(deps, 'core', 'replace', crash),
    ]
    for (const stopping of steps) {
      await expect(createWorkspace(stopping, caller, { name: 'Acme', plan: 'free' })).rejects.toThrow('killed')
      expect((await callerOf(person)).memberships).toEqual([])
    }
    await createWorkspace(deps, caller, { name: 'Acme', plan: 'free' })
    expect((await callerOf(person)).memberships).toHaveLength(1)
  })

  it('many at once by one person loses none', async () => {
    const person = await aPerson(world)
    const caller = await callerOf(person)
    const names = Array.from({ length: 5 }, (_, index) => `Team ${index}`)
    await Promise.all(names.map((name) => createWorkspace(deps, caller, { name, plan: 'free' })))
    const found = await workspacesOf(deps, await callerOf(person))
    expect(found.map(({ workspace }) => workspace.name).sort()).toEqual(names)
  })

  it('ends at a bound, which keeps every request’s one read small', async () => {
    const memberships = Array.from({ length: 200 }, () => ({
      workspaceId: WorkspaceId.parse(newUuid()),
      role: 'OWNER' as const,
    }))
    const caller = { userId: newUuid(), email: undefined, memberships }
    await expect(createWorkspace(deps, caller, { name: 'One more', plan: 'free' })).rejects.toMatchObject({
      code: 'workspace_conflict',
    })
  })
})

describe('authenticating', () => {
  it('costs one point read, by token as by API key', async () => {
    const { id, owner } = await aTenant(world)
    const apiKey = openSecret(deps.config, await findWorkspace(deps, id), 'api_key')
    const calls: string[] = []
    let counted = deps
    for (const container of ['core', 'directory'] as const) {
      for (const method of ['read', 'query'] as const) {
        counted = interrupted(counted, container, method, () => void calls.push(`${container}.${method}`))
      }
    }
    await requestOf({ authorization: `Bearer ${owner.token}` }, counted)
    await requestOf({ 'x-api-key': apiKey }, counted)
    expect(calls).toEqual(['core.read', 'directory.read'])
  })
})

describe('a membership', () => {
  it('added twice is there once', async () => {
    const person = await aPerson(world)
    const { id } = await aTenant(world)
    const membership = { workspace_id: id, role: 'AGENT', status: 'active', joined_at: '2026-01-01T00:00:00Z' } as const
    await addMembership(deps, person.userId, membership)
    await addMembership(deps, person.userId, membership)
    expect((await callerOf(person)).memberships).toEqual([{ workspaceId: id, role: 'AGENT' }])
  })

  it('that is pending or suspended gives no access', async () => {
    const person = await aPerson(world)
    for (const status of ['pending', 'suspended'] as const) {
      const { id } = await aTenant(world)
      await addMembership(deps, person.userId, { workspace_id: id, role: 'ADMIN', status, joined_at: '' })
    }
    expect((await callerOf(person)).memberships).toEqual([])
  })
})

describe('updating a workspace', () => {
  it('changes what is given, and leaves what is null or left out', async () => {
    const { id } = await aTenant(world, 'Acme')
    const changed = await updateWorkspace(deps, id, 'OWNER', { name: 'Acme 2', plan: null })
    expect(changed).toMatchObject({ name: 'Acme 2', plan: 'enterprise', status: 'active' })
    expect(await findWorkspace(deps, id)).toEqual(changed)
  })

  it('merges settings; null removes one', async () => {
    const { id } = await aTenant(world)
    await updateWorkspace(deps, id, 'ADMIN', { settings: { default_country: 'de', theme: 'dark', note: 'x' } })
    const { settings } = await updateWorkspace(deps, id, 'ADMIN', { settings: { note: null, theme: 'light' } })
    expect(settings).toEqual({ default_country: 'DE', theme: 'light' })
  })

  it.each(['XX', 'Germany', '', 7])('refuses the default country %j', async (country) => {
    const { id } = await aTenant(world)
    await expect(updateWorkspace(deps, id, 'OWNER', { settings: { default_country: country } })).rejects.toMatchObject({
      problems: [{ loc: ['body', 'settings', 'default_country'] }],
    })
  })

  it('keeps settings within bounds', async () => {
    const { id } = await aTenant(world)
    const settings = { note: 'x'.repeat(20_000) }
    await expect(updateWorkspace(deps, id, 'OWNER', { settings })).rejects.toMatchObject({
      problems: [{ loc: ['body', 'settings'] }],
    })
  })

  it('leaves the plan to the owner', async () => {
    const { id } = await aTenant(world)
    await expect(updateWorkspace(deps, id, 'ADMIN', { plan: 'pro' })).rejects.toMatchObject({ code: 'forbidden' })
    expect(await updateWorkspace(deps, id, 'ADMIN', { plan: 'enterprise', name: 'Same plan' })).toMatchObject({
      plan: 'enterprise',
    })
    expect(await updateWorkspace(deps, id, 'OWNER', { plan: 'pro' })).toMatchObject({ plan: 'pro' })
  })

  it('cannot lift a suspension, not even by way of cancelling', async () => {
    const { id } = await aTenant(world)
    await updateWorkspace(deps, id, 'OWNER', { status: 'suspended' })
    for (const status of ['active', 'cancelled'] as const) {
      const lifting = updateWorkspace(deps, id, 'OWNER', { status })
      await expect(lifting).rejects.toMatchObject({ code: 'workspace_suspended' })
    }
    expect(await updateWorkspace(deps, id, 'OWNER', { status: 'suspended', name: 'Quiet' })).toMatchObject({
      name: 'Quiet',
    })
  })

  it('keeps both changes when two people change different things at once', async () => {
    const { id } = await aTenant(world)
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await updateWorkspace(deps, id, 'OWNER', { settings: { default_country: 'BR' } })
    })
    await updateWorkspace(slow, id, 'OWNER', { name: 'Renamed' })
    expect(await findWorkspace(deps, id)).toMatchObject({ name: 'Renamed', settings: { default_country: 'BR' } })
  })

  it('of a workspace that does not exist is not found', async () => {
    const nowhere = WorkspaceId.parse(newUuid())
    await expect(updateWorkspace(deps, nowhere, 'OWNER', {})).rejects.toMatchObject({ code: 'workspace_not_found' })
    await expect(findWorkspace(deps, nowhere)).rejects.toMatchObject({ code: 'workspace_not_found' })
  })
})

it('makes slugs of any name', () => {
  const id = WorkspaceId.parse('0f8fad5b-d9cb-469f-a165-70867728950e')
  expect(slugOf('São Paulo & Söhne!', id)).toBe('sao-paulo-sohne-0f8fad5b')
  expect(slugOf('株式会社', id)).toBe('workspace-0f8fad5b')
  expect(slugOf(`--${'a'.repeat(300)}`, id)).toHaveLength(47 + 9)
})
