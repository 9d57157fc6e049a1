/**
 * Joins what many requests want written: while one write is under way, what else comes gathers for the next. Alone, a
 * request waits for nothing; under load, many share one write. Each is answered once its own part is durable.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

interface Waiting<Item> {
  item: Item
  bytes: number
  /** Runs something as part of the request that waits: what it logs and tells is that request's. */
  asItsOwn: <T>(work: () => T) => T
  done: () => void
  failed: (error: unknown) => void
}

/**
 * `write` gets as many items as `mostBytes` holds, and at least one. Where some came during a write, many are coming: what
 * comes until `gather` is over shares the next one, unless that is full already.
 */
export function sharedWrites<Item>(
  mostBytes: number,
  write: (items: Item[]) => Promise<void>,
  gather?: () => Promise<void>,
): (item: Item, bytes: number) => Promise<void> {
  const waiting: Waiting<Item>[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, fitting(waiting, mostBytes))
      try {
        // Not as part of the one that found nobody at work, which may be answered long since.
        await batch[0]?.asItsOwn(() => write(batch.map(({ item }) => item)))
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
      if (gather && waiting.length > 0 && fitting(waiting, mostBytes) === waiting.length) await gather()
    }
    // In the same turn as the last look, so that nobody can be left waiting in between.
    isRunning = false
  }

  return (item, bytes) =>
    new Promise<void>((done, failed) => {
      waiting.push({ item, bytes, asItsOwn: AsyncLocalStorage.snapshot(), done, failed })
      if (!isRunning) void run()
    })
}

function fitting(waiting: readonly { bytes: number }[], mostBytes: number): number {
  let count = 0
  let sum = 0
  for (const { bytes } of waiting) {
    if (count > 0 && sum + bytes > mostBytes) break
    sum += bytes
    count++
  }
  return count
}
