/** Kills the functions host with SIGKILL at random moments of the sending, and starts it again each time. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Stack } from '../stack/stack.ts'
import type { WhatsappRecord } from '../stack/measure.ts'
import { chance, hashOf } from '../whatsapp-simulator/random.ts'

/** Shares of the campaign's sends; a kill comes at a random point in each. */
const MOMENTS = [
  [0.1, 0.25],
  [0.35, 0.5],
  [0.6, 0.8],
] as const
const LOOK_EVERY_MS = 15

export interface Kill {
  /** Sends that Meta had accepted when the host was killed. */
  accepted: number
}

export interface ChaosOptions {
  stack: Stack
  record: WhatsappRecord
  recipients: number
  seed: number
  say: (line: string) => void
}

export interface Chaos {
  kills: readonly Kill[]
  /** No more kills; resolves when the host is up again. */
  stop(): Promise<void>
}

export function startChaos(options: ChaosOptions): Chaos {
  const kills: Kill[] = []
  const stopped = { is: false }
  const ending = killInEachMoment(options, kills, stopped)
  // Awaited in `stop`, which may be much later.
  ending.catch(() => undefined)
  return {
    kills,
    stop: () => {
      stopped.is = true
      return ending
    },
  }
}

async function killInEachMoment(options: ChaosOptions, kills: Kill[], stopped: { is: boolean }): Promise<void> {
  const { stack, record, recipients, seed, say } = options
  const random = hashOf(seed, 'chaos')
  for (const [index, [from, to]] of MOMENTS.entries()) {
    const target = recipients * (from + (to - from) * chance(random, index + 1))
    let accepted = await record.accepted()
    while (accepted < target && !stopped.is) {
      await delay(LOOK_EVERY_MS)
      accepted = await record.accepted()
    }
    if (stopped.is) return
    await stack.killHost(0)
    kills.push({ accepted })
    say(`killed the functions host with ${accepted} of ${recipients} messages accepted; starting it again`)
    await stack.startHost(0)
  }
}
