/** Every accepted send and every refused one, so that a test can ask "who got this twice?". */
import type { Step } from './fate.ts'
import type { Store } from './store.ts'

export type Sent = {
  seq: number
  at: number
  /** Digits of the phone number, a business-scoped id, or a group id. */
  to: string
  phoneNumberId: string
  wabaId: string
  type: string
  template: string | null
  category: string
  isFree: boolean
  wamid: string
  callback: string | null
  steps: Step[]
  /** One bit per step: `reported` was answered with 200, `settled` also counts what will never be sent again. */
  reported: number
  settled: number
}

export type Refused = {
  at: number
  code: string
  phoneNumberId: string
  to: string | null
  template: string | null
  callback: string | null
}

export type Filter = {
  callbackPrefix?: string | undefined
  template?: string | undefined
  since?: number | undefined
  phoneNumberId?: string | undefined
  to?: string | undefined
}

const matchNames = ['template', 'phoneNumberId', 'to'] as const

export type LedgerSummary = {
  accepted: number
  recipients: number
  recipients_with_more_than_one: number
  max_per_recipient: number
  refused: number
  refused_by_code: Record<string, number>
  first_accepted_at: string | null
  last_accepted_at: string | null
  rate_peak_per_second: number
}

export class Ledger {
  #sent: Sent[] = []
  #refused: Refused[] = []
  #byWamid = new Map<string, Sent>()
  #store: Store

  constructor(store: Store) {
    this.#store = store
    for (const value of store.log('sent')) this.#keep(value as Sent) // only `accept` writes these
    for (const value of store.log('refused')) this.#refused.push(value as Refused) // only `refuse` writes these
  }

  get nextSeq(): number {
    return this.#sent.length + 1
  }

  get size(): number {
    return this.#sent.length
  }

  accept(sent: Sent): void {
    this.#keep(sent)
    this.#store.append('sent', sent)
  }

  refuse(refused: Refused): void {
    this.#refused.push(refused)
    this.#store.append('refused', refused)
  }

  bySeq(seq: number): Sent | undefined {
    return this.#sent[seq - 1]
  }

  byWamid(wamid: string): Sent | undefined {
    return this.#byWamid.get(wamid)
  }

  *entries(filter: Filter): Iterable<Sent> {
    for (const sent of this.#sent) if (fits(sent, filter)) yield sent
  }

  *refusals(filter: Filter): Iterable<Refused> {
    for (const refused of this.#refused) if (fits(refused, filter)) yield refused
  }

  summary(filter: Filter): LedgerSummary {
    const perRecipient = new Map<string, number>()
    const times: number[] = []
    for (const sent of this.entries(filter)) {
      perRecipient.set(sent.to, (perRecipient.get(sent.to) ?? 0) + 1)
      times.push(sent.at)
    }
    const refusedByCode: Record<string, number> = {}
    let refused = 0
    for (const { code } of this.refusals(filter)) {
      refused += 1
      refusedByCode[code] = (refusedByCode[code] ?? 0) + 1
    }
    let most = 0
    let moreThanOne = 0
    for (const count of perRecipient.values()) {
      most = Math.max(most, count)
      if (count > 1) moreThanOne += 1
    }
    return {
      accepted: times.length,
      recipients: perRecipient.size,
      recipients_with_more_than_one: moreThanOne,
      max_per_recipient: most,
      refused,
      refused_by_code: refusedByCode,
      first_accepted_at: isoOf(times[0]),
      last_accepted_at: isoOf(times.at(-1)),
      rate_peak_per_second: peakPerSecond(times),
    }
  }

  clear(): void {
    this.#sent = []
    this.#refused = []
    this.#byWamid.clear()
  }

  #keep(sent: Sent): void {
    this.#sent.push(sent)
    this.#byWamid.set(sent.wamid, sent)
  }
}

function fits(entry: Sent | Refused, filter: Filter): boolean {
  if (entry.at < (filter.since ?? 0)) return false
  if (filter.callbackPrefix !== undefined && entry.callback?.startsWith(filter.callbackPrefix) !== true) return false
  return matchNames.every((name) => filter[name] === undefined || filter[name] === entry[name])
}

/** The most accepts inside any second, by exact times. */
function peakPerSecond(times: number[]): number {
  let peak = 0
  let first = 0
  for (let last = 0; last < times.length; last += 1) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= 1000) first += 1
    peak = Math.max(peak, last - first + 1)
  }
  return peak
}

function isoOf(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString()
}
