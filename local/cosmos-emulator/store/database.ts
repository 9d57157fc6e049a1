/**
 * The SQLite database behind the emulator. Writes that arrive together share one transaction, and everyone who was
 * answered from it hears only after it is committed: that makes thousands of durable writes a second possible.
 */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'

export type SqlValue = string | number | null
export type SqlRow = Record<string, SqlValue>

const mostStatements = 1000

export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #waiting: (() => void)[] = []
  #isOpen = false

  constructor(file: string | undefined) {
    this.#db = new DatabaseSync(file ?? ':memory:')
    // Numbers are handed out from memory, so a second process must not get at the same file.
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE')
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY')
    this.#db.exec('PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000')
  }

  exec(sql: string): void {
    this.#begin()
    this.#db.exec(sql)
  }

  /** A prepared statement, made once for each text. */
  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      if (this.#statements.size >= mostStatements) this.#statements.clear()
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /** Columns were added or removed: statements with `*` or changed tables must be prepared anew. */
  forgetStatements(): void {
    this.#statements.clear()
  }

  run(sql: string, values: SqlValue[]): number {
    this.#begin()
    return Number(this.prepare(sql).run(...values).changes)
  }

  get(sql: string, values: SqlValue[]): SqlRow | undefined {
    // Only text, numbers and nulls are ever stored.
    return this.prepare(sql).get(...values) as SqlRow | undefined
  }

  *each(sql: string, values: SqlValue[]): Generator<SqlRow> {
    // Only text, numbers and nulls are ever stored.
    for (const row of this.prepare(sql).iterate(...values)) yield row as SqlRow
  }

  /** Runs several changes that land together or not at all. */
  atomically<T>(change: () => T): T {
    this.#begin()
    this.#db.exec('SAVEPOINT change')
    try {
      const result = change()
      this.#db.exec('RELEASE change')
      return result
    } catch (error) {
      this.#db.exec('ROLLBACK TO change; RELEASE change')
      throw error
    }
  }

  registerFunction(name: string, run: (...values: SqlValue[]) => SqlValue): void {
    this.#db.function(name, { deterministic: true }, (...values) =>
      // The functions registered here are called with text and numbers only.
      run(...(values as SqlValue[])),
    )
  }

  /** Calls back once everything done so far is durable; at once when nothing is pending. */
  whenDurable(callback: () => void): void {
    if (this.#isOpen) this.#waiting.push(callback)
    else callback()
  }

  commit(): void {
    if (!this.#isOpen) return
    this.#db.exec('COMMIT')
    this.#isOpen = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }

  close(): void {
    this.commit()
    this.#statements.clear()
    this.#db.close()
  }

  #begin(): void {
    if (this.#isOpen) return
    this.#db.exec('BEGIN')
    this.#isOpen = true
    setImmediate(() => {
      this.commit()
    })
  }
}
