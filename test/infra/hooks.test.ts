import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../local/process/ports.ts'
import { endOfScript } from '../support/run-script.ts'
import { INFRA } from './bicep.ts'

/** As azd runs it: with the values of the environment and nothing else. */
const hook = (name: string, env: Record<string, string>) => endOfScript(join(INFRA, 'hooks', name), [], env)

const VALUES = {
  META_APP_ID: '1234567890',
  META_APP_SECRET: randomBytes(16).toString('hex'),
  META_VERIFY_TOKEN: randomBytes(8).toString('hex'),
  JWT_KEYS: `k1:${randomBytes(32).toString('base64')}`,
}

describe('before anything is provisioned', () => {
  it('says nothing where everything is there that a person must bring', async () => {
    expect(await hook('check-values.ts', VALUES)).toEqual({ code: 0, text: '' })
  })

  it('stops, and names each value that is missing or malformed and where it comes from, without showing one', async () => {
    const { code, text } = await hook('check-values.ts', {
      META_APP_ID: 'Herald',
      JWT_KEYS: VALUES.JWT_KEYS.slice(0, 12),
    })
    expect(code).toBe(1)
    expect(text).toContain('META_APP_ID must be the digits')
    for (const name of ['META_APP_SECRET', 'META_VERIFY_TOKEN']) expect(text).toContain(`${name} is missing`)
    expect(text).toContain('JWT_KEYS must be')
    expect(text).toContain('App settings → Basic in the Meta dashboard')
    expect(text).not.toContain(VALUES.JWT_KEYS.slice(0, 12))
  })

  it('asks for TOKEN_ENCRYPTION_KEY only where it is to seal', async () => {
    const setting = { ...VALUES, SEALED_BY: 'setting' }
    expect((await hook('check-values.ts', setting)).text).toContain('TOKEN_ENCRYPTION_KEY is missing')
    const key = randomBytes(32).toString('base64')
    expect((await hook('check-values.ts', { ...setting, TOKEN_ENCRYPTION_KEY: key })).code).toBe(0)
  })
})

describe('after a deployment', () => {
  const { META_VERIFY_TOKEN } = VALUES

  it('prints the address to enter at Meta, tries it as Meta will, and shows no secret', async () => {
    const server = createServer((request, response) => {
      const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://here')
      if (pathname === '/api/ready') return response.end('{}')
      const isRight = query.get('hub.mode') === 'subscribe' && query.get('hub.verify_token') === META_VERIFY_TOKEN
      response.writeHead(isRight ? 200 : 403).end(query.get('hub.challenge'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    // Bound to a port, not to a pipe.
    const API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const WEBHOOK_URL = `${API_URL}/webhook`
    const right = await hook('say-next.ts', { API_URL, WEBHOOK_URL, META_VERIFY_TOKEN })
    expect(right.text).toContain(`Callback URL   ${WEBHOOK_URL}\n`)
    expect(right.text).toContain('Meta will accept it')
    expect(right.text).toContain('It reaches its stores.')
    expect(right.text).not.toContain(META_VERIFY_TOKEN)
    expect((await hook('say-next.ts', { API_URL, WEBHOOK_URL, META_VERIFY_TOKEN: 'another' })).text).toContain(
      'answered 403',
    )
    server.closeAllConnections()
    server.close()
  })

  it('fails nothing where the app does not answer yet', async () => {
    const API_URL = `http://127.0.0.1:${await freePort()}`
    const said = await hook('say-next.ts', { API_URL, WEBHOOK_URL: `${API_URL}/webhook`, META_VERIFY_TOKEN })
    expect(said).toMatchObject({ code: 0, text: expect.stringContaining('does not answer yet') as unknown })
  })
})
