/** A request to a store, told as a span with what it was and how it was answered. */
import type { SpanNotes, Telemetry } from '../telemetry/telemetry.ts'

export interface Asked {
  /** Begins the name of the span. */
  word: string
  system: string
  /** Both of few values, and never a key, an id or a name: some are made of what a person is known by. */
  collection: string
  operation: string
}

/** Answers that say how things are, not that something is wrong. */
const ORDINARY = new Set([404, 409, 412, 304])

export function observed<Answer extends { status: number }>(
  telemetry: Telemetry,
  { word, system, collection, operation }: Asked,
  send: (notes: SpanNotes) => Promise<Answer>,
): Promise<Answer> {
  const attributes = { 'db.system.name': system, 'db.collection.name': collection, 'db.operation.name': operation }
  return telemetry.span(`${word} ${operation} ${collection}`, { kind: 'client', attributes }, async (notes) => {
    const answer = await send(notes)
    notes.add({ 'db.response.status_code': String(answer.status) })
    if (answer.status >= 400 && !ORDINARY.has(answer.status)) notes.fail(String(answer.status))
    return answer
  })
}
