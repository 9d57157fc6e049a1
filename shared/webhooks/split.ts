/**
 * A webhook body taken apart by kind of event, so that each kind has a queue of its own and one odd item never holds up
 * its neighbours. Nothing is judged here: what cannot be understood is parked by whoever handles its kind.
 */
import { z } from 'zod'

export type EventKind = 'messages' | 'statuses' | 'account'

/** One `changes[]` element with what its entry says of it. */
export interface Change {
  /** `entry[].id`: the WhatsApp Business Account, usually. */
  entry_id: string | null
  /** `entry[].time`, unix seconds. */
  entry_time: number | null
  field: string
  value: unknown
}

const Body = z.object({
  entry: z.array(
    z.object({
      id: z.union([z.string(), z.number()]).optional(),
      time: z.number().optional(),
      changes: z.array(z.looseObject({ field: z.string(), value: z.unknown() })),
    }),
  ),
})

/** Parses a body without losing digits of ids beyond 2^53, or undefined if it is not JSON. */
export function parseBody(text: string): unknown {
  try {
    return MAYBE_LONG_NUMBER.test(text) ? JSON.parse(text, keepLongNumbers) : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The changes of a body by kind; `messages` changes that carry statuses and messages count for both. */
export function splitBody(body: unknown): Map<EventKind, Change[]> | undefined {
  const parsed = Body.safeParse(body)
  if (!parsed.success) return undefined
  const kinds = new Map<EventKind, Change[]>()
  for (const entry of parsed.data.entry) {
    for (const { field, value } of entry.changes) {
      const change = {
        entry_id: entry.id === undefined ? null : String(entry.id),
        entry_time: entry.time ?? null,
        field,
        value,
      }
      for (const [kind, part] of byKind(change)) kinds.set(kind, [...(kinds.get(kind) ?? []), part])
    }
  }
  return kinds
}

function byKind(change: Change): [EventKind, Change][] {
  if (change.field !== 'messages') return [['account', change]]
  if (typeof change.value !== 'object' || change.value === null || !('statuses' in change.value))
    return [['messages', change]]
  const { statuses, ...rest } = change.value
  const statusPart = { metadata: 'metadata' in rest ? rest.metadata : undefined, statuses }
  const parts: [EventKind, Change][] = [['statuses', { ...change, value: statusPart }]]
  if ('messages' in rest || 'errors' in rest) parts.push(['messages', { ...change, value: rest }])
  return parts
}

const MAYBE_LONG_NUMBER = /[:[,]\s*-?\d{16,}/

/** JSON.parse hands the source text to its reviver: integers a double cannot hold stay text. */
function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')) {
    return context?.source
  }
  return value
}
