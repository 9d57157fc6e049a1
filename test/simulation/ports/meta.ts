/**
 * Meta for simulated hosts: takes messages, refuses some, loses answers, and reports later what became of what it took,
 * in any order, late and more than once. What it really did is in the watch's ledger.
 */
import { PAGE_SIZE } from '../../../shared/recipients/page.ts'
import { parseCallbackData } from '../../../shared/recipients/callback.ts'
import { recipientAddress } from '../../../shared/ids.ts'
import type { GraphAnswer, GraphClient, GraphRequest } from '../../../shared/whatsapp/graph.ts'
import type { Host, Setting } from '../host.ts'
import type { Random } from '../random.ts'
import type { Send, Watch } from '../watch.ts'
import type { QueueWorld } from './queues.ts'

export interface MetaSetting extends Setting {
  watch: Watch
  queues: QueueWorld
  metaNumberId: string
  /** Reports that will be told in the next webhook. */
  told: Report[]
}

/** The client gives up after so long (see shared/whatsapp/graph.ts). */
const CALL_TIMEOUT_MS = 20_000
const REFUSALS = [130429, 131056, 131026, 131016, 2, 100, 131021]
const STOPS = [190, 132015, 131042, 131048]
const STATUS_FAILURES = [131026, 131047, 130472]

export function simulatedGraph(setting: MetaSetting, host: Host): GraphClient {
  return {
    call(request) {
      const send = sendOf(request)
      setting.watch.issued(send, host.name)
      const label = `sends to ${send.page * PAGE_SIZE + send.position}`
      return host.exchange(label, () =>
        answer(setting, send, (note) => setting.trace(`${host.name} ${label}: ${note}`)),
      )
    },
    close: () => Promise.resolve(),
  }
}

function sendOf({ json }: GraphRequest): Send {
  // What sendOne builds: anything else fails right here.
  const { to, biz_opaque_callback_data: data } = json as { to: string; biz_opaque_callback_data: string }
  const { id, round } = parseCallbackData(data)
  const address = recipientAddress(id)
  if (!address) throw new Error(`A send without its address: ${data}`)
  return { ...address, round, to, data }
}

function answer(
  setting: MetaSetting,
  send: Send,
  note: (text: string) => void,
): { answer: GraphAnswer; afterMs: number } {
  const { random, chaos, watch } = setting
  const { meta, longestLatencyMs } = chaos()
  const draw = random.next()
  const soon = random.between(5, Math.max(20, Math.min(longestLatencyMs, 5_000)))
  let below = 0
  const falls = (share: number): boolean => draw < (below += share)
  if (falls(meta.notSent)) {
    note('never connected')
    watch.answered(send, 'not_sent')
    return { answer: { kind: 'not_sent', reason: 'ECONNREFUSED' }, afterMs: soon }
  }
  if (falls(meta.refused) || falls(meta.stopped)) {
    const code = random.pick(draw < meta.notSent + meta.refused ? REFUSALS : STOPS)
    note(`refused with ${code}`)
    watch.answered(send, 'refused')
    return { answer: { kind: 'refused', status: 400, error: { code, message: 'Simulated' } }, afterMs: soon }
  }
  const lost: GraphAnswer = { kind: 'unknown', reason: 'UND_ERR_SOCKET' }
  if (falls(meta.lostUnsent)) {
    note('nothing taken, no answer')
    watch.answered(send, 'unknown')
    return { answer: lost, afterMs: random.between(10, CALL_TIMEOUT_MS) }
  }
  take(setting, send)
  if (falls(meta.lost)) {
    note('taken, answer lost')
    watch.answered(send, 'unknown')
    return { answer: lost, afterMs: random.between(10, CALL_TIMEOUT_MS) }
  }
  note('taken')
  return { answer: { kind: 'ok', body: { messages: [{ id: `wamid.${send.data}` }] } }, afterMs: soon }
}

/** Most are delivered within seconds, some are read, some fail after all; a few reports come a quarter of an hour late. */
function take(setting: MetaSetting, send: Send): void {
  const { random, chaos, watch, scheduler } = setting
  watch.accepted(send)
  for (const kind of random.chance(chaos().failedStatus) ? failedKinds(random) : reachedKinds(random)) {
    const copies = random.chance(0.2) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = random.chance(0.05) ? random.between(0, 900_000) : random.between(50, 10_000)
      const code = random.pick(STATUS_FAILURES)
      scheduler.after(delayMs, () => collect(setting, { send, kind, code }))
    }
    watch.reported(send, kind)
  }
}

function failedKinds(random: Random): string[] {
  return random.chance(0.5) ? ['failed', 'sent'] : ['failed']
}

function reachedKinds(random: Random): string[] {
  if (!random.chance(0.8)) return ['sent']
  return random.chance(0.5) ? ['sent', 'delivered', 'read'] : ['sent', 'delivered']
}

interface Report {
  send: Send
  kind: string
  code: number
}

/** Reports of about the same second come in one webhook. */
function collect(setting: MetaSetting, report: Report): void {
  setting.told.push(report)
  if (setting.told.length > 1) return
  setting.scheduler.after(setting.random.between(10, 3_000), () => {
    setting.queues.put('webhook-statuses', webhook(setting, setting.told.splice(0)), 0)
  })
}

function webhook({ metaNumberId, scheduler }: MetaSetting, reports: Report[]): unknown {
  const statuses = reports.map(({ send, kind, code }) => ({
    id: `wamid.${send.data}`,
    status: kind,
    timestamp: String(Math.floor(scheduler.now() / 1000)),
    recipient_id: send.to,
    biz_opaque_callback_data: send.data,
    ...(kind === 'failed' ? { errors: [{ code }] } : {}),
  }))
  const value = { messaging_product: 'whatsapp', metadata: { phone_number_id: metaNumberId }, statuses }
  const change = { entry_id: '2000', entry_time: null, field: 'messages', value }
  return { received_at: new Date(scheduler.now()).toISOString(), changes: [change] }
}
