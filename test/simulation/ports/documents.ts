/** Cosmos DB for a simulated host: the emulator's own store and SQL engine, without its wire. */
import type { BatchOperation, Document, DocumentContainer, Query } from '../../../shared/azure/cosmos.ts'
import { CONTAINERS, type ContainerName } from '../../../shared/azure/resources.ts'
import { containerDefinition } from '../../../shared/azure/provision.ts'
import { AppError } from '../../../shared/errors.ts'
import { CosmosError } from '../../../local/cosmos-emulator/errors.ts'
import type { JsonObject, Value } from '../../../local/cosmos-emulator/json.ts'
import type { Query as ParsedQuery } from '../../../local/cosmos-emulator/sql/ast.ts'
import { KeptResults } from '../../../local/cosmos-emulator/sql/continuation.ts'
import { parseSql } from '../../../local/cosmos-emulator/sql/parse.ts'
import { runQuery } from '../../../local/cosmos-emulator/sql/run-query.ts'
import { Catalog, type ContainerEntry } from '../../../local/cosmos-emulator/store/catalog.ts'
import { Database } from '../../../local/cosmos-emulator/store/database.ts'
import * as items from '../../../local/cosmos-emulator/store/items.ts'
import { partitionText } from '../../../local/cosmos-emulator/store/keys.ts'
import type { Host } from '../host.ts'

/** What is stored, for the hosts and for whoever checks it. */
export interface DocumentStore {
  containers: Record<ContainerName, ContainerEntry>
  atomically<T>(change: () => T): T
  now(): number
  /** After every write that landed. */
  onWrite(container: ContainerName, document: Document): void
  close(): void
}

export function createDocumentStore(now: () => number, onWrite: DocumentStore['onWrite']): DocumentStore {
  const database = new Database(undefined)
  const catalog = new Catalog(database, now)
  catalog.createDatabase({ id: 'herald' })
  const create = (name: ContainerName): ContainerEntry => {
    // A definition is plain JSON, which is what the emulator gets over its wire.
    const definition = JSON.parse(JSON.stringify(containerDefinition(name, CONTAINERS[name]))) as JsonObject
    return catalog.createContainer('herald', definition)
  }
  return {
    // The keys of CONTAINERS are the names.
    containers: Object.fromEntries((Object.keys(CONTAINERS) as ContainerName[]).map((name) => [name, create(name)])),
    atomically: (change) => database.atomically(change),
    now,
    onWrite,
    close: () => database.close(),
  } as DocumentStore
}

type Key = string | readonly string[]

export function simulatedContainer(store: DocumentStore, name: ContainerName, host: Host): DocumentContainer {
  const container = store.containers[name]
  const place = (key: unknown): items.Place => {
    const parts = Array.isArray(key) ? (key as readonly string[]) : [key as string]
    return { container, partition: partitionText(parts), now: store.now() }
  }
  const written = (document: Document, { etag = '' }: items.ItemResult): string => {
    store.onWrite(name, document)
    return etag
  }
  const call = <T>(verb: string, what: string, apply: () => T, again?: () => T): Promise<T> =>
    host.call('cosmos', `${verb} ${name}/${what}`, { apply, ...(again ? { again } : {}) })

  /** As shared/azure/cosmos.ts does: a repeated write looks whether what is stored is its own. */
  const write = (verb: string, document: Document, key: Key, send: (body: JsonObject) => items.ItemResult) => {
    let own: string | undefined
    return call(
      verb,
      nameOf(document),
      () =>
        (own = written(
          document,
          translated(() => send(copied(document))),
        )),
      () => {
        const current = container.items.find(place(key).partition, document.id)
        if (own === undefined || current?.etag !== own) throw conflict()
        return own
      },
    )
  }
  return {
    read: (id, partition, parse) =>
      call('read', id.slice(0, 9), () => {
        const item = container.items.find(place(partition).partition, id)
        return item && { value: parse(JSON.parse(item.body)), etag: item.etag }
      }),
    async create(document, partition) {
      const key = partition as Key
      const etag = await write('create', document, key, (body) => items.create(place(key), body, {}))
      return { value: document, etag }
    },
    async replace(stored, document, partition) {
      const key = partition as Key
      const conditions = { ifMatch: stored.etag }
      const etag = await write('replace', document, key, (body) =>
        items.replace(place(key), document.id, body, conditions),
      )
      return { value: document, etag }
    },
    remove: (id, partition, etag) =>
      call('remove', id.slice(0, 9), () => {
        if (container.items.find(place(partition).partition, id)) {
          translated(() => items.remove(place(partition), id, { ifMatch: etag }))
        }
      }),
    batch(operations, partition) {
      let own: string | undefined
      const [first] = operations
      return call(
        'batch',
        first ? nameOf(first.document) : '',
        () => {
          const etags = store.atomically(() => operations.map((operation) => perform(place(partition), operation)))
          own = etags[0]
          for (const { document } of operations) store.onWrite(name, document)
        },
        () => {
          const current = container.items.find(place(partition).partition, first?.document.id ?? '')
          if (own === undefined || current?.etag !== own) throw conflict()
        },
      )
    },
    query: (query, parse) => call('query', query.text.slice(0, 30), () => allOf(container, query, place).map(parse)),
  }
}

function nameOf(document: Document): string {
  const { type } = document as { type?: string }
  return type === 'page' || type === 'plan' || type === 'conductor' ? document.id : (type ?? 'item')
}

function perform(place: items.Place, operation: BatchOperation<Document>): string {
  const { kind, document } = operation
  return translated(() => {
    if (kind === 'create') return items.create(place, copied(document), {})
    if (kind === 'upsert') return items.upsert(place, copied(document), {})
    return items.replace(place, document.id, copied(document), { ifMatch: operation.etag })
  }).etag!
}

/** The store stamps what it is given: the caller's own object stays as it is. */
function copied(document: Document): JsonObject {
  return JSON.parse(JSON.stringify(document)) as JsonObject
}

function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CosmosError && [404, 409, 412].includes(error.status)) throw conflict()
    throw error
  }
}

function conflict(): AppError {
  return new AppError('conflict', 'Somebody else changed this at the same time')
}

const parsedQueries = new Map<string, ParsedQuery>()

function allOf(container: ContainerEntry, query: Query, place: (key: unknown) => items.Place): unknown[] {
  const { text, parameters = {}, partition } = query
  const parsed = parsedQueries.get(text) ?? parseSql(text)
  parsedQueries.set(text, parsed)
  const kept = new KeptResults()
  const found: unknown[] = []
  let continuation: string | undefined
  do {
    const page = runQuery({
      text,
      query: parsed,
      // Parameters are JSON by construction.
      parameters: new Map(Object.entries(parameters).map(([name, value]) => [`@${name}`, value as Value])),
      container,
      partition: partition === undefined ? undefined : place(partition).partition,
      isMerged: false,
      maxItemCount: 1000,
      continuation,
      kept,
    })
    found.push(...page.results.map((result): unknown => JSON.parse(result)))
    continuation = page.continuation
  } while (continuation !== undefined)
  return found
}
