/** The emulator as a process of its own: how it starts, stops, and what survives. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startCosmosEmulator } from '../../../local/cosmos-emulator/server.ts'
import { all, clientOf, codeOf } from './world.ts'

const directory = mkdtempSync(join(tmpdir(), 'cosmos-emulator-'))
const running: ChildProcess[] = []
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, ['local/cosmos-emulator/main.ts', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  return child
}

interface Ready {
  event: string
  part: string
  url: string
  key: string
}

async function ready(child: ChildProcess): Promise<Ready> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  return JSON.parse(line) as Ready
}

describe('the process', () => {
  it('says where it is and with which key, and ends cleanly on SIGTERM', async () => {
    const key = randomBytes(64).toString('base64')
    const child = start([], { COSMOS_KEY: key })
    const line = await ready(child)
    expect(line).toMatchObject({ event: 'ready', part: 'cosmos', key })
    expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('gives one message and exits 1 when the port is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    const { port } = blocker.address() as AddressInfo
    const child = start(['--port', String(port)])
    let errors = ''
    child.stderr!.on('data', (chunk) => (errors += String(chunk)))
    expect((await once(child, 'close'))[0]).toBe(1)
    expect(errors).toContain(`address already in use 127.0.0.1:${port}`)
    expect(errors.trim().split('\n')).toHaveLength(1)
    blocker.close()
  })

  it('loses nothing it answered when it is killed, and goes on where it was', async () => {
    const file = join(directory, 'killed.db')
    const key = randomBytes(64).toString('base64')
    const first = start(['--file', file], { COSMOS_KEY: key })
    const client = clientOf(await ready(first))
    const { database } = await client.databases.create({ id: 'd' })
    const { container } = await database.containers.create({
      id: 'c',
      partitionKey: { paths: ['/pk'] },
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/email'] }] },
      indexingPolicy: { includedPaths: [{ path: '/*' }, { path: '/n/?' }] },
    })
    const answered: string[] = []
    let next = 0
    const writers = Array.from({ length: 8 }, async () => {
      for (;;) {
        const id = `i${next++}`
        try {
          await container.items.create({ id, pk: 'p', n: next, email: id })
        } catch {
          return
        }
        answered.push(id)
        if (answered.length === 200) first.kill('SIGKILL')
      }
    })
    await Promise.all(writers)
    client.dispose()

    const second = clientOf(await ready(start(['--file', file], { COSMOS_KEY: key })))
    const again = second.database('d').container('c')
    const found = await all<string>(again, 'SELECT VALUE c.id FROM c ORDER BY c.n', { partitionKey: 'p' })
    expect(answered.filter((id) => !found.includes(id))).toEqual([])
    expect(await codeOf(again.items.create({ id: 'i0', pk: 'p', email: 'other' }))).toBe(409)
    expect(await codeOf(again.items.create({ id: 'x', pk: 'p', email: 'i0' }))).toBe(409)
    expect((await again.items.create({ id: 'x', pk: 'p', n: 0, email: 'x' })).statusCode).toBe(201)
    second.dispose()
  })
})

describe('an emulator in a file', () => {
  it('closes and opens again with everything in it', async () => {
    const file = join(directory, 'closed.db')
    const first = await startCosmosEmulator({ file })
    const client = clientOf(first)
    const { database } = await client.databases.create({ id: 'd' })
    const { container } = await database.containers.create({
      id: 'c',
      partitionKey: { paths: ['/pk'] },
      defaultTtl: 100,
    })
    const { resource } = await container.items.create({ id: '1', pk: 'p', n: 1 })
    client.dispose()
    await first.close()

    const second = await startCosmosEmulator({ file, key: first.key })
    const again = clientOf(second).database('d').container('c')
    expect((await again.item('1', 'p').read()).resource).toEqual(resource)
    expect((await again.read()).resource).toMatchObject({ defaultTtl: 100 })
    const created = await again.items.create({ id: '2', pk: 'p', n: 2 })
    expect(created.resource?._rid).not.toBe(resource?._rid)
    await second.close()
  })

  it('belongs to one process at a time', async () => {
    const file = join(directory, 'shared.db')
    const first = await startCosmosEmulator({ file })
    const child = start(['--file', file])
    let errors = ''
    child.stderr!.on('data', (chunk) => (errors += String(chunk)))
    expect((await once(child, 'close'))[0]).toBe(1)
    expect(errors).toContain('database is locked')
    await first.close()
  })

  it('in memory forgets, and two of them know nothing of each other', async () => {
    const [first, second] = [await startCosmosEmulator(), await startCosmosEmulator()]
    expect(first.key).not.toBe(second.key)
    await clientOf(first).databases.create({ id: 'only-here' })
    expect((await clientOf(second).databases.readAll().fetchAll()).resources).toEqual([])
    await first.close()
    await second.close()
  })
})
