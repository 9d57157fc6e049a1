/**
 * What is known of requests with an Idempotency-Key, shared by all instances: a row from before the request has any effect,
 * whose seed makes its ids, and which takes the answer at the end. While it is run a lease keeps twins away; once that is
 * over, or given back, the same request runs again with the same seed.
 *
 * Keys are hashed, and answers are sealed with a key that takes the client's own to make: whoever has the table and all
 * settings cannot read them.
 */
import type { MonthlyTables } from '../azure/monthly-tables.ts'
import type { Row, Table } from '../azure/tables.ts'
import type { Config } from '../config.ts'
import { retryingConflicts } from '../conflicts.ts'
import { sha256Hex } from '../crypto/sha256.ts'
import { AppError } from '../errors.ts'
import { newUuid } from '../ids.ts'
import { answerBox, type KeptAnswer } from './answer-box.ts'
import { KEPT_MS, placing, type Placed } from './placing.ts'

/** Who asks for what under which key. */
export interface KeyedRequest {
  /** A workspace or an account: their keys are their own. */
  owner: string
  operation: string
  key: string
}

/** A run of a request, and nobody else's until its lease is over. */
export interface Run {
  seed: string
  /** It was begun before. */
  isRepeat: boolean
  /** When it was begun first. */
  since: Date
  keep(answer: KeptAnswer): Promise<void>
  /** It came to nothing that is kept: the next one may run it at once. */
  giveBack(): Promise<void>
}

export interface IdempotencyRecords {
  /** Throws `idempotency_key_in_use` while another run has it, and `idempotency_key_reused` if that is another request. */
  begin(request: KeyedRequest, fingerprint: string): Promise<Run | { answer: KeptAnswer }>
}

/** Longer than almost any request takes. One that takes longer may run beside a second one, which makes nothing anew. */
export const LEASE_MS = 60_000

interface RecordsDeps {
  tables: MonthlyTables
  config: Pick<Config, 'keyring'>
  now: () => Date
}

export function idempotencyRecords({ tables, config, now }: RecordsDeps): IdempotencyRecords {
  const place = placing(tables)
  return {
    begin(request, fingerprint) {
      const partition = sha256Hex(JSON.stringify([request.owner, request.operation, request.key]))
      const box = answerBox(config, partition, request.key)
      const claim = newUuid()
      return retryingConflicts(async () => {
        const nowMs = now().getTime()
        const placed = await place(freshRow(partition, { claim, fingerprint, nowMs }), nowMs)
        const { cells } = placed.row
        if (cells['fingerprint'] !== fingerprint) throw reused()
        if (cells['isDone'] === true) return { answer: box.open(cells) }
        return runOf(cells['claim'] === claim ? placed : await taken(placed, claim, nowMs), box)
      })
    },
  }
}

function freshRow(
  partition: string,
  { claim, fingerprint, nowMs }: { claim: string; fingerprint: string; nowMs: number },
): Row {
  const times = { expiresMs: nowMs + KEPT_MS, leaseUntilMs: nowMs + LEASE_MS }
  const cells = { claim, fingerprint, seed: newUuid(), isRepeat: false, isDone: false, ...times }
  return { partition, key: 'request', cells }
}

/** An earlier run's, whose lease is over. */
async function taken({ table, row }: Placed, claim: string, nowMs: number): Promise<Placed> {
  const waitMs = Number(row.cells['leaseUntilMs']) - nowMs
  if (waitMs > 0) throw inUse(waitMs)
  const next = { ...row, cells: { ...row.cells, claim, isRepeat: true, leaseUntilMs: nowMs + LEASE_MS } }
  return { table, row: await written(table, next) }
}

function runOf({ table, row }: Placed, box: ReturnType<typeof answerBox>): Run {
  const change = async (cells: Row['cells']): Promise<void> => {
    await written(table, { ...row, cells: { ...row.cells, ...cells } })
  }
  return {
    seed: String(row.cells['seed']),
    isRepeat: row.cells['isRepeat'] === true,
    since: new Date(Number(row.cells['expiresMs']) - KEPT_MS),
    keep: async (answer) => change({ ...box.seal(answer), isDone: true }),
    giveBack: () => change({ leaseUntilMs: 0 }),
  }
}

async function written(table: Table, row: Row): Promise<Row> {
  const [etag = ''] = await table.write([row])
  return { ...row, etag }
}

function reused(): AppError {
  return new AppError(
    'idempotency_key_reused',
    'This Idempotency-Key belongs to another request of the last 24 hours: use a new key for a new request',
  )
}

/** Most are answered within that; after a crash it takes until the lease is over. */
const MOST_WAIT_SECONDS = 2

function inUse(waitMs: number): AppError {
  const seconds = Math.min(Math.ceil(waitMs / 1000), MOST_WAIT_SECONDS)
  return new AppError(
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is being answered: ask again in a moment',
    { headers: { 'retry-after': String(seconds) } },
  )
}
