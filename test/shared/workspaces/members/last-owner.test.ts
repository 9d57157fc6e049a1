import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../../shared/deps.ts'
import { addMember } from '../../../../shared/workspaces/members/add.ts'
import { listMembers } from '../../../../shared/workspaces/members/find.ts'
import { removeMember } from '../../../../shared/workspaces/members/remove.ts'
import { updateMember } from '../../../../shared/workspaces/members/update.ts'
import type { Member } from '../../../../shared/workspaces/schema.ts'
import { workspaceStore } from '../../../../shared/workspaces/store.ts'
import { AN_OWNER, aMember, roleOf, rowOf, withQuickPasswords } from '../../../support/members.ts'
import { aTenant, anEmail, interrupted, type Tenant } from '../../../support/tenants.ts'
import { aWorld, type World } from '../../../support/world.ts'

let world: World
let deps: Deps

beforeAll(async () => {
  world = withQuickPasswords(await aWorld())
  deps = world.deps
})
afterAll(() => world.close())

const refused = { code: 'last_owner', status: 409 }

const WAYS: [string, (of: Deps, tenant: Tenant, member: Member) => Promise<unknown>][] = [
  ['leaving', (of, { id }, member) => removeMember(of, id, AN_OWNER, member.id)],
  [
    'becoming ADMIN',
    (of, { id }, { id: memberId }) => updateMember(of, id, AN_OWNER, { memberId, change: { role: 'ADMIN' } }),
  ],
  [
    'being suspended',
    (of, { id }, { id: memberId }) => updateMember(of, id, AN_OWNER, { memberId, change: { status: 'suspended' } }),
  ],
]

async function activeOwners(tenant: Tenant): Promise<Member[]> {
  return (await listMembers(deps, tenant.id, 'active')).filter(({ role }) => role === 'OWNER')
}

describe.each(WAYS)('%s', (_name, stop) => {
  it('is refused to the last owner', async () => {
    const tenant = await aTenant(world)
    const member = (await rowOf(deps, tenant.id, tenant.owner.userId))!
    await expect(stop(deps, tenant, member)).rejects.toMatchObject(refused)
    expect(await roleOf(deps, tenant.owner, tenant.id)).toBe('OWNER')
  })

  it('is open to an owner beside another', async () => {
    const tenant = await aTenant(world)
    const other = await aMember(world, tenant.id, 'OWNER')
    await stop(deps, tenant, (await rowOf(deps, tenant.id, tenant.owner.userId))!)
    expect(await roleOf(deps, tenant.owner, tenant.id)).not.toBe('OWNER')
    await expect(stop(deps, tenant, other.member)).rejects.toMatchObject(refused)
  })

  it('of the other between look and write leaves the last one', async () => {
    const tenant = await aTenant(world)
    const other = await aMember(world, tenant.id, 'OWNER')
    const mine = (await rowOf(deps, tenant.id, tenant.owner.userId))!
    const late = interrupted(deps, 'core', 'batch', async (call) => {
      if (call === 1) await stop(deps, tenant, other.member)
    })
    await expect(stop(late, tenant, mine)).rejects.toMatchObject(refused)
    expect(await activeOwners(tenant)).toHaveLength(1)
  })

  it('by all owners at once leaves at least one, whose next request is an owner’s', async () => {
    for (let round = 0; round < 2; round++) {
      const tenant = await aTenant(world)
      const owners = [tenant.owner, ...(await Promise.all(['a', 'b', 'c', 'd'].map(() => anOwner(tenant))))]
      const rows = await activeOwners(tenant)
      expect(rows).toHaveLength(5)
      await Promise.allSettled(rows.map((row) => stop(deps, tenant, row)))
      const left = await activeOwners(tenant)
      expect(left.length).toBeGreaterThanOrEqual(1)
      const roles = await Promise.all(owners.map((owner) => roleOf(deps, owner, tenant.id)))
      expect(roles.filter((role) => role === 'OWNER')).toHaveLength(left.length)
      const noted = (await workspaceStore(deps.containers).find(tenant.id))?.value.owner_ids ?? []
      expect([...noted].sort()).toEqual(left.map(({ user_id }) => user_id).sort())
    }
  })
})

async function anOwner(tenant: Tenant) {
  return aMember(world, tenant.id, 'OWNER')
}

it('does not count an owner who has not signed up', async () => {
  const tenant = await aTenant(world)
  await addMember(deps, tenant.id, AN_OWNER, { email: anEmail(), role: 'OWNER' })
  const member = (await rowOf(deps, tenant.id, tenant.owner.userId))!
  await expect(removeMember(deps, tenant.id, AN_OWNER, member.id)).rejects.toMatchObject(refused)
})
