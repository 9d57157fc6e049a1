/** Members made through the verbs themselves, and what any of them may do right now. */
import { authenticator } from '../../shared/accounts/authenticate.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import type { QueueMessage } from '../../shared/queue/messages.ts'
import { addMember } from '../../shared/workspaces/members/add.ts'
import { listMembers } from '../../shared/workspaces/members/find.ts'
import type { Caller, Role } from '../../shared/workspaces/membership.ts'
import type { Member } from '../../shared/workspaces/schema.ts'
import { settleChange } from '../../shared/workspaces/settle.ts'
import { aPerson, type Person } from './tenants.ts'
import type { World } from './world.ts'

export const AN_OWNER = { userId: undefined, role: 'OWNER' } as const
export const AN_ADMIN = { userId: undefined, role: 'ADMIN' } as const

export interface MemberOf extends Person {
  member: Member
}

/** Somebody with an account who has this role in the workspace. */
export async function aMember(world: World, workspaceId: WorkspaceId, role: Role): Promise<MemberOf> {
  const person = await aPerson(world)
  const member = await addMember(world.deps, workspaceId, AN_OWNER, { email: person.email, role })
  return { ...person, member }
}

/** Whom the headers of a request make its caller. */
export function callerOf(deps: Deps, headers: Record<string, string>): Promise<Caller> {
  const request = { method: 'GET', path: '/', query: new URLSearchParams(), params: {}, body: null }
  return authenticator(deps)({ ...request, headers: new Headers(headers) })
}

/** The role this person's next request has in the workspace. */
export async function roleOf(deps: Deps, { token }: Pick<Person, 'token'>, id: WorkspaceId): Promise<Role | undefined> {
  const { memberships } = await callerOf(deps, { authorization: `Bearer ${token}` })
  return memberships.find(({ workspaceId }) => workspaceId === id)?.role
}

/** The row of this person among the members. */
export async function rowOf(deps: Deps, workspaceId: WorkspaceId, userId: string): Promise<Member | undefined> {
  return (await listMembers(deps, workspaceId)).find(({ user_id }) => user_id === userId)
}

export interface Held {
  deps: Deps
  messages: QueueMessage<'workspace-changes'>[]
  /** Delivers what was queued, as often as asked, to a process that is well. */
  deliver(to: Deps): Promise<void>
}

/** Deps whose queue messages about workspaces wait in the test's hands. */
export function holding(deps: Deps): Held {
  const messages: QueueMessage<'workspace-changes'>[] = []
  const held: Deps = {
    ...deps,
    queues: {
      send(queue, message, options) {
        if (queue !== 'workspace-changes') return deps.queues.send(queue, message, options)
        // The messages of this queue, by its name.
        messages.push(message as QueueMessage<'workspace-changes'>)
        return Promise.resolve()
      },
    },
  }
  return {
    deps: held,
    messages,
    async deliver(to) {
      for (const message of messages) await settleChange(to, message)
    },
  }
}

/** The same world, in which nobody waits for the hashing of passwords that no test looks at. */
export function withQuickPasswords(world: World): World {
  const passwords = { hash: () => Promise.resolve('hash'), verify: () => Promise.resolve(false) }
  return { ...world, deps: { ...world.deps, passwords } }
}
