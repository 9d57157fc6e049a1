import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { declaredResources, MADE_BY_CODE, RESOURCES_FILE } from '../../infra/resources.ts'
import {
  BLOB_CONTAINERS,
  BLOB_RETENTION_DAYS,
  CONTAINERS,
  QUEUES,
  TABLES,
  type ContainerDeclaration,
} from '../../shared/azure/resources.ts'
import { KEPT_DAYS } from '../../shared/imports/limits.ts'
import { bicepFiles, property, resources } from './bicep.ts'

const file = JSON.parse(readFileSync(RESOURCES_FILE, 'utf8')) as ReturnType<typeof declaredResources>
const files = bicepFiles()

describe('resources.json', () => {
  it('is what the code declares: after a change there, run `npx node infra/resources.ts`', () => {
    expect(file).toEqual(JSON.parse(JSON.stringify(declaredResources())))
  })

  it('has every queue of the code and its poison queue, and no other', () => {
    expect([...file.queues].sort()).toEqual(QUEUES.flatMap((name) => [name, `${name}-poison`]).sort())
  })

  it('has every blob container, and every table whose name is known before the code runs', () => {
    expect([...file.blobContainers].sort()).toEqual([...BLOB_CONTAINERS].sort())
    expect([...file.tables].sort()).toEqual(
      Object.values(TABLES)
        .filter((name) => !MADE_BY_CODE.has(name))
        .sort(),
    )
  })

  it('deletes the blobs of a container after the days that the code says, and no others', () => {
    const kept = Object.fromEntries(file.blobRetention.map(({ container, days }) => [container, days]))
    expect(kept).toEqual(BLOB_RETENTION_DAYS)
    // What the API tells of the results of an import.
    expect(kept['imports']).toBe(KEPT_DAYS)
    const storage = files['modules/storage.bicep'] ?? ''
    expect(storage).toContain('properties: { policy: { rules: retentionRules } }')
    const [, rules = ''] = /var retentionRules = \[([\s\S]*?)\n\]/.exec(storage) ?? []
    expect(rules).toContain('for kept in declared.blobRetention')
    expect(rules).toContain("prefixMatch: ['${kept.container}/']")
    expect(rules).toContain('delete: { daysAfterCreationGreaterThan: kept.days }')
  })

  it('has every Cosmos DB container with its partition key, index and time to live', () => {
    expect(file.cosmosContainers.map(({ id }) => id).sort()).toEqual(Object.keys(CONTAINERS).sort())
    for (const { id, partitionKey, indexingPolicy, defaultTtl } of file.cosmosContainers) {
      const declared: ContainerDeclaration = CONTAINERS[id as keyof typeof CONTAINERS]
      const kind = declared.partitionKey.length === 1 ? 'Hash' : 'MultiHash'
      expect(partitionKey).toEqual({ paths: declared.partitionKey, kind, version: 2 })
      expect(indexingPolicy?.includedPaths).toEqual(declared.indexed.map((path) => ({ path: `${path}/?` })))
      expect(indexingPolicy?.excludedPaths).toEqual([{ path: '/*' }])
      const fields = indexingPolicy?.compositeIndexes?.map((index) =>
        index.map(({ path, order }) => (order === 'descending' ? `${path} desc` : path)),
      )
      expect(fields).toEqual(declared.composite)
      expect(defaultTtl).toBe(declared.defaultTtl)
    }
  })
})

describe('the templates', () => {
  it.each([
    ['Microsoft.Storage/storageAccounts/queueServices/queues', 'declared.queues', 'queue', []],
    ['Microsoft.Storage/storageAccounts/tableServices/tables', 'declared.tables', 'table', []],
    [
      'Microsoft.Storage/storageAccounts/blobServices/containers',
      'declared.blobContainers',
      'container',
      ['deploymentContainerName'],
    ],
    ['Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers', 'declared.cosmosContainers', 'container.id', []],
  ])('make each %s of resources.json, and no other', (type, list, name, others) => {
    const made = Object.values(files).flatMap((text) => resources(text).filter((resource) => resource.type === type))
    expect(made.filter((resource) => resource.list === list).map(({ body }) => property(body, 'name'))).toEqual([name])
    expect(made.filter((resource) => resource.list !== list).map(({ body }) => property(body, 'name'))).toEqual(others)
  })

  it('read resources.json itself', () => {
    for (const name of ['modules/storage.bicep', 'modules/cosmos.bicep']) {
      expect(files[name]).toContain("var declared = loadJsonContent('../resources.json')")
    }
  })

  it('give a Cosmos DB container all that resources.json says of it', () => {
    const made = resources(files['modules/cosmos.bicep'] ?? '').find(({ list }) => list === 'declared.cosmosContainers')
    expect(made?.body).toContain('properties: { resource: container }')
  })
})
