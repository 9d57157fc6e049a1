import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp } from '../../../shared/accounts/sign-up.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import type { Deps } from '../../../shared/deps.ts'
import { WorkspaceId, newUuid } from '../../../shared/ids.ts'
import { findPhoneNumber, workspacesOfWaba } from '../../../shared/phone-numbers/find.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { verifyWebhook } from '../../../shared/webhooks/handshake.ts'
import { deleteWorkspace } from '../../../shared/workspaces/delete.ts'
import { checkMaySend, findWorkspace, workspacesOf } from '../../../shared/workspaces/find.ts'
import { addMember } from '../../../shared/workspaces/members/add.ts'
import { updateMember } from '../../../shared/workspaces/members/update.ts'
import { openSecret } from '../../../shared/workspaces/secrets.ts'
import { settleWorkspace } from '../../../shared/workspaces/settle.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import {
  AN_OWNER,
  aMember,
  callerOf,
  holding,
  roleOf,
  withQuickPasswords,
  type MemberOf,
} from '../../support/members.ts'
import {
  A_PASSWORD,
  aMetaWorld,
  aTenant,
  anEmail,
  connectNumber,
  crash,
  interrupted,
  type MetaWorld,
  type Tenant,
} from '../../support/tenants.ts'

let meta: MetaWorld
let deps: Deps

beforeAll(async () => {
  const made = await aMetaWorld()
  const world = withQuickPasswords(made.world)
  meta = { ...made, world, deps: world.deps }
  deps = meta.deps
})
afterAll(() => meta.close())

interface Doomed extends Tenant {
  agent: MemberOf
  invited: string
  apiKey: string
  webhookSecret: string
  metaId: string
  phoneNumberId: string
}

/** With one of everything that must go with it. */
async function aDoomedWorkspace(): Promise<Doomed> {
  const tenant = await aTenant(meta.world)
  const metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  const { id: phoneNumberId } = await connectNumber(meta, tenant.id, { metaId })
  const invited = anEmail()
  await addMember(deps, tenant.id, AN_OWNER, { email: invited, role: 'MEMBER' })
  const workspace = await findWorkspace(deps, tenant.id)
  return {
    ...tenant,
    agent: await aMember(meta.world, tenant.id, 'AGENT'),
    invited,
    apiKey: openSecret(deps.config, workspace, 'api_key'),
    webhookSecret: openSecret(deps.config, workspace, 'webhook_secret'),
    metaId,
    phoneNumberId,
  }
}

async function expectGone(doomed: Doomed): Promise<void> {
  const { id, owner, agent, apiKey, metaId, phoneNumberId } = doomed
  for (const person of [owner, agent]) {
    expect(await roleOf(deps, person, id)).toBeUndefined()
    const caller = await callerOf(deps, { authorization: `Bearer ${person.token}` })
    expect((await workspacesOf(deps, caller)).map(({ workspace }) => workspace.id)).not.toContain(id)
  }
  await expect(callerOf(deps, { 'x-api-key': apiKey })).rejects.toMatchObject({ code: 'unauthorized' })
  await expect(findWorkspace(deps, id)).rejects.toMatchObject({ code: 'workspace_not_found' })
  await expect(checkMaySend(deps, id)).rejects.toMatchObject({ code: 'workspace_suspended' })
  await expect(findPhoneNumber(deps, id, phoneNumberId)).rejects.toMatchObject({ code: 'phone_number_not_found' })
  expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toBeUndefined()
  expect(await workspacesOfWaba(deps, meta.simulator.wabaId)).not.toContain(id)
  const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.challenge': '1' })
  query.set('hub.verify_token', doomed.webhookSecret)
  await expect(verifyWebhook(deps, query)).rejects.toMatchObject({ code: 'verification_failed' })
  const joined = await signUp(deps, { email: doomed.invited, password: A_PASSWORD })
  expect(joined.memberships).toEqual([])
}

