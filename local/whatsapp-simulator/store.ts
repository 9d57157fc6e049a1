/**
 * The state file. Memory is what the simulator works with; this is how it comes back after a restart or a SIGKILL.
 *
 * Writes are collected and committed together once per turn of the event loop, and an accepted send is answered only
 * after its commit (`flushed`), so no accept is lost with the process. Commits do not wait for the disk
 * (`synchronous = NORMAL`): a power failure may lose the last moments, a killed process loses nothing.
 */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

export type Kind =
  | 'settings'
  | 'behaviour'
  | 'waba'
  | 'phone_number'
  | 'token'
  | 'template'
  | 'template_removal'
  | 'media'
  | 'window'
  | 'preference'
  | 'event'
  | 'fault'
export type LogName = 'sent' | 'refused' | 'reported'

type Write = { statement: 'put' | 'remove' | 'append'; values: (string | number)[] }

export type Store = {
  put(kind: Kind, id: string, value: unknown): void
  remove(kind: Kind, id: string): void
  append(log: LogName, value: unknown): void
  /** Resolves once everything written so far would survive the process; undefined where nothing is kept. */
  flushed(): Promise<void> | undefined
  all(kind: Kind): unknown[]
  log(name: LogName): Iterable<unknown>
  clear(): void
  close(): void
}

export const noStore: Store = {
  put: () => undefined,
  remove: () => undefined,
  append: () => undefined,
  flushed: () => undefined,
  all: () => [],
  log: () => [],
  clear: () => undefined,
  close: () => undefined,
}

export class FileStore implements Store {
  #database: DatabaseSync
  #statements: Record<Write['statement'], StatementSync>
  #writes: Write[] = []
  #commit: Promise<void> | undefined

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS items (kind TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS logs (position INTEGER PRIMARY KEY, log TEXT NOT NULL, value TEXT NOT NULL);
    `)
    this.#statements = {
      put: this.#database.prepare('INSERT OR REPLACE INTO items (kind, id, value) VALUES (?, ?, ?)'),
      remove: this.#database.prepare('DELETE FROM items WHERE kind = ? AND id = ?'),
      append: this.#database.prepare('INSERT INTO logs (log, value) VALUES (?, ?)'),
    }
  }

  put(kind: Kind, id: string, value: unknown): void {
    this.#write({ statement: 'put', values: [kind, id, JSON.stringify(value)] })
  }

  remove(kind: Kind, id: string): void {
    this.#write({ statement: 'remove', values: [kind, id] })
  }

  append(log: LogName, value: unknown): void {
    this.#write({ statement: 'append', values: [log, JSON.stringify(value)] })
  }

  flushed(): Promise<void> | undefined {
    return this.#commit
  }

  all(kind: Kind): unknown[] {
    const rows = this.#database.prepare('SELECT value FROM items WHERE kind = ? ORDER BY id').all(kind)
    return rows.map((row) => JSON.parse(String(row['value'])) as unknown)
  }

  *log(name: LogName): Iterable<unknown> {
    const rows = this.#database.prepare('SELECT value FROM logs WHERE log = ? ORDER BY position').iterate(name)
    for (const row of rows) yield JSON.parse(String(row['value']))
  }

  clear(): void {
    this.#writes = []
    this.#database.exec('DELETE FROM items; DELETE FROM logs;')
  }

  close(): void {
    this.#flush()
    this.#database.close()
  }

  #write(write: Write): void {
    this.#writes.push(write)
    this.#commit ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#commit = undefined
        try {
          this.#flush()
          resolve()
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
  }

  #flush(): void {
    if (this.#writes.length === 0 || !this.#database.isOpen) return
    const writes = this.#writes
    this.#writes = []
    this.#database.exec('BEGIN')
    for (const { statement, values } of writes) this.#statements[statement].run(...values)
    this.#database.exec('COMMIT')
  }
}
