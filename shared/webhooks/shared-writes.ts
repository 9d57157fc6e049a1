/**
 * Joins what many requests want written: while one write is under way, what else comes gathers for the next. Alone, a
 * request waits for nothing; under load, many share one write. Each is answered once its own part is durable.
 */

interface Waiting<Item> {
  item: Item
  bytes: number
  done: () => void
  failed: (error: unknown) => void
}

/** `write` gets as many items as `mostBytes` holds, and at least one. */
export function sharedWrites<Item>(
  mostBytes: number,
  write: (items: Item[]) => Promise<void>,
): (item: Item, bytes: number) => Promise<void> {
  const waiting: Waiting<Item>[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, fitting(waiting, mostBytes))
      try {
        await write(batch.map(({ item }) => item))
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    // In the same turn as the last look, so that nobody can be left waiting in between.
    isRunning = false
  }

  return (item, bytes) =>
    new Promise<void>((done, failed) => {
      waiting.push({ item, bytes, done, failed })
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
