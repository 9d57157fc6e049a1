/** Kills one host after another with SIGKILL, each a few seconds after the one before, and starts it again. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Stack } from '../../local/stack/stack.ts'
import { chance, hashOf, within } from '../../local/whatsapp-simulator/random.ts'

const NEXT_AFTER_MS = [1_500, 4_500] as const
const DOWN_FOR_MS = [0, 2_000] as const

export interface Kills {
  /** Sends that had been accepted at each kill. */
  readonly at: readonly number[]
  /** No more kills; resolves when every host is up. */
  stop(): Promise<void>
}

interface KillOptions {
  stack: Stack
  seed: number
  accepted: () => Promise<number>
  say: (line: string) => void
}

export function startKilling(options: KillOptions): Kills {
  const at: number[] = []
  const over = new AbortController()
  const killing = killOneByOne(options, at, over.signal)
  // Awaited in `stop`, which may be much later.
  killing.catch(() => undefined)
  return {
    at,
    stop() {
      over.abort()
      return killing
    },
  }
}

async function killOneByOne({ stack, seed, accepted, say }: KillOptions, at: number[], over: AbortSignal) {
  for (;;) {
    const random = hashOf(seed, `kill ${at.length}`)
    await delay(within(NEXT_AFTER_MS, chance(random, 1)), undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) return
    const host = Math.floor(chance(random, 2) * stack.hosts.length)
    await stack.killHost(host)
    at.push(await accepted())
    say(`  killed host ${host + 1} with ${at.at(-1)} messages accepted`)
    await delay(within(DOWN_FOR_MS, chance(random, 3)))
    await stack.startHost(host)
  }
}
