import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { storageBlobs } from '../../../shared/azure/blobs.ts'
import { monthlyTables } from '../../../shared/azure/monthly-tables.ts'
import { blobService, tableClient } from '../../../shared/azure/storage.ts'
import { storageTable } from '../../../shared/azure/tables.ts'
import type { Attributes, Telemetry } from '../../../shared/telemetry/telemetry.ts'
import { aWorld, type World } from '../../support/world.ts'

const PERSON = '12015550123'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

let spans: { name: string; attributes: Attributes; failed?: string }[]
beforeEach(() => {
  spans = []
})

/** Writes down what it is told. */
const telemetry: Telemetry = {
  span(name, { attributes = {} }, work) {
    const span: (typeof spans)[number] = { name, attributes: { ...attributes } }
    spans.push(span)
    return work({ add: (more) => void Object.assign(span.attributes, more), fail: (type) => void (span.failed = type) })
  },
  traceparent: () => undefined,
  tell: () => undefined,
  close: () => Promise.resolve(),
}
const names = () => spans.map(({ name }) => name)

it('tells what was asked of a table, and nobody’s key', async () => {
  const table = storageTable(tableClient(world.config, 'pace', telemetry))
  const row = (key: string) => ({ partition: PERSON, key, cells: { n: 1 } })
  const [etag = ''] = await table.write([row('1')])
  await table.write([{ ...row('1'), etag }])
  await table.write([row('2'), row('3')])
  await table.read(PERSON, '1')
  await table.read(PERSON, '4')
  await expect(table.write([row('1')])).rejects.toMatchObject({ code: 'conflict' })
  expect(await Array.fromAsync(table.query({ partition: PERSON }))).toHaveLength(3)
  expect(names()).toEqual(
    ['create', 'replace', 'transaction', 'read', 'read', 'create', 'query'].map(
      (operation) => `table ${operation} pace`,
    ),
  )
  expect(spans[4]).toMatchObject({
    attributes: {
      'db.system.name': 'azure.tables',
      'db.collection.name': 'pace',
      'db.operation.name': 'read',
      'db.response.status_code': '404',
    },
  })
  expect(spans.filter(({ failed }) => failed !== undefined)).toEqual([])
  expect(JSON.stringify(spans)).not.toContain(PERSON)
})

it('tells the tables of all months as one', async () => {
  const table = await monthlyTables(world.config, 'facts', telemetry).open('202611')
  await table.read('a', 'b')
  expect(names()).toEqual(['table read facts'])
})

it('tells what was asked of blobs, and no name of one', async () => {
  const blobs = storageBlobs(blobService(world.config, telemetry))
  await blobs.put('media', `imports/${PERSON}`, Buffer.from('body'), 'text/plain')
  expect((await blobs.get('media', `imports/${PERSON}`)).toString()).toBe('body')
  await Array.fromAsync(blobs.list('media', 'imports'))
  await blobs.remove('media', `imports/${PERSON}`)
  expect(names()).toEqual(['blob put media', 'blob get media', 'blob get list media', 'blob delete media'])
  expect(JSON.stringify(spans)).not.toContain(PERSON)
})

it('marks what was refused', async () => {
  const { connectionString = '' } = world.config.storage
  const key = `AccountKey=${randomBytes(64).toString('base64')};`
  const config = {
    ...world.config,
    storage: { ...world.config.storage, connectionString: connectionString.replace(/AccountKey=[^;]+;/, key) },
  }
  await expect(storageTable(tableClient(config, 'pace', telemetry)).read('a', 'b')).rejects.toThrow()
  expect(spans).toMatchObject([{ name: 'table read pace', failed: '403' }])
})
