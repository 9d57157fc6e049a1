import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MOST_MEMBERSHIPS, addMembership, membershipsNoted } from '../../../../shared/accounts/memberships.ts'
import { signUp } from '../../../../shared/accounts/sign-up.ts'
import { issueAccessToken } from '../../../../shared/accounts/access-token.ts'
import type { Deps } from '../../../../shared/deps.ts'
import { WorkspaceId, newId, newUuid } from '../../../../shared/ids.ts'
import { addMember } from '../../../../shared/workspaces/members/add.ts'
import { listMembers } from '../../../../shared/workspaces/members/find.ts'
import { removeMember } from '../../../../shared/workspaces/members/remove.ts'
import { settleMembership } from '../../../../shared/workspaces/members/settle.ts'
import { updateMember } from '../../../../shared/workspaces/members/update.ts'
import { MOST_MEMBERS, type Member } from '../../../../shared/workspaces/schema.ts'
import { workspaceStore } from '../../../../shared/workspaces/store.ts'
import { AN_ADMIN, AN_OWNER, aMember, holding, roleOf, rowOf, withQuickPasswords } from '../../../support/members.ts'
import { A_PASSWORD, aPerson, aTenant, anEmail, crash, interrupted } from '../../../support/tenants.ts'
import { aWorld, type World } from '../../../support/world.ts'

let world: World
let deps: Deps

beforeAll(async () => {
  world = withQuickPasswords(await aWorld())
  deps = world.deps
})
afterAll(() => world.close())

async function newcomer(email: string, of = deps): Promise<{ userId: string; token: string }> {
  const { id } = await signUp(of, { email, password: A_PASSWORD })
  return { userId: id, token: await issueAccessToken(deps.config, id, deps.now()) }
}

