import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { healthEndpoint } from '../../../functions/health/health.ts'
import { readyEndpoint } from '../../../functions/health/ready.ts'
import { startChild } from '../../../local/process/child.ts'
import { freePort } from '../../../local/process/ports.ts'
import { cosmosClient } from '../../../shared/azure/cosmos.ts'
import { storeProbes, type StoreProbes } from '../../../shared/azure/probes.ts'
import { STORES, TABLES, type StoreName } from '../../../shared/azure/resources.ts'
import { blobService, queueService, tableClient } from '../../../shared/azure/storage.ts'
import { loadConfig, type Config } from '../../../shared/config.ts'
import { readiness, type StoreState } from '../../../shared/health/readiness.ts'
import { createLog } from '../../../shared/log.ts'
import { callEndpoint } from '../../support/http.ts'
import { aRawServer } from '../../support/raw-server.ts'
import { aWorld, type World } from '../../support/world.ts'

const PATIENCE_MS = 250

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

const probesOf = (config: Config) => storeProbes(config, cosmosClient(config).database(config.cosmos.database))
const failing = (states: StoreState[]) => states.flatMap(({ name, ok }) => (ok ? [] : [name]))

/** This world's settings, with one of its stores at another address. */
function withStoreAt(store: StoreName, url: string): Config {
  if (store === 'cosmos') return loadConfig({ ...world.env, COSMOS_ENDPOINT: url })
  const endpoint = { queues: 'QueueEndpoint', blobs: 'BlobEndpoint', tables: 'TableEndpoint' }[store]
  const storage = world.env['AzureWebJobsStorage'] ?? ''
  const moved = storage.replace(new RegExp(`${endpoint}=http://127.0.0.1:\\d+`), `${endpoint}=${url}`)
  expect(moved).not.toBe(storage)
  return loadConfig({ ...world.env, AzureWebJobsStorage: moved })
}

function look(probes: StoreProbes): Promise<StoreState[]> {
  return readiness({ probes, log: createLog(() => undefined), now: () => new Date() }, PATIENCE_MS)()
}

describe('GET /api/health', () => {
  it('answers whoever asks, and asks no store', async () => {
    const nothing = { ...world, deps: { ...world.deps, readiness: () => Promise.reject(new Error('asked')) } }
    expect(await callEndpoint(nothing, healthEndpoint)).toMatchObject({ status: 200, body: { status: 'ok' } })
  })
})

describe('GET /api/ready', () => {
  it('names every store that answered, and how long it took', async () => {
    const answer = await callEndpoint(world, readyEndpoint)
    const stores = STORES.map((name) => ({ name, ok: true, ms: expect.any(Number) as number }))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ status: 'ready', stores })
  })

  it('answers 503 once a store is stopped, says which one, and neither where it was nor what it said', async () => {
    const key = randomBytes(64).toString('base64')
    const args = ['local/cosmos-emulator/main.ts', '--port', '0']
    const cosmos = await startChild({ part: 'The Cosmos DB emulator', args, env: { COSMOS_KEY: key } })
    // The emulator's own ready line.
    const { url } = JSON.parse(cosmos.ready) as { url: string }
    const own = await aWorld({ env: { COSMOS_ENDPOINT: url, COSMOS_KEY: key } })
    let at = Date.now()
    own.deps.readiness = readiness(
      { probes: probesOf(own.config), log: own.deps.log, now: () => new Date(at) },
      PATIENCE_MS,
    )
    expect(await callEndpoint(own, readyEndpoint)).toMatchObject({ status: 200 })

    await cosmos.stop()
    at += 1_001
    const answer = await callEndpoint(own, readyEndpoint)
    expect([answer.status, answer.headers['cache-control']]).toEqual([503, 'no-store'])
    const stores = STORES.map((name) => ({ name, ok: name !== 'cosmos' }))
    expect(answer.body).toMatchObject({ status: 'not_ready', stores })
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONN|key/i)
    expect(own.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'store.unreachable', store: 'cosmos' }),
    )
    await own.deps.graph.close()
  })
})

describe('a look at the stores', () => {
  it.each(STORES)('finds nobody where %s should be', async (store) => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    expect(failing(await look(probesOf(withStoreAt(store, nowhere))))).toEqual([store])
  })

  it.each(STORES)('does not wait for %s longer than its patience', async (store) => {
    const silent = await aRawServer(() => undefined)
    const startedAt = performance.now()
    const states = await look(probesOf(withStoreAt(store, silent.url)))
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS + 1_000)
    expect(failing(states)).toEqual([store])
    expect(states.find(({ ok }) => !ok)?.ms).toBeGreaterThanOrEqual(PATIENCE_MS - 1)
    expect(silent.requests.length).toBeGreaterThan(0)
    await silent.close()
  })

  it('leaves behind a client that does not heed its signal', async () => {
    const deaf = { ...probesOf(world.config), queues: () => new Promise<void>(() => undefined) }
    expect(failing(await look(deaf))).toEqual(['queues'])
  })

  it('finds what it reads missing in a store that answers', async () => {
    const other = await aWorld()
    const { config } = other
    await queueService(config).getQueueClient('campaign-planning').delete()
    await blobService(config).getContainerClient('media').delete()
    await tableClient(config, TABLES.pace).deleteTable()
    const elsewhere = cosmosClient(config).database('never-made')
    expect(failing(await look(storeProbes(config, elsewhere)))).toEqual([...STORES])
    await other.close()
  })

  it('is shared by all who ask within a second of it, and made anew after that', async () => {
    let asked = 0
    let at = 0
    const probes = {
      ...probesOf(world.config),
      queues() {
        asked++
        return Promise.resolve()
      },
    }
    const ready = readiness({ probes, log: world.deps.log, now: () => new Date(at) })
    await Promise.all(Array.from({ length: 50 }, ready))
    at = 999
    await ready()
    expect(asked).toBe(1)
    at = 1_000
    await ready()
    expect(asked).toBe(2)
  })
})
