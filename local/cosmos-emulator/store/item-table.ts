/**
 * The items of one container in one SQLite table: the document as text, and beside it an order-preserving key for each
 * path that is worth an index. An expired item is invisible to every statement here.
 */
import { canonicalText, isObject, valueAt } from '../json.ts'
import type { JsonObject } from '../json.ts'
import { expiryOf } from './container.ts'
import type { ContainerSettings } from './container.ts'
import type { Database, SqlRow, SqlValue } from './database.ts'
import { keyOf } from './keys.ts'
import type { PartitionText } from './keys.ts'

export interface StoredItem {
  seq: number
  body: string
  etag: string
}

export interface NewItem extends StoredItem {
  partition: PartitionText
  id: string
  document: JsonObject
  /** Milliseconds since the epoch, or null: never. */
  expires: number | null
}

/** After a restart numbering goes on beyond anything that may have been handed out and deleted. */
const restartGap = 1000

export class ItemTable {
  readonly name: string
  readonly #db: Database
  readonly #now: () => number
  #settings: ContainerSettings
  /** Column by path, as JSON text of its names. */
  readonly #columns = new Map<string, string>()
  #uniqueKeys: string[][][] = []
  #insertSql = ''
  #updateSql = ''
  #nextSeq: number

  constructor(db: Database, number: number, settings: ContainerSettings, now: () => number) {
    this.#db = db
    this.name = `items_${number}`
    this.#now = now
    this.#settings = settings
    db.exec(
      `CREATE TABLE IF NOT EXISTS ${this.name} (seq INTEGER PRIMARY KEY, pk TEXT NOT NULL, id TEXT NOT NULL,
         body TEXT NOT NULL, etag TEXT NOT NULL, expires INTEGER);
       CREATE UNIQUE INDEX IF NOT EXISTS ${this.name}_id ON ${this.name} (pk, id);
       CREATE INDEX IF NOT EXISTS ${this.name}_expires ON ${this.name} (expires) WHERE expires IS NOT NULL`,
    )
    const last = db.get(`SELECT max(seq) AS seq FROM ${this.name}`, [])?.['seq']
    this.#nextSeq = typeof last === 'number' ? last + restartGap : 1
    this.configure(settings)
  }

  /** Takes over a (changed) definition: adds the key columns and indexes it asks for and fills them. */
  configure(settings: ContainerSettings): void {
    const hadTtl = this.#settings.defaultTtl
    this.#settings = settings
    if (settings.defaultTtl !== hadTtl) this.#dateAnew()
    this.#columns.set('["id"]', 'id')
    for (const path of [...settings.indexing.keyPaths, ...settings.partitionPaths]) this.#addColumn(path)
    this.#uniqueKeys = settings.uniqueKeys
    this.#uniqueKeys.forEach((_, index) => this.#addUniqueColumn(index))
    this.#addIndexes()
    const names = ['seq', 'pk', 'id', 'body', 'etag', 'expires', ...this.#keyColumns().map(([, column]) => column)]
    const all = [...names, ...this.#uniqueKeys.map((_, index) => `u${index}`)]
    this.#insertSql = `INSERT INTO ${this.name} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`
    const changed = all.slice(3)
    this.#updateSql = `UPDATE ${this.name} SET ${changed.map((name) => `${name} = ?`).join(', ')} WHERE seq = ?`
  }

  columnOf(path: readonly string[]): string | undefined {
    return this.#columns.get(JSON.stringify(path))
  }

  newSeq(): number {
    return this.#nextSeq++
  }

  find(partition: PartitionText, id: string): StoredItem | undefined {
    const row = this.#db.get(`SELECT seq, body, etag, expires FROM ${this.name} WHERE pk = ? AND id = ?`, [
      partition,
      keyOf(id),
    ])
    return row && this.#isLive(row) ? storedItem(row) : undefined
  }

  insert(item: NewItem): void {
    const key = keyOf(item.id)
    if (this.hasTtl) this.#removeExpired(item.partition, key)
    const { seq, partition, body, etag, expires, document } = item
    this.#db.run(this.#insertSql, [seq, partition, key, body, etag, expires, ...this.#keysOf(document)])
  }

  update(item: NewItem): void {
    const { seq, body, etag, expires, document } = item
    this.#db.run(this.#updateSql, [body, etag, expires, ...this.#keysOf(document), seq])
  }

  remove(seq: number): void {
    this.#db.run(`DELETE FROM ${this.name} WHERE seq = ?`, [seq])
  }