describe('adding a member', () => {
  it('with an account makes them one on their next request', async () => {
    const { id } = await aTenant(world)
    const person = await aPerson(world)
    const added = await addMember(deps, id, AN_ADMIN, { email: person.email.toUpperCase(), role: 'AGENT' })
    expect(added).toMatchObject({ user_id: person.userId, role: 'AGENT', status: 'active' })
    expect(added.joined_at).not.toBeNull()
    expect(await roleOf(deps, person, id)).toBe('AGENT')
  })

  it('without an account waits for the sign-up, which accepts', async () => {
    const { id } = await aTenant(world)
    const email = anEmail()
    const added = await addMember(deps, id, AN_OWNER, { email, role: 'ADMIN' })
    expect(added).toMatchObject({ role: 'ADMIN', status: 'pending', joined_at: null })
    expect(await listMembers(deps, id, 'pending')).toEqual([added])
    const person = await newcomer(email)
    expect(person.userId).toBe(added.user_id)
    expect(await roleOf(deps, person, id)).toBe('ADMIN')
    expect(await rowOf(deps, id, person.userId)).toMatchObject({ id: added.id, status: 'active' })
    expect(await listMembers(deps, id, 'pending')).toEqual([])
  })

  it('twice is refused, by any spelling of the address, invited or active', async () => {
    const { id, owner } = await aTenant(world)
    const email = anEmail()
    await addMember(deps, id, AN_OWNER, { email, role: 'MEMBER' })
    for (const again of [email, email.toUpperCase(), owner.email]) {
      const adding = addMember(deps, id, AN_OWNER, { email: again, role: 'AGENT' })
      await expect(adding).rejects.toMatchObject({ code: 'member_exists' })
    }
    expect(await listMembers(deps, id)).toHaveLength(2)
  })

  it('many times at once adds one', async () => {
    const { id } = await aTenant(world)
    const person = await aPerson(world)
    const attempts = Array.from({ length: 5 }, () =>
      addMember(deps, id, AN_OWNER, { email: person.email, role: 'MEMBER' }),
    )
    const results = await Promise.allSettled(attempts)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'member_exists' })
    }
    const stored = await workspaceStore(deps.containers).find(id)
    expect(stored?.value).toMatchObject({ member_count: 2 })
  })

  it('as OWNER is for OWNERs', async () => {
    const { id } = await aTenant(world)
    const adding = addMember(deps, id, AN_ADMIN, { email: anEmail(), role: 'OWNER' })
    await expect(adding).rejects.toMatchObject({ code: 'forbidden' })
    await expect(addMember(deps, id, AN_OWNER, { email: anEmail(), role: 'OWNER' })).resolves.toBeDefined()
  })

  it.each([
    ['the workspace', 'core', 'batch'],
    ['their own note', 'core', 'replace'],
  ] as const)('that stops before the write of %s is finished or undone by the queue', async (_what, name, method) => {
    const { id } = await aTenant(world)
    const person = await aPerson(world)
    const held = holding(interrupted(deps, name, method, crash))
    const adding = addMember(held.deps, id, AN_OWNER, { email: person.email, role: 'MEMBER' })
    await expect(adding).rejects.toThrow('killed')
    await settleAll(held.messages)
    const row = await rowOf(deps, id, person.userId)
    expect(await roleOf(deps, person, id)).toBe(row?.role)
    expect(row === undefined).toBe(method === 'batch')
  })

  it('meets a sign-up at every moment, and none of them is lost', async () => {
    for (const method of ['read', 'create', 'batch'] as const) {
      for (const at of [1, 2, 3]) {
        const { id } = await aTenant(world)
        const email = anEmail()
        let person: { userId: string; token: string } | undefined
        const late = interrupted(deps, 'core', method, async (call) => {
          if (call === at) person = await newcomer(email)
        })
        const added = await addMember(late, id, AN_OWNER, { email, role: 'MEMBER' })
        person ??= await newcomer(email)
        expect(await roleOf(deps, person, id), `${method} ${at}`).toBe('MEMBER')
        expect(await rowOf(deps, id, added.user_id), `${method} ${at}`).toMatchObject({ status: 'active' })
      }
    }
  })

  it('ends at a bound of members, and of memberships', async () => {
    const { id } = await aTenant(world)
    const store = workspaceStore(deps.containers)
    const stored = (await store.find(id))!
    await store.replace(stored, { ...stored.value, member_count: MOST_MEMBERS })
    const full = { code: 'plan_limit_reached' }
    await expect(addMember(deps, id, AN_OWNER, { email: anEmail(), role: 'MEMBER' })).rejects.toMatchObject(full)
    const person = await aPerson(world)
    await fillUp(person.userId)
    const other = await aTenant(world)
    const adding = addMember(deps, other.id, AN_OWNER, { email: person.email, role: 'MEMBER' })
    await expect(adding).rejects.toMatchObject({ code: 'workspace_conflict' })
    expect(await listMembers(deps, other.id)).toHaveLength(1)
  })
})

async function settleAll(messages: { workspace_id: WorkspaceId; user_id?: string | undefined }[]): Promise<void> {
  for (const { workspace_id, user_id } of messages) await settleMembership(deps, workspace_id, user_id!)
}

async function fillUp(userId: string): Promise<void> {
  const first = { workspace_id: WorkspaceId.parse(newUuid()), role: 'MEMBER', status: 'active', joined_at: '' } as const
  await addMembership(deps, userId, first)
  const document = await deps.containers.core.read(userId, userId, (value) => value as { id: string })
  const memberships = Array.from({ length: MOST_MEMBERSHIPS }, () => ({ ...first, workspace_id: newUuid() }))
  await deps.containers.core.replace(document!, { ...document!.value, memberships } as { id: string }, userId)
}

