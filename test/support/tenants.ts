/** People, workspaces and numbers made through the verbs themselves, and containers that misbehave on demand. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { startWhatsappSimulator, type WhatsappSimulator } from '../../local/whatsapp-simulator/server.ts'
import { issueAccessToken } from '../../shared/accounts/access-token.ts'
import { signUp } from '../../shared/accounts/sign-up.ts'
import type { DocumentContainer } from '../../shared/azure/cosmos.ts'
import type { ContainerName } from '../../shared/azure/resources.ts'
import { passwordWorker } from '../../shared/crypto/passwords.ts'
import type { Deps } from '../../shared/deps.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { createPhoneNumber, type NewPhoneNumber } from '../../shared/phone-numbers/create.ts'
import type { PhoneNumber } from '../../shared/phone-numbers/schema.ts'
import { createWorkspace } from '../../shared/workspaces/create.ts'
import type { Caller } from '../../shared/workspaces/membership.ts'
import type { CallAnswer } from './http.ts'
import { aWorld, type World, type WorldOptions } from './world.ts'

/** Any text, in what an answer is compared with. */
export const A_STRING: unknown = expect.any(String)

/** A text field of an answer's body. */
export function textAt({ body }: Pick<CallAnswer, 'body'>, name: string): string {
  // Answers with such a field are objects.
  const value = (body as Record<string, unknown>)[name]
  if (typeof value !== 'string') throw new TypeError(`${name} is no text in ${JSON.stringify(body)}`)
  return value
}

export const A_PASSWORD = 'correct horse battery staple'

export function anEmail(): string {
  return `person-${randomBytes(6).toString('hex')}@example.com`
}

export interface Person {
  userId: string
  email: string
  token: string
}

/** Everybody's, and a fifth of a second of work: it is done once. */
let hashOfPassword: Promise<string> | undefined

export async function aPerson({ deps }: World): Promise<Person> {
  const hashed = (hashOfPassword ??= passwordWorker().hash(A_PASSWORD))
  const passwords = { ...deps.passwords, hash: () => hashed }
  const { id, email } = await signUp({ ...deps, passwords }, { email: anEmail(), password: A_PASSWORD })
  return { userId: id, email, token: await issueAccessToken(deps.config, id, deps.now()) }
}

/** Headers of whoever has the token. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

export interface Tenant {
  id: WorkspaceId
  owner: Person
}

/** A workspace with its owner, whom no quota and no rate limit keeps from anything. */
export async function aTenant(world: World, name = 'Acme'): Promise<Tenant> {
  const owner = await aPerson(world)
  const caller: Caller = { userId: owner.userId, email: owner.email, memberships: [] }
  const { id } = await createWorkspace(world.deps, caller, { name, plan: 'enterprise' })
  return { id, owner }
}

export interface MetaWorld {
  world: World
  deps: Deps
  simulator: WhatsappSimulator
  /** Talks to the simulator's control API. */
  control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** A world whose Graph API is a simulator of its own. */
export async function aMetaWorld(options: WorldOptions = {}): Promise<MetaWorld> {
  const appSecret = randomBytes(16).toString('hex')
  const app = { appId: '1234567890', appSecret, verifyToken: 'verify-me' }
  // Usually some messages never arrive: here those that a test asks for.
  const simulator = await startWhatsappSimulator({ ...app, behaviour: { delivered: 1, failed: 0 } })
  const world = await aWorld({ ...options, graphUrl: simulator.url, appSecret })
  return {
    world,
    deps: world.deps,
    simulator,
    async control(method, path, body) {
      const init = body === undefined ? {} : { body: JSON.stringify(body) }
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${simulator.url}/_simulator/${path}`, { method, headers, ...init })
      if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${await answer.text()}`)
      // The control API answers objects.
      return (await answer.json()) as Record<string, unknown>
    },
    async close() {
      await world.close()
      await simulator.close()
    },
  }
}

/** Connects the simulator's first number. */
export function connectNumber(
  { deps, simulator }: Pick<MetaWorld, 'deps' | 'simulator'>,
  workspaceId: WorkspaceId,
  changes: Partial<NewPhoneNumber> = {},
): Promise<PhoneNumber> {
  return createPhoneNumber(deps, workspaceId, {
    metaId: simulator.phoneNumberId,
    accessToken: simulator.accessToken,
    displayName: null,
    wabaId: simulator.wabaId,
    ...changes,
  })
}

/** Deps whose container `name` runs `before` ahead of every call of `method`; it may do something else first, or throw. */
export function interrupted(
  deps: Deps,
  name: ContainerName,
  method: keyof DocumentContainer,
  before: (call: number) => Promise<void> | void,
): Deps {
  let calls = 0
  const container = new Proxy(deps.containers[name], {
    get(target, property) {
      const original: unknown = Reflect.get(target, property)
      if (property !== method || typeof original !== 'function') return original
      return async (...parameters: unknown[]) => {
        await before(++calls)
        return Reflect.apply(original, target, parameters) as unknown
      }
    },
  })
  return { ...deps, containers: { ...deps.containers, [name]: container } }
}

export function crash(): never {
  throw new Error('The process was killed here')
}
