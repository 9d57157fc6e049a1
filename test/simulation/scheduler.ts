/**
 * Virtual time. Everything that happens is an event at a moment; between two events every promise that can go on goes
 * on as far as it can. Nothing here looks at a real clock, so a seed always plays the same.
 */
import { setImmediate as untilNothingRuns } from 'node:timers/promises'

interface Event {
  at: number
  order: number
  run: () => void
}

export interface Scheduler {
  /** Unix milliseconds. */
  now: () => number
  after(delayMs: number, run: () => void): void
  /** Runs the next event; false if there is none. */
  step(): Promise<boolean>
}

export function createScheduler(startMs: number): Scheduler {
  const heap: Event[] = []
  let nowMs = startMs
  let count = 0
  return {
    now: () => nowMs,
    after(delayMs, run) {
      push(heap, { at: nowMs + Math.max(0, Math.round(delayMs)), order: count++, run })
    },
    async step() {
      const event = pop(heap)
      if (!event) return false
      nowMs = event.at
      event.run()
      // The queue of promises is empty when the loop turns: nobody in here waits for anything but events.
      await untilNothingRuns()
      return true
    },
  }
}

const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(event, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = event
}

function pop(heap: Event[]): Event | undefined {
  const top = heap[0]
  const last = heap.pop()
  if (!top || !last || heap.length === 0) return top
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
    if (!isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return top
}
