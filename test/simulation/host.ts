/**
 * One life of one host process. Each call to the outside is two events: it arrives and is applied, and its answer comes
 * back. The process may die at either, or stand still for a while: then what waits for the answer never goes on, or late.
 */
import type { Chaos, Service } from './chaos.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

export interface Setting {
  scheduler: Scheduler
  random: Random
  /** Changes when the world heals. */
  chaos: () => Chaos
  trace: (line: string) => void
}

export interface Effect<T> {
  apply: () => T
  /** What a repeated write sees whose first answer was lost; by default its own result. */
  again?: () => T
}

export interface Host {
  readonly name: string
  isDead(): boolean
  die(why: string): void
  /** One call to a store, with what can happen to it. */
  call<T>(service: Service, label: string, effect: Effect<T>): Promise<T>
  /** A call whose fates are its own, as those to Meta. `apply` returns the answer and how long it takes. */
  exchange<T>(label: string, apply: () => { answer: T; afterMs: number }): Promise<T>
  sleep(ms: number): Promise<void>
}

/** A storage error after which the call may or may not have been applied. */
export class Unreachable extends Error {}

export function createHost(name: string, setting: Setting, onDeath: () => void): Host {
  const { scheduler, random, chaos, trace } = setting
  let isDead = false
  let frozenUntil = 0

  const die = (why: string): void => {
    if (isDead) return
    isDead = true
    trace(`${name} dies ${why}`)
    onDeath()
  }
  /** An answer or a timer reaches the process, if it still lives. */
  const wake = (delayMs: number, go: () => void): void =>
    scheduler.after(delayMs, () => {
      if (isDead) return
      if (frozenUntil > scheduler.now()) wake(frozenUntil - scheduler.now(), go)
      else go()
    })
  const perhapsFreeze = (): void => {
    if (!random.chance(chaos().freeze)) return
    const ms = random.between(1_000, chaos().longestFreezeMs)
    frozenUntil = scheduler.now() + ms
    trace(`${name} stands still for ${ms} ms`)
  }
  const latency = (): number => {
    const longest = chaos().longestLatencyMs
    return random.chance(0.9) ? random.between(1, Math.min(20, longest)) : random.between(1, longest)
  }
  /** False if the process died before the call left, or before it was applied. */
  const arrives = (label: string): boolean => {
    if (isDead) return random.chance(0.5)
    perhapsFreeze()
    if (!random.chance(chaos().crash)) return true
    die(`before ${label}`)
    return random.chance(0.2)
  }

  return {
    name,
    isDead: () => isDead,
    die,
    call(service, label, effect) {
      return new Promise((resolve, reject) => {
        scheduler.after(latency(), () => {
          if (!arrives(label)) return
          const { outcome, tookMs } = perform(setting, service, label, effect)
          trace(`${name} ${label}${outcome.note}`)
          if (random.chance(chaos().crash)) die(`after ${label}`)
          wake(tookMs + latency(), () => {
            if (outcome.ok) resolve(outcome.value)
            else reject(outcome.error)
          })
        })
      })
    },
    exchange(label, apply) {
      return new Promise((resolve) => {
        scheduler.after(random.between(1, 15), () => {
          if (!arrives(label)) return
          const { answer, afterMs } = apply()
          if (random.chance(chaos().crash)) die(`after ${label}`)
          wake(afterMs, () => resolve(answer))
        })
      })
    },
    sleep: (ms) => new Promise((resolve) => wake(ms, resolve)),
  }
}

type Outcome<T> = { note: string } & ({ ok: true; value: T } | { ok: false; error: Error })

/** The bounded retries below the ports take about so long before they give up. */
const GIVES_UP_AFTER_MS = 1_500

function perform<T>(
  { random, chaos, scheduler }: Setting,
  service: Service,
  label: string,
  effect: Effect<T>,
): { outcome: Outcome<T>; tookMs: number } {
  const { refused, lost, outages } = chaos()
  const now = scheduler.now()
  const isOut = outages.some((outage) => outage.service === service && outage.fromMs <= now && now < outage.toMs)
  if (random.chance(isOut ? 0.6 : refused)) {
    const error = new Unreachable(`${service} is unavailable: ${label}`)
    return { outcome: { ok: false, error, note: ' refused' }, tookMs: GIVES_UP_AFTER_MS }
  }
  const outcome = attempt(effect.apply, '')
  if (!random.chance(isOut ? 0.8 : lost)) return { outcome, tookMs: 0 }
  if (random.chance(0.3)) {
    const error = new Unreachable(`${service} did not answer: ${label}`)
    return { outcome: { ok: false, error, note: `${outcome.note} applied, answer lost` }, tookMs: GIVES_UP_AFTER_MS }
  }
  if (!effect.again || !outcome.ok) return { outcome, tookMs: 50 }
  return { outcome: attempt(effect.again, ' applied, answer lost, repeated'), tookMs: 50 }
}

function attempt<T>(apply: () => T, note: string): Outcome<T> {
  try {
    return { ok: true, value: apply(), note }
  } catch (error) {
    // Only errors are thrown here.
    const cause = error as Error
    return { ok: false, error: cause, note: `${note} → ${cause.message}` }
  }
}
