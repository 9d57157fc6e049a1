/** What was really reported: every update whose POST was answered 200, and counts of what was not. */
import type { StatusKind } from './fate.ts'
import type { Json } from './json.ts'
import type { Ledger, Sent } from './ledger.ts'
import type { Store } from './store.ts'
import type { StatusUpdate, Update, ValueUpdate } from './webhook-bodies.ts'

type Entry = {
  at: number
  post: number
  attempts: number
  update: StatusUpdate | Pick<ValueUpdate, 'kind' | 'field' | 'value'>
}
/** The stored form of a settled batch; statuses as pairs of message number and step. */
type StoredBatch = {
  end: 'reported' | 'dropped' | 'given_up'
  at: number
  attempts: number
  statuses: [seq: number, step: number][]
  values: { field: string; value: Json }[]
}

export class WebhookLog {
  #entries: Entry[] = []
  #posts = 0
  #dropped = 0
  #givenUp = 0
  #failedAttempts: Record<string, number> = {}
  #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Reads the batches of an earlier process; after it the ledger knows which steps are still owed. */
  restore(ledger: Ledger): void {
    for (const value of this.#store.log('reported')) {
      const batch = value as StoredBatch // only `#save` writes these
      const statuses = batch.statuses.flatMap(([seq, step]): StatusUpdate[] => {
        const sent = ledger.bySeq(seq)
        return sent ? [{ kind: 'status', due: batch.at, sent, step }] : []
      })
      const values = batch.values.map((update) => ({ kind: 'value' as const, ...update }))
      this.#apply(batch.end, [...statuses, ...values], batch)
    }
  }

  report(updates: readonly Update[], delivery: { at: number; attempts: number }): void {
    this.#apply('reported', updates, delivery)
    this.#save('reported', updates, delivery)
  }

  /** Nobody listens: the WABA is not subscribed, or there is no URL. */
  drop(updates: readonly Update[]): void {
    this.#apply('dropped', updates, { at: 0, attempts: 0 })
    this.#save('dropped', updates, { at: 0, attempts: 0 })
  }

  giveUp(updates: readonly Update[]): void {
    this.#apply('given_up', updates, { at: 0, attempts: 0 })
    this.#save('given_up', updates, { at: 0, attempts: 0 })
  }

  countFailure(outcome: number | string): void {
    this.#failedAttempts[String(outcome)] = (this.#failedAttempts[String(outcome)] ?? 0) + 1
  }

  summary(): Json {
    return {
      delivered_posts: this.#posts,
      delivered_updates: this.#entries.length,
      failed_attempts: this.#failedAttempts,
      dropped_updates: this.#dropped,
      given_up_updates: this.#givenUp,
    }
  }

  *lines(): Iterable<Json> {
    for (const { at, post, attempts, update } of this.#entries) {
      const common = { at: new Date(at).toISOString(), post, attempts }
      yield update.kind === 'status'
        ? { ...common, ...statusLine(update) }
        : { ...common, kind: 'value', field: update.field, value: update.value }
    }
  }

  clear(): void {
    this.#entries = []
    this.#posts = 0
    this.#dropped = 0
    this.#givenUp = 0
    this.#failedAttempts = {}
  }

  #apply(
    end: StoredBatch['end'],
    updates: readonly Entry['update'][],
    { at, attempts }: { at: number; attempts: number },
  ): void {
    if (end === 'reported') this.#posts += 1
    else if (end === 'dropped') this.#dropped += updates.length
    else this.#givenUp += updates.length
    for (const update of updates) {
      if (update.kind === 'status') {
        update.sent.settled |= 1 << update.step
        if (end === 'reported') update.sent.reported |= 1 << update.step
      }
      if (end === 'reported') this.#entries.push({ at, post: this.#posts, attempts, update })
    }
  }

  #save(end: StoredBatch['end'], updates: readonly Update[], { at, attempts }: { at: number; attempts: number }): void {
    const batch: StoredBatch = { end, at, attempts, statuses: [], values: [] }
    for (const update of updates) {
      if (update.kind === 'status') batch.statuses.push([update.sent.seq, update.step])
      else {
        batch.values.push({ field: update.field, value: update.value })
        this.#store.remove('event', update.id)
      }
    }
    this.#store.append('reported', batch)
  }
}

/** The kinds of status of this message that a receiver has acknowledged. */
export function reportedKinds({ steps, reported }: Sent): Set<StatusKind> {
  return new Set(steps.filter((_, index) => (reported & (1 << index)) !== 0).map((step) => step.status))
}

function statusLine({ sent, step: index }: StatusUpdate): Json {
  const step = sent.steps[index]
  return {
    kind: 'status',
    status: step?.status,
    wamid: sent.wamid,
    recipient: sent.to,
    phone_number_id: sent.phoneNumberId,
    template: sent.template,
    biz_opaque_callback_data: sent.callback,
    ...(step?.code !== undefined && { code: step.code }),
  }
}
