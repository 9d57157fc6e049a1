/** The browser flow over HTTP, through the host and with a browser's cookie rules as far as they matter. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../../local/identity-providers/server.ts'
import { startChild, type Child } from '../../../local/process/child.ts'
import { freePort } from '../../../local/process/ports.ts'
import { aWorld, type World } from '../../support/world.ts'

let standIns: IdentityProviderStandIns
let world: World
let host: Child
let url: string

beforeAll(async () => {
  standIns = await startIdentityProviders()
  const port = await freePort()
  url = `http://localhost:${port}`
  world = await aWorld({ env: { ...standIns.settings, PUBLIC_URL: url } })
  host = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', String(port)],
    env: world.env,
  })
})
afterAll(async () => {
  await host.stop()
  await world.close()
  await standIns.close()
})

interface Kept {
  value: string
  path: string
}

/** Cookies of localhost, kept and sent by path. */
function cookieJar() {
  const kept = new Map<string, Kept>()
  return {
    take(answer: Response): void {
      for (const line of answer.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
        const attribute = (name: string) =>
          attributes.find((text) => text.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
        const [name = '', value = ''] = pair.split(/=(.*)/s)
        if (attribute('max-age') === '0') kept.delete(name)
        else kept.set(name, { value, path: attribute('path') ?? '/' })
      }
    },
    header: (path: string): string =>
      [...kept]
        .filter(([, cookie]) => path.startsWith(cookie.path))
        .map(([name, { value }]) => `${name}=${value}`)
        .join('; '),
    names: () => [...kept.keys()],
  }
}

it.each(['google', 'github'])(
  'a browser signs in with %s, ends at the page it wanted, and gets a token there',
  async (provider) => {
    const ada = standIns.person()
    const jar = cookieJar()
    const visited: string[] = []
    let next = `${url}/api/auth/oauth/${provider}/start?redirect_to=/welcome`
    while (next !== `${url}/welcome`) {
      const { origin, pathname } = new URL(next)
      const cookie = origin === url ? jar.header(pathname) : ''
      const answer = await fetch(next, { redirect: 'manual', headers: { cookie } })
      expect([next, answer.status]).toEqual([next, 302])
      if (origin === url) jar.take(answer)
      next = answer.headers.get('location') ?? ''
      visited.push(next)
    }
    expect(visited).toHaveLength(3)
    expect(jar.names()).toEqual(['herald_refresh'])

    const refreshed = await fetch(`${url}/api/auth/refresh`, {
      method: 'POST',
      headers: { cookie: jar.header('/api/auth/refresh') },
    })
    expect(refreshed.status).toBe(200)
    // The documented answer.
    const { access_token } = (await refreshed.json()) as { access_token: string }
    expect(visited.join(' ')).not.toContain(access_token)
    const me = await fetch(`${url}/api/auth/me`, { headers: { authorization: `Bearer ${access_token}` } })
    expect(await me.json()).toMatchObject({ email: ada.email, name: 'Ada Local' })
  },
)
