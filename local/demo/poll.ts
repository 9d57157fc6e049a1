/** Waits for something to become true by asking again and again. */
import { setTimeout as delay } from 'node:timers/promises'

export interface PollOptions {
  everyMs: number
  withinMs: number
  /** What was waited for, for the error: "the template's review". */
  what: string
}

export async function poll<T>(
  ask: () => Promise<T>,
  isEnough: (value: T) => boolean,
  options: PollOptions,
): Promise<T> {
  const until = performance.now() + options.withinMs
  for (;;) {
    const value = await ask()
    if (isEnough(value)) return value
    if (performance.now() > until) {
      throw new Error(`Waited ${Math.round(options.withinMs / 1000)} s for ${options.what}, in vain.`)
    }
    await delay(options.everyMs)
  }
}
