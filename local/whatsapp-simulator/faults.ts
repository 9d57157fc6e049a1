/** Fault rules: what goes wrong, for whom and how often. Set by tests through the control API. */
import { idOf, isObject, textOf } from './json.ts'
import type { Json } from './json.ts'
import { chance, hashOf } from './random.ts'
import type { Store } from './store.ts'

export type Effect =
  | { kind: 'graph_error'; code: number; http?: number; subcode?: number; details?: string; transient?: boolean }
  /** An answer that is not Graph's: a gateway's 500 or 503, a page instead of JSON. */
  | { kind: 'http'; status: number; body: string; content_type: string; headers?: Record<string, string> }
  /** Never answers; the socket is destroyed after `ms`. Nothing is accepted. */
  | { kind: 'timeout'; ms: number }
  | { kind: 'latency'; ms: number }
  /** Does the work and records the accept, then destroys the socket (after `ms`) instead of answering. */
  | { kind: 'answer_lost'; ms: number }
  /** Destroys the socket before anything is done. */
  | { kind: 'reset' }

type Mode =
  { kind: 'always' } | { kind: 'next'; n: number } | { kind: 'every'; n: number } | { kind: 'probability'; p: number }

export type Match = {
  phone_number_id?: string
  to?: string
  template?: string
  callback_prefix?: string
  method?: string
  /** A regular expression over the path without its version. */
  path?: string
}

export type FaultRule = { id: string; match: Match; mode: Mode; effect: Effect; matched: number; applied: number }

export type Call = {
  method: string
  path: string
  phoneNumberId: string | undefined
  to: string | undefined
  template: string | undefined
  callback: string | undefined
}

const matchNames = ['phone_number_id', 'to', 'template', 'callback_prefix', 'method', 'path'] as const

export class Faults {
  #rules: FaultRule[] = []
  #store: Store
  #seed: () => number
  #tries = new Map<string, number>()

  constructor(store: Store, seed: () => number) {
    this.#store = store
    this.#seed = seed
    for (const value of store.all('fault')) this.#rules.push(value as FaultRule) // only `add` writes these
    // The store orders ids as text; the first rule that fits decides, so they must stand in their own order.
    this.#rules.sort((one, other) => Number(one.id) - Number(other.id))
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0
  }

  all(): readonly FaultRule[] {
    return this.#rules
  }

  add(body: Json): FaultRule {
    const last = this.#rules.reduce((most, rule) => Math.max(most, Number(rule.id)), 0)
    const rule: FaultRule = {
      id: String(last + 1),
      match: matchOf(body['match']),
      mode: modeOf(body['mode']),
      effect: effectOf(body['effect']),
      matched: 0,
      applied: 0,
    }
    this.#rules.push(rule)
    this.#store.put('fault', rule.id, rule)
    return rule
  }

  remove(id: string): boolean {
    const before = this.#rules.length
    this.#rules = this.#rules.filter((rule) => rule.id !== id)
    this.#store.remove('fault', id)
    return this.#rules.length < before
  }

  clear(): void {
    for (const rule of this.#rules) this.#store.remove('fault', rule.id)
    this.#rules = []
    this.#tries.clear()
  }

  /** The effect of the first rule that matches and whose turn it is. */
  effectFor(call: Call): Effect | undefined {
    for (const rule of this.#rules) {
      if (!matches(rule.match, call)) continue
      rule.matched += 1
      const isTurn = this.#isTurn(rule, call)
      if (isTurn) rule.applied += 1
      this.#store.put('fault', rule.id, rule)
      if (isTurn) return rule.effect
    }
    return undefined
  }

  #isTurn({ id, mode, matched, applied }: FaultRule, call: Call): boolean {
    if (mode.kind === 'always') return true
    if (mode.kind === 'next') return applied < mode.n
    if (mode.kind === 'every') return matched % mode.n === 0
    // By recipient and try, not by arrival: the same run meets the same faults.
    const subject = `${id}/${call.to ?? call.path}`
    const tries = (this.#tries.get(subject) ?? 0) + 1
    this.#tries.set(subject, tries)
    return chance(hashOf(this.#seed(), subject), 1000 + tries) < mode.p
  }
}

function matches(match: Match, call: Call): boolean {
  if (match.callback_prefix !== undefined && call.callback?.startsWith(match.callback_prefix) !== true) return false
  if (match.path !== undefined && !new RegExp(match.path).test(call.path)) return false
  return (
    isAny(match.phone_number_id, call.phoneNumberId) &&
    isAny(match.to, call.to) &&
    isAny(match.template, call.template) &&
    isAny(match.method, call.method)
  )
}

function isAny(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || wanted === actual
}

function matchOf(value: unknown): Match {
  if (value === undefined) return {}
  if (!isObject(value)) throw new TypeError('match must be an object')
  const match: Match = {}
  for (const [name, wanted] of Object.entries(value)) {
    const known = matchNames.find((candidate) => candidate === name)
    const text = idOf(wanted)
    if (!known || text === undefined) throw new TypeError(`match has no ${name}, or it is empty`)
    match[known] = known === 'to' ? text.replace(/^\+/, '') : text
  }
  return match
}

function modeOf(value: unknown): Mode {
  if (value === undefined || value === 'always') return { kind: 'always' }
  if (isObject(value)) {
    const { next, every, probability } = value
    if (isCount(next)) return { kind: 'next', n: next }
    if (isCount(every)) return { kind: 'every', n: every }
    if (typeof probability === 'number' && probability >= 0 && probability <= 1)
      return { kind: 'probability', p: probability }
  }
  throw new TypeError('mode must be "always", {"next":n}, {"every":n} or {"probability":p}')
}

const effects: Readonly<Record<string, (value: Json) => Effect>> = {
  graph_error: (value) => {
    if (!isCount(value['code']) && value['code'] !== 0) throw new TypeError('graph_error needs a code')
    return {
      kind: 'graph_error',
      code: value['code'],
      ...(isCount(value['http']) && { http: value['http'] }),
      ...(isCount(value['subcode']) && { subcode: value['subcode'] }),
      ...(typeof value['details'] === 'string' && { details: value['details'] }),
      ...(typeof value['transient'] === 'boolean' && { transient: value['transient'] }),
    }
  },
  http: (value) => ({
    kind: 'http',
    status: isCount(value['status']) ? value['status'] : 503,
    body:
      typeof value['body'] === 'string'
        ? value['body']
        : '<html><body><h1>Sorry, something went wrong.</h1></body></html>',
    content_type: textOf(value['content_type']) ?? 'text/html; charset=utf-8',
    ...(isObject(value['headers']) && { headers: textsOf(value['headers']) }),
  }),
  timeout: (value) => ({ kind: 'timeout', ms: millisecondsOf(value, 60_000) }),
  latency: (value) => ({ kind: 'latency', ms: millisecondsOf(value, 1000) }),
  answer_lost: (value) => ({ kind: 'answer_lost', ms: millisecondsOf(value, 0) }),
  reset: () => ({ kind: 'reset' }),
}

function effectOf(value: unknown): Effect {
  const read = isObject(value) ? effects[textOf(value['kind']) ?? ''] : undefined
  if (!read || !isObject(value)) throw new TypeError(`effect.kind must be one of ${Object.keys(effects).join(', ')}`)
  return read(value)
}

function textsOf(value: Json): Record<string, string> {
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

function millisecondsOf(value: Json, usual: number): number {
  return typeof value['ms'] === 'number' ? value['ms'] : usual
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
}
