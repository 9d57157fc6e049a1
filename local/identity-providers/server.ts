/** Local stand-ins of Google and GitHub as sign-in providers, on one address of the loopback interface. README.md says more. */
import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { githubAnswer } from './github.ts'
import { googleStandIn, type Google } from './google.ts'
import { readCall, type Answer, type Call } from './wire.ts'
import {
  issueGithubToken,
  newPerson,
  newWorld,
  type Fault,
  type Person,
  type TokenChanges,
  type World,
} from './world.ts'

export interface IdentityProviderStandIns {
  url: string
  /** The app settings that lead Herald here. */
  settings: Record<string, string>
  /** Method and path of every request so far. */
  requests: readonly string[]
  /** Makes up a person, who from now on is the one to say yes at the consent pages. */
  person(changes?: Partial<Person>): Person
  /** Who says yes; undefined: whoever is asked says no. */
  consents(person: Person | undefined): void
  /** As a client gets it that signs people in with Google by itself. */
  idToken(person: Person, changes?: TokenChanges): Promise<string>
  /** As a client gets it that signs people in with GitHub by itself. */
  githubToken(person: Person, changes?: { clientId?: string; scopes?: string[] }): string
  rotateKeys(): Promise<void>
  /** How ID tokens from the token endpoint differ from good ones. */
  changeTokens(changes: TokenChanges): void
  /** In place of all faults before. */
  fail(...faults: Fault[]): void
  close(): Promise<void>
}

export async function startIdentityProviders({ port = 0 }: { port?: number } = {}): Promise<IdentityProviderStandIns> {
  const world = newWorld()
  let url = ''
  const google = await googleStandIn(world, () => url)
  const server = createServer((request, response) => {
    void readCall(request)
      .then((call) => answer(world, google, call, response))
      .catch((error: unknown) => write(response, { status: 400, body: { error: String(error) } }))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on TCP has such an address.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    settings: settingsOf(world, url),
    requests: world.requests,
    person(changes = {}) {
      world.consenting = newPerson(changes)
      return world.consenting
    },
    consents(person) {
      world.consenting = person
    },
    idToken: google.idToken,
    githubToken(person, { clientId = world.github.id, scopes = ['user:email'] } = {}) {
      return issueGithubToken(world, { person, clientId, scopes })
    },
    rotateKeys: google.rotateKeys,
    changeTokens(changes) {
      world.tokenChanges = changes
    },
    fail(...faults) {
      world.faults = faults
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function settingsOf({ google, github }: World, url: string): Record<string, string> {
  return {
    GOOGLE_CLIENT_ID: google.id,
    GOOGLE_CLIENT_SECRET: google.secret,
    GOOGLE_ISSUER_URL: url,
    GITHUB_CLIENT_ID: github.id,
    GITHUB_CLIENT_SECRET: github.secret,
    GITHUB_URL: url,
    GITHUB_API_URL: `${url}/api/v3`,
  }
}

async function answer(world: World, google: Google, call: Call, response: ServerResponse): Promise<void> {
  world.requests.push(`${call.method} ${call.path}`)
  const effect = world.faults.find(({ path }) => path.test(call.path))?.effect
  if (effect === 'hang') return
  if (effect) response.writeHead(effect.status, { 'content-type': 'application/json' }).end(effect.text)
  else write(response, (await google.answer(call)) ?? githubAnswer(world, call) ?? { status: 404, body: {} })
}

function write(response: ServerResponse, { status, body, location }: Answer): void {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, location === undefined ? type : { location })
  response.end(location === undefined ? JSON.stringify(body ?? {}) : '')
}
