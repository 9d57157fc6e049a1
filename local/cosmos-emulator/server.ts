/**
 * The Cosmos DB emulator: the NoSQL REST protocol as the `@azure/cosmos` SDK speaks it, over SQLite. Starts an HTTP
 * server on the loopback interface; everything it holds lives in one file, or in memory.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CosmosError, badRequest, errorBody, tooLarge } from './errors.ts'
import { Faults } from './faults.ts'
import type { Effect } from './faults.ts'
import { createAuthorizer } from './http/auth.ts'
import { answerControl, isControl } from './http/control.ts'
import { routeOf } from './http/dispatch.ts'
import type { Route } from './http/dispatch.ts'
import type { Account, Answer, Exchange } from './http/exchange.ts'
import { Metrics } from './metrics.ts'
import { refusedCharge } from './request-units.ts'
import { KeptResults } from './sql/continuation.ts'
import { Catalog } from './store/catalog.ts'
import { Database } from './store/database.ts'

export interface CosmosEmulatorOptions {
  /** Absent or 0: any free port. */
  port?: number
  /** Absent: in memory. */
  file?: string
  /** The master key, base64; absent: a random one. */
  key?: string
  /** The clock, in milliseconds: for tests of TTL. */
  now?: () => number
}

export interface CosmosEmulator {
  url: string
  key: string
  close(): Promise<void>
}

const sweepEveryMs = 30_000
/** A batch of 2 MB of documents is larger on the wire. */
const largestRequestBytes = 8 * 1024 * 1024

export async function startCosmosEmulator(options: CosmosEmulatorOptions = {}): Promise<CosmosEmulator> {
  const { port = 0, file, key = randomBytes(64).toString('base64'), now = Date.now } = options
  const db = new Database(file)
  const server = createServer({ keepAliveTimeout: 60_000 })
  const url = (): string => `http://127.0.0.1:${portOf(server)}`
  const account: Account = { db, catalog: new Catalog(db, now), kept: new KeptResults(), now, url }
  db.commit()
  const emulator = { account, authorize: createAuthorizer(key, now), faults: new Faults(), metrics: new Metrics() }
  server.on('request', (request, response) => void serve(emulator, request, response))
  try {
    await listening(server, port)
  } catch (error) {
    db.close()
    throw error
  }
  const sweeping = setInterval(() => sweep(account.catalog), sweepEveryMs).unref()
  return {
    url: url(),
    key,
    async close() {
      clearInterval(sweeping)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
      db.close()
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return (address as AddressInfo | null)?.port ?? 0 // It listens on TCP, never on a pipe.
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function sweep(catalog: Catalog): void {
  for (const database of catalog.databases.values()) {
    for (const container of database.containers.values()) container.items.sweep()
  }
}

interface Emulator {
  account: Account
  authorize: (exchange: Exchange) => void
  faults: Faults
  metrics: Metrics
}

async function serve(emulator: Emulator, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let exchange: Exchange | undefined
  try {
    exchange = await readExchange(request)
    if (isControl(exchange)) send(response, answerControl(emulator, exchange), 0)
    else await answerRequest(emulator, exchange, response)
  } catch (error) {
    // The client is gone, or asked for something impossible: whatever it is, this server goes on.
    if (!response.headersSent) send(response, refusal(error), 0)
  }
}

async function readExchange(request: IncomingMessage): Promise<Exchange> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= largestRequestBytes) chunks.push(chunk)
  }
  if (size > largestRequestBytes) throw tooLarge()
  const body = chunks.length === 1 ? (chunks[0]?.toString() ?? '') : Buffer.concat(chunks).toString()
  return { method: request.method ?? 'GET', path: pathOf(request.url ?? '/'), headers: request.headers, body }
}

function pathOf(url: string): string[] {
  try {
    return (url.split('?')[0] ?? '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch (error) {
    throw badRequest('The request path is not well-formed.', { cause: error })
  }
}

async function answerRequest(emulator: Emulator, exchange: Exchange, response: ServerResponse): Promise<void> {
  const { account, metrics } = emulator
  let route: Route
  try {
    emulator.authorize(exchange)
    route = routeOf(account, exchange)
  } catch (error) {
    send(response, refusal(error), 0)
    return
  }
  const { operation, container } = route
  const effect = emulator.faults.take(operation, container)
  if (effect.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, effect.delayMs))
  const answer = outcomeOf(route, effect)
  metrics.add(operation, container, answer.charge)
  const count = ++requestCount
  account.db.whenDurable(() => {
    if (effect.losesAnswer) response.destroy()
    else send(response, answer, count)
  })
}

let requestCount = 0

function outcomeOf(route: Route, effect: Effect): Answer {
  if (effect.error) return { ...refusal(effect.error), charge: 0 }
  try {
    return route.answer()
  } catch (error) {
    return refusal(error)
  }
}

function refusal(error: unknown): Answer {
  if (error instanceof RangeError && error.message.includes('call stack')) {
    return refusal(badRequest('The request is nested too deeply.'))
  }
  if (!(error instanceof CosmosError)) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`cosmos emulator: ${problem}\n`)
    return refusal(new CosmosError(500, 'The emulator failed; its standard error says why.'))
  }
  const { substatus, headers } = error.details
  const withSubstatus = substatus === undefined ? {} : { 'x-ms-substatus': String(substatus) }
  return {
    status: error.status,
    charge: refusedCharge,
    headers: { ...withSubstatus, ...headers },
    body: errorBody(error),
  }
}

function send(response: ServerResponse, answer: Answer, count: number): void {
  const { status, body = '', charge, headers } = answer
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    ...(status === 204 || status === 304 ? {} : { 'content-length': bytes.length }),
    'x-ms-request-charge': String(charge),
    'x-ms-activity-id': randomUUID(),
    'x-ms-session-token': `0:-1#${count}`,
    'x-ms-version': '2020-07-15',
  })
  response.end(status === 204 || status === 304 ? undefined : bytes)
}