  /** Whether another living item of the partition has the same unique key. */
  breaksUniqueKey(partition: PartitionText, document: JsonObject, seq: number): boolean {
    return this.#uniqueKeys.some((paths, index) => {
      const sql = `SELECT 1 FROM ${this.name} WHERE pk = ? AND u${index} = ? AND seq <> ? AND ${this.liveSql}`
      return this.#db.get(sql, [partition, uniqueText(document, paths), seq, ...this.liveValues()]) !== undefined
    })
  }

  /** The rows of a statement over this table. */
  each(sql: string, values: SqlValue[]): Generator<SqlRow> {
    return this.#db.each(sql, values)
  }

  get hasTtl(): boolean {
    return this.#settings.defaultTtl !== undefined
  }

  get liveSql(): string {
    return this.hasTtl ? '(expires IS NULL OR expires > ?)' : '1'
  }

  liveValues(): SqlValue[] {
    return this.hasTtl ? [this.#now()] : []
  }

  /** Deletes what expired; it was invisible already. */
  sweep(): void {
    if (!this.hasTtl) return
    const values = [this.#now()]
    const due = this.#db.get(`SELECT 1 FROM ${this.name} WHERE expires <= ? LIMIT 1`, values)
    if (due) this.#db.run(`DELETE FROM ${this.name} WHERE expires <= ?`, values)
  }

  drop(): void {
    this.#db.exec(`DROP TABLE IF EXISTS ${this.name}`)
    this.#db.forgetStatements()
  }

  #isLive(row: SqlRow): boolean {
    const expires = row['expires']
    return !this.hasTtl || typeof expires !== 'number' || expires > this.#now()
  }

  #removeExpired(partition: PartitionText, key: string): void {
    this.#db.run(`DELETE FROM ${this.name} WHERE pk = ? AND id = ? AND expires <= ?`, [partition, key, this.#now()])
  }

  #keyColumns(): [path: string[], column: string][] {
    return [...this.#columns]
      .filter(([, column]) => column !== 'id')
      .map(([path, column]) => [JSON.parse(path) as string[], column]) // Written by `columnOf`'s own format.
  }

  #keysOf(document: JsonObject): string[] {
    const keys: string[] = []
    for (const [path, column] of this.#columns) {
      if (column !== 'id') keys.push(keyOf(valueAt(document, this.#pathOf(path))))
    }
    for (const paths of this.#uniqueKeys) keys.push(uniqueText(document, paths))
    return keys
  }

  readonly #paths = new Map<string, string[]>()

  #pathOf(text: string): string[] {
    let path = this.#paths.get(text)
    if (!path) this.#paths.set(text, (path = JSON.parse(text) as string[])) // An array of names, see `columnOf`.
    return path
  }

  #addColumn(path: string[]): void {
    const text = JSON.stringify(path)
    if (this.#columns.has(text)) return
    const column = columnName(text)
    this.#columns.set(text, column)
    this.#fill(column, (document) => keyOf(valueAt(document, path)))
  }

  #addUniqueColumn(index: number): void {
    const paths = this.#uniqueKeys[index] ?? []
    this.#fill(`u${index}`, (document) => uniqueText(document, paths))
    this.#db.exec(`CREATE INDEX IF NOT EXISTS ${this.name}_u${index} ON ${this.name} (pk, u${index})`)
  }

  #fill(column: string, keyFor: (document: JsonObject) => string): void {
    const known = this.#db.get(`SELECT 1 FROM pragma_table_info('${this.name}') WHERE name = '${column}'`, [])
    if (known) return
    this.#db.exec(`ALTER TABLE ${this.name} ADD COLUMN ${column} TEXT`)
    this.#db.forgetStatements()
    for (const { seq, body } of [...this.#db.each(`SELECT seq, body FROM ${this.name}`, [])]) {
      const document: unknown = JSON.parse(String(body))
      if (!isObject(document)) continue
      this.#db.run(`UPDATE ${this.name} SET ${column} = ? WHERE seq = ?`, [keyFor(document), seq ?? null])
    }
  }

  /** The default TTL changed: every item's end follows from the time it was last written. */
  #dateAnew(): void {
    for (const { seq, body } of [...this.#db.each(`SELECT seq, body FROM ${this.name}`, [])]) {
      const document: unknown = JSON.parse(String(body))
      if (!isObject(document)) continue
      const expires = expiryOf(document, this.#settings, Number(document['_ts']) * 1000)
      this.#db.run(`UPDATE ${this.name} SET expires = ? WHERE seq = ?`, [expires, seq ?? null])
    }
  }

  #addIndexes(): void {
    const prefixes = ['pk']
    // Queries by a prefix of a hierarchical key name its first part only.
    if (this.#settings.isHierarchical) prefixes.push(this.columnOf(this.#settings.partitionPaths[0] ?? []) ?? 'pk')
    for (const prefix of prefixes) {
      this.#addIndex([prefix])
      for (const path of this.#settings.indexing.keyPaths) this.#addIndex([prefix, this.columnOf(path) ?? 'id'])
      for (const composite of this.#settings.indexing.composites) {
        const parts = composite.map((part) => `${this.columnOf(part.path)}${part.isDescending ? ' DESC' : ''}`)
        this.#addIndex([prefix, ...parts])
      }
    }
  }

  #addIndex(columns: string[]): void {
    if (new Set(columns).size !== columns.length) return
    const name = `${this.name}_${columns.join('_').replaceAll(' ', '_')}`
    this.#db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${this.name} (${columns.join(', ')})`)
  }
}

function storedItem(row: SqlRow): StoredItem {
  return { seq: Number(row['seq']), body: String(row['body']), etag: String(row['etag']) }
}

/** A column name that is the same for the same path after a restart. */
function columnName(path: string): string {
  return `k_${Buffer.from(path).toString('hex')}`
}

function uniqueText(document: JsonObject, paths: string[][]): string {
  return paths.map((path): string => canonicalText(valueAt(document, path))).join('\n')
}
