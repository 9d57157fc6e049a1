/** Work that comes in from outside: a span each, with its trace's id on every line that is logged inside. Without telemetry, just the work. */
import { withLogFields } from '../log.ts'
import type { Answer, Endpoint } from '../http/endpoint.ts'
import type { SpanNotes, SpanOptions, Telemetry } from './telemetry.ts'

/** `parent` is the caller's, as the host hands it on. */
export async function tracedRequest(
  telemetry: Telemetry | undefined,
  { name, method, path }: Pick<Endpoint, 'name' | 'method' | 'path'>,
  parent: string | undefined,
  handle: () => Promise<Answer>,
): Promise<Answer> {
  if (!telemetry) return handle()
  const startedAt = performance.now()
  const attributes = { 'http.request.method': method, 'http.route': `/${path}`, 'herald.endpoint': name }
  return entry(telemetry, `${method} /${path}`, { kind: 'server', parent, attributes }, async (notes) => {
    const answer = await handle()
    notes.add({ 'http.response.status_code': answer.status })
    if (answer.status >= 500) notes.fail(String(answer.status))
    telemetry.tell('herald.http.requests', performance.now() - startedAt, { endpoint: name, status: answer.status })
    return answer
  })
}

export async function tracedTimer(
  telemetry: Telemetry | undefined,
  name: string,
  work: () => Promise<unknown>,
): Promise<void> {
  await (telemetry ? entry(telemetry, `timer ${name}`, { kind: 'internal' }, work) : work())
}

interface Received {
  queue: string
  /** As it came: a message of a version or a process that carries nothing begins a trace of its own. */
  message: unknown
  dequeueCount: unknown
  now: Date
}

export function tracedMessage(
  telemetry: Telemetry | undefined,
  { queue, message, dequeueCount, now }: Received,
  work: () => Promise<void>,
): Promise<void> {
  if (!telemetry) return work()
  const { traceparent, due_ms } = carriedBy(message)
  if (due_ms !== undefined) telemetry.tell('herald.queue.age', Math.max(0, now.getTime() - due_ms), { queue })
  const attributes = {
    'messaging.destination.name': queue,
    ...(typeof dequeueCount === 'number' ? { 'messaging.delivery_count': dequeueCount } : {}),
  }
  return entry(telemetry, `process ${queue}`, { kind: 'consumer', parent: traceparent, attributes }, work)
}

function entry<T>(
  telemetry: Telemetry,
  name: string,
  options: SpanOptions,
  work: (notes: SpanNotes) => Promise<T>,
): Promise<T> {
  return telemetry.span(name, options, (notes) => {
    const trace_id = telemetry.traceparent()?.split('-')[1]
    return withLogFields({ trace_id }, () => work(notes))
  })
}

/** What a queue message carries beside what its schema names: where it comes from, and when it was to be taken up. */
export interface Carried {
  /** W3C's. */
  traceparent?: string | undefined
  due_ms?: number | undefined
}

function carriedBy(message: unknown): Carried {
  if (typeof message !== 'object' || message === null) return {}
  const { traceparent, due_ms } = message as { [name in keyof Carried]?: unknown } // any object has, or has not, these
  return {
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    due_ms: typeof due_ms === 'number' ? due_ms : undefined,
  }
}
