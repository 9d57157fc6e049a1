/** The invocations under way, so that a stop can wait for them and a queue can see how many there are. */
import { setTimeout as delay } from 'node:timers/promises'

export class RunningWork {
  readonly #promises = new Set<Promise<unknown>>()

  get size(): number {
    return this.#promises.size
  }

  add(work: Promise<unknown>): void {
    const tracked = work.catch(() => undefined).finally(() => this.#promises.delete(tracked))
    this.#promises.add(tracked)
  }

  /** Resolves when any of the work now under way ends. */
  async oneEnds(): Promise<void> {
    await Promise.race(this.#promises)
  }

  /** True if all of it ended in time. */
  async finished(withinMilliseconds: number): Promise<boolean> {
    const timeout = new AbortController()
    const late = delay(withinMilliseconds, undefined, { signal: timeout.signal }).catch(() => undefined)
    while (this.#promises.size > 0) {
      const ended = Promise.all(this.#promises).then(() => true)
      if (!(await Promise.race([ended, late.then(() => false)]))) return false
    }
    timeout.abort()
    return true
  }
}
