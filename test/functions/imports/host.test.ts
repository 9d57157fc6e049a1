/** A large file through the door of real hosts: streamed in, one host killed half-way, the other brings it to its end. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChild, type Child } from '../../../local/process/child.ts'
import { HOST_BODY_LIMIT_BYTES } from '../../../local/stack/parts.ts'
import { aFile, aNumber, countContacts } from '../../shared/imports/support.ts'
import { aTenant, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

const ROWS = 8000
const LEASE_SECONDS = '2'

interface Host {
  child: Child
  url: string
}

let world: World
let acme: Tenant
const hosts: Host[] = []
/** Called with each line that a host logs. */
const watchers = new Set<(line: string, host: number) => void>()

beforeAll(async () => {
  world = await aWorld()
  acme = await aTenant(world)
  await startHost()
})
afterAll(async () => {
  await Promise.all(hosts.map(({ child }) => child.stop()))
  await world.close()
})

async function startHost(): Promise<Host> {
  const number = hosts.length
  const child = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0', '--queue-lease-seconds', LEASE_SECONDS],
    env: { ...world.env, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(HOST_BODY_LIMIT_BYTES) },
    onLine: (line) => {
      for (const watcher of watchers) watcher(line, number)
    },
  })
  // The host's own ready line.
  const host = { child, url: (JSON.parse(child.ready) as { url: string }).url }
  hosts.push(host)
  return host
}

function logged(...words: string[]): Promise<void> {
  return new Promise((resolve) => {
    const watcher = (line: string): void => {
      if (!words.every((word) => line.includes(word))) return
      watchers.delete(watcher)
      resolve()
    }
    watchers.add(watcher)
  })
}

const signedIn = () => ({ authorization: `Bearer ${acme.owner.token}` })

async function ask({ url }: Host, path: string, init: RequestInit = {}) {
  const answer = await fetch(`${url}${path}`, { ...init, headers: signedIn() })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json') === true
  const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: answer.status, headers: answer.headers, text, body }
}

function upload(host: Host, content: string | Buffer, name = 'contacts.csv') {
  const body = new FormData()
  body.append('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name)
  return ask(host, `/api/contacts/imports?workspace_id=${acme.id}`, { method: 'POST', body })
}

it(
  'is finished by another host when the one that imports is killed, each contact once',
  { timeout: 60_000 },
  async () => {
    const [first] = hosts as [Host]
    const begun = logged('import.part_written')
    const { status, body } = await upload(first, `${aFile(ROWS)}\nnobody,Ada,\n${aNumber(7)},Twin,`, 'Kunden 2026.csv')
    expect({ status, body }).toMatchObject({ status: 202, body: { status: 'queued', file_name: 'Kunden 2026.csv' } })
    await begun
    first.child.process.kill('SIGKILL')
    await first.child.ended
    const halfway = await countContacts(world.deps, acme.id)
    expect(halfway).toBeLessThan(ROWS)
    const ended = logged('import.finished', String(body['id']))
    const second = await startHost()
    await ended
    const path = `/api/contacts/imports/${String(body['id'])}`
    const done = await ask(second, path)
    expect(done.body).toMatchObject({
      status: 'completed',
      total_rows: ROWS + 2,
      processed_rows: ROWS + 2,
      imported: ROWS,
      updated: 0,
      skipped: 1,
      failed: 1,
      reasons: [
        { status: 'failed', reason: 'This is not a phone number: write it like +15551234567', count: 1 },
        { status: 'skipped', reason: 'Another row has the same number', count: 1 },
      ],
    })
    expect(await countContacts(world.deps, acme.id)).toBe(ROWS)
    const result = await ask(second, `${path}/result`)
    expect(result.status).toBe(200)
    expect(result.headers.get('content-disposition')).toContain('filename="Kunden 2026 rejected.csv"')
    expect(result.text).toContain(
      `\r\n${ROWS + 2},failed,This is not a phone number: write it like +15551234567,nobody,Ada,\r\n`,
    )
    expect(await ask(second, `${path}/cancel`, { method: 'POST' })).toMatchObject({
      status: 409,
      body: { code: 'import_finished' },
    })
    const list = await ask(second, `/api/contacts/imports?workspace_id=${acme.id}`)
    expect(list.body).toMatchObject({ total: 1, data: [{ id: body['id'], status: 'completed' }] })
  },
)

it('is taken in a fraction of the memory it would take, and refused in words when it is too large', async () => {
  const host = hosts.at(-1)!
  const peak = async (): Promise<number> => {
    const status = await readFile(`/proc/${host.child.process.pid}/status`, 'utf8').catch(() => '')
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
  }
  // Each row fails for its name, so that all of it goes through every step.
  const before = await peak()
  const rows = Array.from({ length: 800 }, (_, index) => `${aNumber(50_000 + index)},${'x'.repeat(100_000)}\n`)
  const ended = logged('import.finished')
  const { status, body } = await upload(host, `phone,name\n${rows.join('')}`)
  expect(status).toBe(202)
  await ended
  expect((await ask(host, `/api/contacts/imports/${String(body['id'])}`)).body).toMatchObject({ failed: 800 })
  expect((await peak()) - before).toBeLessThan(230)
  const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(1024 * 1024)])
  expect(await upload(host, picture)).toMatchObject({ status: 422 })
})
