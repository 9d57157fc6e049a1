/** A session as a browser keeps it: through the functions host, with the headers that really travel. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChild, type Child } from '../../../local/process/child.ts'
import { A_PASSWORD, anEmail } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let host: Child
let url: string

beforeAll(async () => {
  world = await aWorld()
  host = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0'],
    env: world.env,
    onLine: () => undefined,
  })
  // The host's own ready line.
  url = (JSON.parse(host.ready) as { url: string }).url
})
afterAll(async () => {
  await host.stop()
  await world.close()
})

function post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) }
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(`${url}/api/auth/${path}`, { method: 'POST', headers: { ...type, ...headers }, ...json })
}

/** The one cookie of an answer: its `name=value`, and what follows it in lower case. */
function cookieOf(answer: Response): { pair: string; attributes: string[] } {
  const all = answer.headers.getSetCookie()
  expect(all).toHaveLength(1)
  const [pair = '', ...attributes] = (all[0] ?? '').split('; ')
  return { pair, attributes: attributes.map((attribute) => attribute.toLowerCase()).sort() }
}

describe('a browser’s session', () => {
  it('starts, goes on without a body and ends, by its cookie alone', async () => {
    const account = { email: anEmail(), password: A_PASSWORD }
    expect((await post('signup', account)).status).toBe(200)
    const signedIn = await post('signin', account)
    expect(signedIn.status).toBe(200)
    const first = cookieOf(signedIn)
    expect(first.pair).toMatch(/^herald_refresh=[\w-]{43}$/)
    expect(first.attributes).toEqual(['httponly', 'max-age=1209600', 'path=/api/auth', 'samesite=strict', 'secure'])

    const refreshed = await post('refresh', undefined, { cookie: first.pair })
    expect(refreshed.status).toBe(200)
    const second = cookieOf(refreshed)
    expect(second.attributes).toEqual(first.attributes)
    expect(second.pair).not.toBe(first.pair)
    const { access_token } = (await refreshed.json()) as { access_token: string }
    const me = await fetch(`${url}/api/auth/me`, { headers: { authorization: `Bearer ${access_token}` } })
    expect(me.status).toBe(200)

    const ended = await post('logout', undefined, { cookie: second.pair })
    expect(ended.status).toBe(204)
    expect(cookieOf(ended)).toEqual({
      pair: 'herald_refresh=',
      attributes: ['httponly', 'max-age=0', 'path=/api/auth', 'samesite=strict', 'secure'],
    })
    expect((await post('refresh', undefined, { cookie: second.pair })).status).toBe(401)
    expect((await post('refresh')).status).toBe(401)
  })

  it('that guesses is told when to come again', async () => {
    const guess = (): Promise<Response> => post('signin', { email: 'somebody@example.com', password: 'wrong password' })
    for (let turn = 0; turn < 10; turn++) await guess()
    const refused = await guess()
    expect(refused.status).toBe(429)
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(30)
  })
})
