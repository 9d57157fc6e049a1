/**
 * Two figures of the Cosmos DB emulator, at its HTTP door and without the SDK: how long a filtered, ordered first page
 * of 100 takes among 200,000 items where an index serves it, and how many point writes a second it takes.
 *
 * node bench/cosmos-emulator.ts [--items 200000] [--seconds 5]
 */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'

const { values } = parseArgs({
  options: { items: { type: 'string', default: '200000' }, seconds: { type: 'string', default: '5' } },
})
const itemCount = Number(values.items)
const seconds = Number(values.seconds)
const container = 'dbs/bench/colls/contacts'

interface Door {
  send: (ask: {
    method: string
    parent: string
    type: string
    body?: string
    headers?: Record<string, string>
  }) => Promise<{ status: number; text: string; charge: string }>
  close: () => Promise<void>
}

const directory = mkdtempSync(join(tmpdir(), 'cosmos-bench-'))
const emulator = spawn(process.execPath, ['local/cosmos-emulator/main.ts', '--file', join(directory, 'bench.db')], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const { url, key } = await ready()
  const door = openDoor(url, key)
  await createContainer(door)
  await load(door)
  await measureQuery(door)
  await measureWrites(door)
  await door.close()
} finally {
  emulator.kill('SIGTERM')
  await new Promise((resolve) => emulator.once('exit', resolve))
  rmSync(directory, { recursive: true, force: true })
}

async function ready(): Promise<{ url: string; key: string }> {
  for await (const line of createInterface({ input: emulator.stdout })) {
    return JSON.parse(line) as { url: string; key: string } // The one line it prints when it is ready.
  }
  throw new Error('The emulator did not start')
}

function openDoor(url: string, key: string): Door {
  const pool = new Pool(url, { connections: 64, pipelining: 1 })
  const secret = Buffer.from(key, 'base64')
  return {
    close: () => pool.close(),
    async send({ method, parent, type, body = null, headers = {} }) {
      const date = new Date().toUTCString()
      const text = `${method.toLowerCase()}\n${type}\n${parent}\n${date.toLowerCase()}\n\n`
      const signature = createHmac('sha256', secret).update(text).digest('base64')
      const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`)
      const answer = await pool.request({
        method,
        path: `/${parent}${parent === '' ? '' : '/'}${type}`,
        body,
        headers: { 'content-type': 'application/json', 'x-ms-date': date, authorization, ...headers },
      })
      const charge = String(answer.headers['x-ms-request-charge'])
      return { status: answer.statusCode, text: await answer.body.text(), charge }
    },
  }
}

async function createContainer(door: Door): Promise<void> {
  await door.send({ method: 'POST', parent: '', type: 'dbs', body: '{"id":"bench"}' })
  const definition = {
    id: 'contacts',
    partitionKey: { paths: ['/workspace_id'], kind: 'Hash', version: 2 },
    indexingPolicy: {
      includedPaths: [{ path: '/status/?' }, { path: '/created_at/?' }],
      excludedPaths: [{ path: '/*' }],
      compositeIndexes: [
        [
          { path: '/created_at', order: 'descending' },
          { path: '/id', order: 'descending' },
        ],
      ],
    },
  }
  await door.send({ method: 'POST', parent: 'dbs/bench', type: 'colls', body: JSON.stringify(definition) })
}

function item(index: number): Record<string, unknown> {
  return {
    id: `contact-${String(index).padStart(7, '0')}`,
    workspace_id: 'acme',
    status: index % 3 === 0 ? 'opted_out' : 'opted_in',
    created_at: new Date(1_700_000_000_000 + ((index * 7919) % itemCount) * 1000).toISOString(),
    attributes: { city: `City ${index % 50}`, note: 'x'.repeat(600) },
  }
}

async function load(door: Door): Promise<void> {
  const start = performance.now()
  const partition = JSON.stringify(JSON.stringify(['acme']))
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < itemCount) {
      const from = next
      next += 100
      const operations = Array.from({ length: Math.min(100, itemCount - from) }, (_, offset) => {
        return `{"operationType":"Create","partitionKey":${partition},"resourceBody":${JSON.stringify(item(from + offset))}}`
      })
      const headers = {
        'x-ms-cosmos-is-batch-request': 'true',
        'x-ms-cosmos-batch-atomic': 'false',
        'x-ms-documentdb-partitionkeyrangeid': '0',
      }
      const { status } = await door.send({
        method: 'POST',
        parent: container,
        type: 'docs',
        body: `[${operations.join(',')}]`,
        headers,
      })
      if (status !== 200) throw new Error(`A bulk request was answered ${status}`)
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  report('load', { items: itemCount, seconds: round((performance.now() - start) / 1000) })
}

async function measureQuery(door: Door): Promise<void> {
  const body = JSON.stringify({
    query: 'SELECT * FROM c WHERE c.status = @status AND c.created_at < @before ORDER BY c.created_at DESC, c.id DESC',
    parameters: [
      { name: '@status', value: 'opted_in' },
      { name: '@before', value: new Date(1_700_000_000_000 + (itemCount / 2) * 1000).toISOString() },
    ],
  })
  const headers = {
    'x-ms-documentdb-isquery': 'true',
    'content-type': 'application/query+json',
    'x-ms-documentdb-partitionkey': '["acme"]',
    'x-ms-max-item-count': '100',
  }
  const times: number[] = []
  let charge = ''
  for (let round = 0; round < 50; round++) {
    const start = performance.now()
    const answer = await door.send({ method: 'POST', parent: container, type: 'docs', body, headers })
    times.push(performance.now() - start)
    const count = (JSON.parse(answer.text) as { _count: number })._count // The feed's own count.
    if (count !== 100) throw new Error(`The query answered ${count} items`)
    charge = answer.charge
  }
  times.sort((left, right) => left - right)
  report('query', { items: itemCount, p50_ms: round(times[25]), p95_ms: round(times[47]), request_units: charge })
}

async function measureWrites(door: Door): Promise<void> {
  const until = performance.now() + seconds * 1000
  const headers = { 'x-ms-documentdb-partitionkey': '["acme"]' }
  let written = 0
  let next = itemCount
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      const body = JSON.stringify(item(next++))
      const { status } = await door.send({ method: 'POST', parent: container, type: 'docs', body, headers })
      if (status !== 201) throw new Error(`A create was answered ${status}`)
      written++
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: 64 }, worker))
  report('writes', { per_second: Math.round(written / ((performance.now() - start) / 1000)), connections: 64 })
}

function round(value: number | undefined): number {
  return Math.round((value ?? 0) * 100) / 100
}

function report(what: string, figures: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ bench: `cosmos-emulator ${what}`, ...figures })}\n`)
}
