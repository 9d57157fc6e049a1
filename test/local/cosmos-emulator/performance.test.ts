/** A small form of bench/cosmos-emulator.ts, with limits wide enough for a busy machine. */
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { all, fill, startWorld } from './world.ts'
import type { World } from './world.ts'

const itemCount = 20_000
let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer({
    indexingPolicy: {
      includedPaths: [{ path: '/status/?' }],
      excludedPaths: [{ path: '/*' }],
      compositeIndexes: [
        [
          { path: '/created_at', order: 'descending' },
          { path: '/id', order: 'descending' },
        ],
      ],
    } as never,
  })
  const items = Array.from({ length: itemCount }, (_, index) => ({
    id: String(index),
    pk: 'acme',
    status: index % 3 === 0 ? 'out' : 'in',
    created_at: (index * 7919) % itemCount,
  }))
  await fill(container, items)
})
afterAll(() => world.close())

it('answers a filtered, ordered first page of 100 among 20,000 items in a few milliseconds', async () => {
  const query = "SELECT * FROM c WHERE c.status = 'in' AND c.created_at < 15000 ORDER BY c.created_at DESC, c.id DESC"
  const times: number[] = []
  for (let round = 0; round < 9; round++) {
    const start = performance.now()
    const options = { partitionKey: 'acme', maxItemCount: 100 }
    const { resources } = await container.items.query(query, options).fetchNext()
    times.push(performance.now() - start)
    expect(resources).toHaveLength(100)
  }
  expect(times.sort((left, right) => left - right)[1]).toBeLessThan(50)
})

it('counts and pages by offset', async () => {
  const [count] = await all<number>(container, "SELECT VALUE COUNT(1) FROM c WHERE c.status = 'in'", {
    partitionKey: 'acme',
  })
  expect(count).toBe(13_333)
  const query = 'SELECT VALUE c.created_at FROM c ORDER BY c.created_at DESC, c.id DESC OFFSET 10000 LIMIT 2'
  expect(await all(container, query, { partitionKey: 'acme' })).toEqual([9999, 9998])
})

// Far less than it manages alone: other tests share the machine.
it('takes more than twenty writes a second at its door', async () => {
  const path = `dbs/test/colls/${container.id}`
  const headers = { 'x-ms-documentdb-partitionkey': '["acme"]' }
  const start = performance.now()
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < 500) {
      const body = JSON.stringify({ id: `new-${next++}`, pk: 'acme', text: 'x'.repeat(700) })
      const response = await world.ask('POST', path, 'docs', { body, headers })
      await response.arrayBuffer()
      expect(response.status).toBe(201)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  expect(500 / ((performance.now() - start) / 1000)).toBeGreaterThan(20)
})
