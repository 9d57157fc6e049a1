/** The account: its databases and containers, as they are kept in SQLite and found by name. */
import { randomBytes } from 'node:crypto'
import { badRequest, conflict, notFound } from '../errors.ts'
import { isObject } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { completeDefinition, readSettings } from './container.ts'
import type { ContainerSettings } from './container.ts'
import type { Database } from './database.ts'
import { ItemTable } from './item-table.ts'

export interface DatabaseEntry {
  id: string
  rid: Buffer
  resource: JsonObject
  containers: Map<string, ContainerEntry>
}

export interface ContainerEntry {
  database: string
  id: string
  rid: Buffer
  ridText: string
  self: string
  resource: JsonObject
  settings: ContainerSettings
  items: ItemTable
}

/** Resource ids are base64 with `-` for `/`, so that they can stand in a path. */
export function ridText(rid: Buffer): string {
  return rid.toString('base64').replaceAll('/', '-')
}

export class Catalog {
  readonly databases = new Map<string, DatabaseEntry>()
  readonly #db: Database
  readonly #now: () => number

  constructor(db: Database, now: () => number) {
    this.#db = db
    this.#now = now
    db.exec('CREATE TABLE IF NOT EXISTS databases (id TEXT PRIMARY KEY, rid TEXT NOT NULL, resource TEXT NOT NULL)')
    db.exec(
      `CREATE TABLE IF NOT EXISTS containers (number INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL,
         id TEXT NOT NULL, rid TEXT NOT NULL, resource TEXT NOT NULL, UNIQUE (database, id))`,
    )
    for (const row of [...db.each('SELECT id, rid, resource FROM databases', [])]) {
      const id = String(row['id'])
      const resource = parsed(row['resource'])
      this.databases.set(id, { id, rid: Buffer.from(String(row['rid']), 'hex'), resource, containers: new Map() })
    }
    for (const row of [...db.each('SELECT number, database, rid, resource FROM containers', [])]) {
      const database = this.database(String(row['database']))
      const rid = Buffer.from(String(row['rid']), 'hex')
      this.#open(database, { number: Number(row['number']), rid, resource: parsed(row['resource']) })
    }
  }

  database(id: string): DatabaseEntry {
    const database = this.databases.get(id)
    if (!database) throw notFound()
    return database
  }

  container(database: string, id: string): ContainerEntry {
    const container = this.databases.get(database)?.containers.get(id)
    if (!container) throw notFound()
    return container
  }

  createDatabase(input: JsonObject): DatabaseEntry {
    const id = resourceId(input)
    if (this.databases.has(id)) throw conflict()
    const rid = randomBytes(4)
    const self = `dbs/${ridText(rid)}/`
    const resource = { id, ...this.#systemProperties(ridText(rid), self), _colls: 'colls/', _users: 'users/' }
    const sql = 'INSERT INTO databases (id, rid, resource) VALUES (?, ?, ?)'
    this.#db.run(sql, [id, rid.toString('hex'), JSON.stringify(resource)])
    const entry: DatabaseEntry = { id, rid, resource, containers: new Map() }
    this.databases.set(id, entry)
    return entry
  }

  deleteDatabase(id: string): void {
    const database = this.database(id)
    for (const container of [...database.containers.keys()]) this.deleteContainer(id, container)
    this.#db.run('DELETE FROM databases WHERE id = ?', [id])
    this.databases.delete(id)
  }

  createContainer(databaseId: string, input: JsonObject): ContainerEntry {
    const database = this.database(databaseId)
    const id = resourceId(input)
    if (database.containers.has(id)) throw conflict()
    const definition = completeDefinition(input)
    readSettings(definition)
    // The first bit of a container's part tells it from a user's.
    const own = randomBytes(4)
    own.writeUInt8(own.readUInt8(0) | 0x80, 0)
    const rid = Buffer.concat([database.rid, own])
    const self = selfOf(database.rid, rid)
    const links = {
      _docs: 'docs/',
      _sprocs: 'sprocs/',
      _triggers: 'triggers/',
      _udfs: 'udfs/',
      _conflicts: 'conflicts/',
    }
    const resource = { ...definition, ...this.#systemProperties(ridText(rid), self), ...links }
    const sql = 'INSERT INTO containers (database, id, rid, resource) VALUES (?, ?, ?, ?) RETURNING number'
    return this.#db.atomically(() => {
      const row = this.#db.get(sql, [databaseId, id, rid.toString('hex'), JSON.stringify(resource)])
      return this.#open(database, { number: Number(row?.['number']), rid, resource })
    })
  }

  /** What may change is the indexing policy and the TTL; keys are for ever. */
  replaceContainer(databaseId: string, id: string, input: JsonObject): ContainerEntry {
    const container = this.container(databaseId, id)
    const definition = completeDefinition(input)
    for (const fixed of ['id', 'partitionKey', 'uniqueKeyPolicy']) {
      const before = JSON.stringify(container.resource[fixed] ?? null)
      if (fixed in input && JSON.stringify(definition[fixed] ?? null) !== before) {
        throw badRequest(`The container's ${fixed} cannot be changed.`)
      }
    }
    const { self } = container
    const { defaultTtl: _, ...kept } = container.resource
    const resource: JsonObject = { ...kept, ...definition, ...this.#systemProperties(container.ridText, self) }
    container.settings = readSettings(resource)
    container.resource = resource
    const sql = 'UPDATE containers SET resource = ? WHERE database = ? AND id = ?'
    this.#db.run(sql, [JSON.stringify(resource), databaseId, id])
    container.items.configure(container.settings)
    return container
  }

  deleteContainer(databaseId: string, id: string): void {
    const container = this.container(databaseId, id)
    container.items.drop()
    this.#db.run('DELETE FROM containers WHERE database = ? AND id = ?', [databaseId, id])
    this.database(databaseId).containers.delete(id)
  }

  #open(database: DatabaseEntry, stored: { number: number; rid: Buffer; resource: JsonObject }): ContainerEntry {
    const { number, rid, resource } = stored
    const settings = readSettings(resource)
    const items = new ItemTable(this.#db, number, settings, this.#now)
    const self = selfOf(database.rid, rid)
    const entry = {
      database: database.id,
      id: settings.id,
      rid,
      ridText: ridText(rid),
      self,
      resource,
      settings,
      items,
    }
    database.containers.set(settings.id, entry)
    return entry
  }

  #systemProperties(rid: string, self: string): JsonObject {
    const etag = `"${randomBytes(16).toString('hex')}"`
    return { _rid: rid, _self: self, _etag: etag, _ts: Math.floor(this.#now() / 1000) }
  }
}

function selfOf(database: Buffer, container: Buffer): string {
  return `dbs/${ridText(database)}/colls/${ridText(container)}/`
}

function parsed(text: unknown): JsonObject {
  const value: unknown = JSON.parse(String(text))
  if (!isObject(value)) throw new Error('The emulator’s own file does not hold what it wrote')
  return value
}

const longestId = 255

function resourceId(input: JsonObject): string {
  const { id } = input
  if (typeof id !== 'string' || id.length === 0 || id.length > longestId || /[/\\?#]| $/.test(id)) {
    throw badRequest(
      `The input name '${JSON.stringify(id ?? null)}' is invalid. Ensure to provide a unique non-empty string less than '${longestId}' characters, without / \\ ? #.`,
    )
  }
  return id
}
