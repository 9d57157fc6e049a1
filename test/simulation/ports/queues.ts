/**
 * Storage queues and the Functions host that reads them: messages come at least once, late, twice at a time and in any
 * order; one whose handler failed comes again, and one that failed too often is put aside.
 */
import type { QueueName } from '../../../shared/azure/resources.ts'
import type { Deps } from '../../../shared/deps.ts'
import { QUEUE_MESSAGES, type Queues } from '../../../shared/queue/messages.ts'
import type { Host, Setting } from '../host.ts'

/** As host.json has it, and as the host hides what a dead worker held. */
const FAILED_FOR_MS = 30_000
const HIDDEN_FOR_MS = 600_000
const MOST_DELIVERIES = 5
const POLLING_MS = 1_000

export interface QueueMessageText {
  queue: QueueName
  text: string
  deliveries: number
  isDone: boolean
}

export interface Consumer {
  host: Host
  deps: Deps
}

export type Handlers = Partial<Record<QueueName, (deps: Deps, message: never) => Promise<void>>>

export interface QueueWorld {
  put(queue: QueueName, message: unknown, delayMs: number): void
  /** What failed too often, taken out. */
  takePoison(): QueueMessageText[]
  /** Messages that will still be delivered. */
  waiting(): number
}

export interface QueueSetting extends Setting {
  handlers: Handlers
  /** A living host, or undefined while none is. */
  consumer: () => Consumer | undefined
  onFailure: (queue: QueueName, error: unknown) => void
}

export function createQueues(setting: QueueSetting): QueueWorld {
  const { scheduler, random, chaos, trace, handlers, consumer, onFailure } = setting
  let poison: QueueMessageText[] = []
  let waiting = 0

  const deliver = (message: QueueMessageText): void => {
    if (message.isDone) return
    const taken = consumer()
    if (!taken) {
      scheduler.after(POLLING_MS, () => deliver(message))
      return
    }
    const { host, deps } = taken
    const turn = ++message.deliveries
    const { queue } = message
    trace(`${host.name} takes ${queue} ${brief(message.text)}${turn > 1 ? ` (delivery ${turn})` : ''}`)
    // Nobody else gets it meanwhile, unless its holder does not come back.
    scheduler.after(HIDDEN_FOR_MS, () => {
      if (message.deliveries === turn) deliver(message)
    })
    const end = (): void => {
      if (!message.isDone) waiting--
      message.isDone = true
    }
    const handled = handlers[queue]?.(deps, QUEUE_MESSAGES[queue].parse(JSON.parse(message.text)) as never)
    void Promise.resolve(handled).then(
      () => host.call('queue', `delete ${queue}`, { apply: end }).catch(() => undefined),
      (error: unknown) => {
        trace(`${host.name} fails ${queue}: ${error instanceof Error ? error.message : String(error)}`)
        onFailure(queue, error)
        if (message.deliveries > turn) return
        if (turn >= MOST_DELIVERIES) {
          if (!message.isDone) poison.push({ ...message })
          end()
        } else {
          scheduler.after(FAILED_FOR_MS, () => {
            if (message.deliveries === turn) deliver(message)
          })
        }
      },
    )
  }

  return {
    put(queue, message, delayMs) {
      const copies = random.chance(chaos().duplicate) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        const late = random.chance(chaos().late) ? random.between(0, 40_000) : 0
        const entry = { queue, text: JSON.stringify(message), deliveries: 0, isDone: false }
        waiting++
        scheduler.after(delayMs + late + random.between(5, POLLING_MS), () => deliver(entry))
      }
    },
    takePoison() {
      const taken = poison
      poison = []
      return taken
    },
    waiting: () => waiting,
  }
}

/** Whole seconds, as the service has them. A lost answer makes the client send again. */
export function simulatedQueues(world: QueueWorld, host: Host): Queues {
  return {
    send(queue, message, { delaySeconds = 0 } = {}) {
      const put = () => world.put(queue, message, Math.max(0, Math.ceil(delaySeconds)) * 1000)
      return host.call('queue', `send ${queue} ${brief(JSON.stringify(message))}`, { apply: put, again: put })
    },
  }
}

function brief(text: string): string {
  const found = /"(page|turn|refresh)":(\d+)/g
  return [...text.matchAll(found)].map(([, name, value]) => `${name} ${value}`).join(' ')
}
