import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { WorkspaceId, newUuid, type WorkspaceId as Id } from '../../../shared/ids.ts'
import { verifyWebhook } from '../../../shared/webhooks/handshake.ts'
import { findWorkspace } from '../../../shared/workspaces/find.ts'
import { rotateSecret } from '../../../shared/workspaces/rotate.ts'
import { openSecret, type SecretName } from '../../../shared/workspaces/secrets.ts'
import { callerOf, holding, withQuickPasswords } from '../../support/members.ts'
import { aTenant, crash, interrupted } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let deps: Deps

beforeAll(async () => {
  world = withQuickPasswords(await aWorld())
  deps = world.deps
})
afterAll(() => world.close())

async function secretOf(id: Id, name: SecretName): Promise<string> {
  return openSecret(deps.config, await findWorkspace(deps, id), name)
}

/** Whether it opens what such a secret opens. */
async function works(name: SecretName, secret: string, id: Id): Promise<boolean> {
  if (name === 'api_key') {
    const caller = await callerOf(deps, { 'x-api-key': secret }).catch(() => undefined)
    return caller?.memberships[0]?.workspaceId === id
  }
  const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.challenge': '42', 'hub.verify_token': secret })
  return (await verifyWebhook(deps, query).catch(() => undefined)) === '42'
}

describe.each(['api_key', 'webhook_secret'] as const)('rotating the %s', (name) => {
  it('gives a new one that works, and stops the old one before it answers', async () => {
    const { id } = await aTenant(world)
    const old = await secretOf(id, name)
    expect(await works(name, old, id)).toBe(true)
    const rotated = await rotateSecret(deps, id, name)
    const fresh = await secretOf(id, name)
    expect(openSecret(deps.config, rotated, name)).toBe(fresh)
    expect(fresh).not.toBe(old)
    expect([await works(name, fresh, id), await works(name, old, id)]).toEqual([true, false])
    expect((await findWorkspace(deps, id)).retired_entries).toEqual([])
  })

  it('leaves the other secret, and other workspaces, alone', async () => {
    const { id } = await aTenant(world)
    const other = await aTenant(world)
    const otherName = name === 'api_key' ? 'webhook_secret' : 'api_key'
    const secrets = [await secretOf(id, otherName), await secretOf(other.id, name)]
    await rotateSecret(deps, id, name)
    expect([await secretOf(id, otherName), await secretOf(other.id, name)]).toEqual(secrets)
    expect(await works(otherName, secrets[0]!, id)).toBe(true)
    expect(await works(name, secrets[1]!, other.id)).toBe(true)
  })

  it('at the same moment by many leaves one that works', async () => {
    const { id } = await aTenant(world)
    const old = await secretOf(id, name)
    const rotated = await Promise.all([1, 2, 3, 4].map(() => rotateSecret(deps, id, name)))
    const left = await secretOf(id, name)
    for (const workspace of rotated) {
      const secret = openSecret(deps.config, workspace, name)
      expect(await works(name, secret, id)).toBe(secret === left)
    }
    expect(await works(name, old, id)).toBe(false)
  })

  const steps = [
    ['directory', 'create'],
    ['core', 'replace'],
    ['directory', 'remove'],
  ] as const
  it.each(steps)('that is killed before %s.%s leaves exactly one that works', async (container, method) => {
    const { id } = await aTenant(world)
    const old = await secretOf(id, name)
    const held = holding(interrupted(deps, container, method, crash))
    await expect(rotateSecret(held.deps, id, name)).rejects.toThrow('killed')
    await held.deliver(deps)
    await held.deliver(deps)
    const left = await secretOf(id, name)
    expect(left === old).toBe(method !== 'remove')
    expect(await works(name, left, id)).toBe(true)
    if (left !== old) expect(await works(name, old, id)).toBe(false)
  })

  it('of a workspace that is not there is refused', async () => {
    const rotating = rotateSecret(deps, WorkspaceId.parse(newUuid()), name)
    await expect(rotating).rejects.toMatchObject({ code: 'workspace_not_found' })
  })
})

it('never takes one secret for the other', async () => {
  const { id } = await aTenant(world)
  expect(await works('api_key', await secretOf(id, 'webhook_secret'), id)).toBe(false)
  expect(await works('webhook_secret', await secretOf(id, 'api_key'), id)).toBe(false)
})

it('verifies the webhook at the cost of one point read at most', async () => {
  const { id } = await aTenant(world)
  const calls: string[] = []
  let counted = deps
  for (const container of ['core', 'directory'] as const) {
    for (const method of ['read', 'query'] as const) {
      counted = interrupted(counted, container, method, () => void calls.push(`${container}.${method}`))
    }
  }
  const verify = (token: string, mode = 'subscribe') =>
    verifyWebhook(counted, new URLSearchParams({ 'hub.mode': mode, 'hub.challenge': 'x', 'hub.verify_token': token }))
  await verify(deps.config.meta.verifyToken)
  await verify('no uuid').catch(() => undefined)
  await verify(newUuid(), 'other').catch(() => undefined)
  expect(calls).toEqual([])
  await verify(await secretOf(id, 'webhook_secret'))
  await verify(newUuid()).catch(() => undefined)
  expect(calls).toEqual(['directory.read', 'directory.read'])
})
