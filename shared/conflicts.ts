/** Conditional writes that lost to another one are repeated from a fresh read. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isConflict } from './errors.ts'

const ATTEMPTS = 8
const FIRST_DELAY_MS = 10

/** Waits for a random part of `mostMs`, so that those who met once do not meet again. */
export type BackOff = (mostMs: number) => Promise<void>

export const backOff: BackOff = (mostMs) => sleep(mostMs * Math.random())

/** Repeats `work`, which reads and then writes over what it read, until nobody writes in between. */
export async function retryingConflicts<T>(work: () => Promise<T>, wait: BackOff = backOff): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= ATTEMPTS || !isConflict(error)) throw error
      await wait(FIRST_DELAY_MS * 2 ** attempt)
    }
  }
}
