/**
 * The floor that applying statuses is measured against: the same simulator sends as many statuses, as many in each
 * webhook, to a function that does nothing with them, in as many hosts as Herald has, while those ask storage for the same
 * as fast as it goes: as many queue messages and blobs of the same size, and as many table transactions with as many rows in
 * each. (Rows and sizes follow from what was counted; a floor of small messages and single rows would be another world's.)
 */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import { whatsappRecord } from '../../local/stack/measure.ts'
import { startHost } from '../../local/stack/parts.ts'
import { TABLES } from '../../shared/azure/resources.ts'
import { PAGE_SIZE } from '../../shared/recipients/page.ts'
import type { Counted } from './send.ts'
import type { Setting } from './setting.ts'
import { clearTable, type StorageWork } from './storage-work.ts'

/** Of a status as it is stored, and of what stands around those of one webhook. */
const STATUS_BYTES = 440
const WEBHOOK_BYTES = 240
/** A larger one is a blob, and the message names it (shared/webhooks/intake.ts). */
const MESSAGE_BYTES = 47_800
const NAME_BYTES = 100
const WITHIN_MS = 600_000

/** Seconds for the statuses that the simulator holds back now, which are as many as were counted. */
export async function statusFloor(setting: Setting, counted: Counted, perPost: number): Promise<number> {
  const { stack, simulator, whatsapp } = setting
  const hosts = await Promise.all(stack.hosts.map(() => aBareHost(stack.settings)))
  const work = workOf(counted, hosts.length)
  const patient = new Agent({ headersTimeout: WITHIN_MS })
  const doWork = async (url: string): Promise<void> => {
    const answer = await request(`${url}/work`, { method: 'POST', body: JSON.stringify(work), dispatcher: patient })
    await answer.body.dump()
    if (answer.statusCode !== 200) throw new Error(`The floor's work answered ${answer.statusCode}`)
  }
  try {
    await simulator.behave({ batch_max: perPost })
    // As with Herald: the first of them has the address that Meta knows.
    await simulator.sendWebhooksTo(`${hosts[0]?.url ?? ''}/webhook`)
    const startMs = performance.now()
    const received = async (): Promise<void> => {
      await simulator.releaseWebhooks()
      if (!(await whatsappRecord(whatsapp.url).quiet(WITHIN_MS))) throw new Error('The floor took too long')
    }
    await Promise.all([received(), ...hosts.map(({ url }) => doWork(url))])
    return (performance.now() - startMs) / 1000
  } finally {
    await simulator.holdWebhooks()
    await simulator.sendWebhooksTo(`${stack.url}/webhook`)
    await Promise.all([patient.close(), ...hosts.map(({ child }) => child.stop())])
    await clearTable(stack.settings['AzureWebJobsStorage'] ?? '', work)
  }
}

function aBareHost(environment: Setting['stack']['settings']) {
  const entry = new URL('bare-receiver.ts', import.meta.url).pathname
  return startHost({ entry, port: 0, environment, queueLeaseSeconds: undefined, onLine: () => undefined })
}

/** Of each host. */
function workOf({ statuses, posts, cost, blobOperations, recipients, campaigns }: Counted, hosts: number): StorageWork {
  const messages = Math.round(cost.queuePuts * statuses)
  const bytes = Math.round((statuses * STATUS_BYTES + posts * WEBHOOK_BYTES) / messages)
  const transactions = Math.round(cost.tableOperations * statuses)
  const rows = pagesHit(Math.ceil(recipients / campaigns / PAGE_SIZE), statuses / transactions)
  const month = new Date().toISOString().slice(0, 7).replace('-', '')
  return {
    messages: { count: Math.round(messages / hosts), bytes: bytes > MESSAGE_BYTES ? NAME_BYTES : bytes },
    blobs: {
      count: Math.round(blobOperations / 2 / hosts),
      bytes: Math.round((statuses / posts) * STATUS_BYTES + WEBHOOK_BYTES),
    },
    transactions: { count: Math.round(transactions / hosts), rows, campaigns },
    table: `${TABLES.facts}${month}`,
    partition: `floor-${randomUUID()}`,
  }
}

/** How many different pages so many statuses of anybody are about; a transaction takes 100 at most. */
function pagesHit(pages: number, statuses: number): number {
  return Math.min(100, Math.max(1, Math.round(pages * (1 - (1 - 1 / pages) ** statuses))))
}