describe('deleting a workspace', () => {
  it('takes it from everybody: members, invited people, its API key and webhooks', async () => {
    const doomed = await aDoomedWorkspace()
    await deleteWorkspace(deps, doomed.id)
    await expectGone(doomed)
  })

  it('frees its numbers for others', async () => {
    const { id, metaId } = await aDoomedWorkspace()
    expect(await deps.numberOwners.find(metaId)).toMatchObject({ workspaceId: id })
    await deleteWorkspace(deps, id)
    // What a person writes to it now is nobody's, though the number was asked for a moment ago.
    expect(await deps.numberOwners.findNow(metaId)).toBeUndefined()
    const other = await aTenant(meta.world)
    const connected = await connectNumber(meta, other.id, { metaId })
    expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toMatchObject({ workspaceId: other.id })
    expect(await deps.numberOwners.findNow(metaId)).toMatchObject({ workspaceId: other.id })
    // A late run of the queue's message must not touch what is another's now.
    await settleWorkspace(deps, id)
    expect(await findPhoneNumber(deps, other.id, connected.id)).toMatchObject({ meta_id: metaId })
    expect(await workspacesOfWaba(deps, meta.simulator.wabaId)).toContain(other.id)
  })

  it('twice changes nothing more, and leaves other workspaces alone', async () => {
    const { id } = await aDoomedWorkspace()
    const other = await aTenant(meta.world)
    await deleteWorkspace(deps, id)
    await deleteWorkspace(deps, id)
    expect(await roleOf(deps, other.owner, other.id)).toBe('OWNER')
    await expect(findWorkspace(deps, other.id)).resolves.toBeDefined()
  })

  it('that never existed is not found', async () => {
    const deleting = deleteWorkspace(deps, WorkspaceId.parse(newUuid()))
    await expect(deleting).rejects.toMatchObject({ code: 'workspace_not_found' })
  })

  const steps = [
    ['core', 'replace', 2],
    ['core', 'replace', 3],
    ['core', 'replace', 5],
    ['core', 'query', 1],
    ['core', 'query', 2],
    ['core', 'query', 3],
    ['directory', 'remove', 1],
    ['directory', 'remove', 2],
    ['directory', 'remove', 3],
    ['directory', 'replace', 1],
  ] as const
  it.each(steps)('that is killed before %s.%s %i is finished by the queue', async (name, method, at) => {
    const doomed = await aDoomedWorkspace()
    const held = holding(interrupted(deps, name, method, (call) => (call >= at ? crash() : undefined)))
    await expect(deleteWorkspace(held.deps, doomed.id)).rejects.toThrow('killed')
    // Already the mark keeps it from being read, and from sending.
    await expect(findWorkspace(deps, doomed.id)).rejects.toMatchObject({ code: 'workspace_not_found' })
    await expect(checkMaySend(deps, doomed.id)).rejects.toMatchObject({ code: 'workspace_suspended' })
    expect(held.messages).toHaveLength(2)
    await held.deliver(deps)
    await expectGone(doomed)
  })

  it('that is killed before the mark leaves everything as it was', async () => {
    const { id, owner } = await aTenant(meta.world)
    const held = holding(interrupted(deps, 'core', 'replace', crash))
    await expect(deleteWorkspace(held.deps, id)).rejects.toThrow('killed')
    await held.deliver(deps)
    expect(await roleOf(deps, owner, id)).toBe('OWNER')
    await expect(findWorkspace(deps, id)).resolves.toMatchObject({ status: 'active' })
  })

  it('meets whoever adds or changes a member, or the workspace, at the same moment', async () => {
    const { id, owner } = await aTenant(meta.world)
    const person = await aMember(meta.world, id, 'MEMBER')
    const newcomer = anEmail()
    const change = { memberId: person.member.id, change: { role: 'ADMIN' as const } }
    const held = holding(deps)
    await Promise.allSettled([
      addMember(held.deps, id, AN_OWNER, { email: newcomer, role: 'MEMBER' }),
      updateMember(held.deps, id, AN_OWNER, change),
      updateWorkspace(held.deps, id, 'OWNER', { name: 'Late' }),
      deleteWorkspace(held.deps, id),
    ])
    await held.deliver(deps)
    await expect(findWorkspace(deps, id)).rejects.toMatchObject({ code: 'workspace_not_found' })
    for (const one of [owner, person]) expect(await roleOf(deps, one, id)).toBeUndefined()
    expect((await signUp(deps, { email: newcomer, password: A_PASSWORD })).memberships).toEqual([])
  })

  it('lets no campaign of it start', async () => {
    const { id, phoneNumberId } = await aDoomedWorkspace()
    const draft = { workspace_id: id, phone_number_id: phoneNumberId, name: 'Autumn' }
    await expect(createCampaign(deps, id, draft)).resolves.toBeDefined()
    await deleteWorkspace(deps, id)
    await expect(checkMaySend(deps, id)).rejects.toMatchObject({ status: 403 })
  })
})
