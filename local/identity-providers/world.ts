/** Who there is, what was handed out, and what goes wrong on purpose: shared by both stand-ins. */
import { randomBytes, randomInt } from 'node:crypto'

export interface Person {
  /** The providers' own id of the person. */
  subject: string
  login: string
  email: string
  emailVerified: boolean
  name: string | null
}

/** What a browser asked for at the consent page, kept under the code it was sent back with. */
export interface Grant {
  person: Person
  clientId: string
  redirectUri: string
  codeChallenge: string
  nonce: string | undefined
  expiresAt: number
}

export interface GithubToken {
  person: Person
  clientId: string
  scopes: string[]
}

/** Answers requests whose path fits in place of the stand-in. */
export interface Fault {
  path: RegExp
  /** hang: no answer at all until the stand-in is closed. */
  effect: 'hang' | { status: number; text: string }
}

/** How the next ID tokens differ from good ones. */
export interface TokenChanges {
  claims?: Record<string, unknown>
  /** `none` has no signature; HS256 is signed with the public key, an old trick; PS256 is good, but not agreed on. */
  algorithm?: 'none' | 'HS256' | 'PS256'
  /** Signed with a key that is not published. */
  isForged?: boolean
}

export interface Client {
  id: string
  secret: string
}

export interface World {
  google: Client
  github: Client
  /** Who says yes at the consent page; undefined says no. */
  consenting: Person | undefined
  grants: Map<string, Grant>
  githubTokens: Map<string, GithubToken>
  faults: Fault[]
  tokenChanges: TokenChanges
  /** Method and path of every request. */
  requests: string[]
}

const CODE_LIVES_MS = 60_000

export function newWorld(): World {
  return {
    google: { id: `${randomInt(1e9, 1e10)}-stand-in.apps.example`, secret: randomBytes(24).toString('base64url') },
    github: { id: `Iv1.${randomBytes(8).toString('hex')}`, secret: randomBytes(20).toString('hex') },
    consenting: undefined,
    grants: new Map(),
    githubTokens: new Map(),
    faults: [],
    tokenChanges: {},
    requests: [],
  }
}

export function newPerson(changes: Partial<Person>): Person {
  const login = `person-${randomBytes(4).toString('hex')}`
  const subject = String(randomInt(1e9, 1e12))
  return { subject, login, email: `${login}@example.com`, emailVerified: true, name: 'Ada Local', ...changes }
}

export function grantCode(world: World, grant: Omit<Grant, 'expiresAt'>): string {
  const code = randomBytes(20).toString('base64url')
  world.grants.set(code, { ...grant, expiresAt: Date.now() + CODE_LIVES_MS })
  return code
}

/** A code is good once. */
export function takeGrant(world: World, code: string): Grant | undefined {
  const grant = world.grants.get(code)
  world.grants.delete(code)
  return grant && grant.expiresAt > Date.now() ? grant : undefined
}

export function issueGithubToken(world: World, token: GithubToken): string {
  const text = `gho_${randomBytes(18).toString('hex')}`
  world.githubTokens.set(text, token)
  return text
}