describe('an invitation', () => {
  it('that is taken back is no membership after the sign-up', async () => {
    const { id } = await aTenant(world)
    const email = anEmail()
    const { id: memberId } = await addMember(deps, id, AN_OWNER, { email, role: 'MEMBER' })
    await removeMember(deps, id, AN_ADMIN, memberId)
    const person = await newcomer(email)
    expect(await roleOf(deps, person, id)).toBeUndefined()
    expect(await listMembers(deps, id)).toHaveLength(1)
  })

  it('of several workspaces is accepted everywhere, with the role given last', async () => {
    const tenants = [await aTenant(world), await aTenant(world), await aTenant(world)]
    const email = anEmail()
    for (const { id } of tenants) {
      const { id: memberId } = await addMember(deps, id, AN_OWNER, { email, role: 'AGENT' })
      await updateMember(deps, id, AN_OWNER, { memberId, change: { role: 'ADMIN' } })
    }
    const person = await newcomer(email)
    for (const { id } of tenants) {
      expect(await roleOf(deps, person, id)).toBe('ADMIN')
      expect(await rowOf(deps, id, person.userId)).toMatchObject({ status: 'active' })
    }
  })

  it('cannot be made active by anybody but the person', async () => {
    const { id } = await aTenant(world)
    const { id: memberId } = await addMember(deps, id, AN_OWNER, { email: anEmail(), role: 'MEMBER' })
    for (const status of ['active', 'suspended'] as const) {
      const updating = updateMember(deps, id, AN_OWNER, { memberId, change: { status } })
      await expect(updating).rejects.toMatchObject({ code: 'member_pending' })
    }
  })

  it('is accepted by a sign-up that stops right after its write', async () => {
    const { id } = await aTenant(world)
    const email = anEmail()
    await addMember(deps, id, AN_OWNER, { email, role: 'MEMBER' })
    // The second batch would be the row's.
    const held = holding(interrupted(deps, 'core', 'batch', (call) => (call > 1 ? crash() : undefined)))
    const person = await newcomer(email, held.deps)
    expect(await roleOf(deps, person, id)).toBe('MEMBER')
    expect(await rowOf(deps, id, person.userId)).toMatchObject({ status: 'pending' })
    await held.deliver(deps)
    await held.deliver(deps)
    expect(await rowOf(deps, id, person.userId)).toMatchObject({ status: 'active' })
  })

  it('survives a sign-up that stopped before its write', async () => {
    const { id } = await aTenant(world)
    const email = anEmail()
    await addMember(deps, id, AN_OWNER, { email, role: 'MEMBER' })
    const held = holding(interrupted(deps, 'core', 'batch', crash))
    await expect(newcomer(email, held.deps)).rejects.toThrow('killed')
    await held.deliver(deps)
    expect(await listMembers(deps, id, 'pending')).toHaveLength(1)
    expect(await roleOf(deps, await newcomer(email), id)).toBe('MEMBER')
  })
})

describe('changing a member', () => {
  it('changes what they may do, on their next request', async () => {
    const { id } = await aTenant(world)
    const person = await aMember(world, id, 'AGENT')
    const change = { role: 'ADMIN' as const }
    const changed = await updateMember(deps, id, AN_OWNER, { memberId: person.member.id, change })
    expect(changed).toEqual({ ...person.member, role: 'ADMIN' })
    expect(await roleOf(deps, person, id)).toBe('ADMIN')
  })

  it('can keep them out and let them in again', async () => {
    const { id } = await aTenant(world)
    const person = await aMember(world, id, 'MEMBER')
    const become = (status: 'active' | 'suspended') =>
      updateMember(deps, id, AN_ADMIN, { memberId: person.member.id, change: { status, role: null } })
    expect(await become('suspended')).toMatchObject({ status: 'suspended', role: 'MEMBER' })
    expect(await roleOf(deps, person, id)).toBeUndefined()
    expect(await listMembers(deps, id, 'suspended')).toHaveLength(1)
    await become('active')
    expect(await roleOf(deps, person, id)).toBe('MEMBER')
  })

  it('does not find a member of another workspace, nor anything else', async () => {
    const { id } = await aTenant(world)
    const { id: otherId } = await aTenant(world)
    const { member } = await aMember(world, otherId, 'MEMBER')
    for (const memberId of [member.id, newUuid(), newId('other', id), newId('contact', id), id]) {
      const missing = { code: 'member_not_found' }
      const change = { role: 'AGENT' as const }
      await expect(updateMember(deps, id, AN_OWNER, { memberId, change })).rejects.toMatchObject(missing)
      await expect(removeMember(deps, id, AN_OWNER, memberId)).rejects.toMatchObject(missing)
    }
    expect(await rowOf(deps, otherId, member.user_id)).toEqual(member)
  })

  it('that stopped half-way is finished by asking again, and by the queue', async () => {
    const { id } = await aTenant(world)
    for (const repair of ['again', 'queue'] as const) {
      const person = await aMember(world, id, 'MEMBER')
      const held = holding(interrupted(deps, 'core', 'replace', crash))
      const change = { memberId: person.member.id, change: { role: 'AGENT' as const } }
      await expect(updateMember(held.deps, id, AN_OWNER, change)).rejects.toThrow('killed')
      expect(await roleOf(deps, person, id)).toBe('MEMBER')
      if (repair === 'again') await updateMember(deps, id, AN_OWNER, change)
      else await held.deliver(deps)
      expect(await roleOf(deps, person, id)).toBe('AGENT')
    }
  })

  it('and another change at the same moment leave row and permission alike', async () => {
    const { id } = await aTenant(world)
    const person = await aMember(world, id, 'MEMBER')
    const memberId = person.member.id
    const roles = ['AGENT', 'ADMIN', 'MEMBER', 'AGENT', 'ADMIN'] as const
    const changes = roles.map((role) => updateMember(deps, id, AN_OWNER, { memberId, change: { role } }))
    await Promise.allSettled([...changes, removeMember(deps, id, AN_OWNER, memberId)])
    expect(await roleOf(deps, person, id)).toBe((await rowOf(deps, id, person.userId))?.role)
  })
})

