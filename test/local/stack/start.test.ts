import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../local/process/ports.ts'
import { aFolder, descendants, isRunning, launch, launched, until } from './support.ts'

const folder = aFolder()
afterAll(() => folder.remove())

async function signIn(port: number, account: { email: string; password: string }): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/auth/signin`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  })
  await answer.arrayBuffer()
  return answer.status
}

describe('npm start', () => {
  it('prints a first call that works, keeps what it knows, ends with everything it started, and forgets on request', async () => {
    const port = await freePort()
    const first = await launched(['--state', folder.path], port)
    const parts = descendants(first.child.pid!)
    expect(parts).toHaveLength(4)
    const account = await makeCall(first.output())
    for (const text of ['access_token ', 'phone_number_id', 'business_id', 'META_APP_SECRET', 'META_VERIFY_TOKEN']) {
      expect(first.output()).toContain(text)
    }
    const second = launch(['--state', folder.path], await freePort())
    expect(await second.ended).toBe(1)
    expect(second.output()).toMatch(/^Another npm start is using .*\n$/)

    expect(await first.signal('SIGINT')).toBe(0)
    expect(parts.filter(isRunning)).toEqual([])

    const again = await launched(['--state', folder.path], port)
    expect(await signIn(port, account)).toBe(200)
    await again.signal('SIGTERM')
    const fresh = await launched(['--state', folder.path, '--fresh'], port)
    expect(await signIn(port, account)).toBe(401)

    const orphans = descendants(fresh.child.pid!)
    await fresh.signal('SIGKILL')
    await until(() => !orphans.some(isRunning), 'parts that outlive a killed launcher')
  }, 90_000)

  it('names a busy port and the cure, and starts nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const launcher = launch(['--state', folder.path], port)
    expect(await launcher.ended).toBe(1)
    expect(launcher.output()).toBe(
      `Port ${port} is in use. Stop what listens there, or choose another with PORT, as in PORT=8100 npm start.\n`,
    )
    server.close()
  })

  it('ends with the name of the part that crashed', async () => {
    const other = aFolder()
    const launcher = await launched(['--state', other.path], await freePort())
    const parts = descendants(launcher.child.pid!)
    process.kill(parts[1]!, 'SIGKILL')
    expect(await launcher.ended).toBe(1)
    expect(launcher.output()).toMatch(
      /^(Azurite|The Cosmos DB emulator|The WhatsApp simulator|The functions host) ended by itself \(SIGKILL\)\./m,
    )
    expect(parts.filter(isRunning)).toEqual([])
    other.remove()
  })
})

/** Does what the printed curl command does; returns the account it made. */
async function makeCall(output: string): Promise<{ email: string; password: string }> {
  const [, url = '', type = '', body = ''] =
    /^ {2}curl (http:\S+) -H 'content-type: (\S+)' -d '(.*)'$/m.exec(output) ?? []
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body })
  expect(answer.status).toBe(200)
  expect(await answer.json()).toHaveProperty('user_id')
  return JSON.parse(body) as { email: string; password: string }
}