describe('removing a member', () => {
  it('keeps them out, and lets them be added again', async () => {
    const { id } = await aTenant(world)
    const person = await aMember(world, id, 'ADMIN')
    await removeMember(deps, id, AN_ADMIN, person.member.id)
    expect(await roleOf(deps, person, id)).toBeUndefined()
    expect(await rowOf(deps, id, person.userId)).toBeUndefined()
    const twice = removeMember(deps, id, AN_ADMIN, person.member.id)
    await expect(twice).rejects.toMatchObject({ code: 'member_not_found' })
    const again = await addMember(deps, id, AN_ADMIN, { email: person.email, role: 'AGENT' })
    expect(again.id).toBe(person.member.id)
    expect(await roleOf(deps, person, id)).toBe('AGENT')
  })

  it('that stopped half-way is finished by the queue', async () => {
    const { id } = await aTenant(world)
    const person = await aMember(world, id, 'MEMBER')
    const held = holding(interrupted(deps, 'core', 'replace', crash))
    await expect(removeMember(held.deps, id, AN_OWNER, person.member.id)).rejects.toThrow('killed')
    await held.deliver(deps)
    await held.deliver(deps)
    expect(await roleOf(deps, person, id)).toBeUndefined()
    expect((await membershipsNoted(deps, person.userId)).count).toBe(0)
  })

  it('is open to themselves; an OWNER is out of an ADMIN’s reach', async () => {
    const { id } = await aTenant(world)
    const agent = await aMember(world, id, 'AGENT')
    const owner = await aMember(world, id, 'OWNER')
    const forbidden = { code: 'forbidden' }
    const asAgent = { userId: agent.userId, role: 'AGENT' } as const
    await expect(removeMember(deps, id, asAgent, owner.member.id)).rejects.toMatchObject(forbidden)
    await expect(removeMember(deps, id, AN_ADMIN, owner.member.id)).rejects.toMatchObject(forbidden)
    const demoting = { memberId: owner.member.id, change: { role: 'AGENT' as const } }
    await expect(updateMember(deps, id, AN_ADMIN, demoting)).rejects.toMatchObject(forbidden)
    await removeMember(deps, id, asAgent, agent.member.id)
    expect(await rowOf(deps, id, agent.userId)).toBeUndefined()
  })
})

describe('the list of members', () => {
  it('is newest first, and one request', async () => {
    const { id, owner } = await aTenant(world)
    const people = [await aMember(world, id, 'MEMBER'), await aMember(world, id, 'AGENT')]
    let requests = 0
    const counted = interrupted(deps, 'core', 'query', () => {
      requests++
    })
    const listed = await listMembers(counted, id)
    const ids = (members: Pick<Member, 'user_id'>[]) => members.map(({ user_id }) => user_id)
    expect(ids(listed)).toEqual([people[1]!.userId, people[0]!.userId, owner.userId])
    expect(requests).toBe(1)
  })
})
