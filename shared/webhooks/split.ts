/**
 * A webhook body taken apart by kind of event, so that each kind has a queue of its own and one odd item never holds up
 * its neighbours. Nothing is judged here and nothing is dropped: what cannot be understood is parked by whoever handles
 * its kind.
 */
import * as z from 'zod'

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

/** The field of what is no change at all: an entry or a change of a shape we do not know, whole, as its value. */
export const UNREADABLE = '(unreadable)'

const Body = z.object({ entry: z.array(z.unknown()).min(1) })
/** Meta adds properties now and then: what stands beside these in an entry or a change is not kept. */
const Entry = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  time: z.unknown().optional(),
  changes: z.array(z.unknown()),
})
const OneChange = z.object({ field: z.string(), value: z.unknown() })

/** Parses a body without losing digits of ids beyond 2^53, or undefined if it is not JSON. */
export function parseBody(text: string): unknown {
  try {
    return MAYBE_LONG_NUMBER.test(text) ? JSON.parse(text, keepLongNumbers) : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The changes of a body by kind, or undefined if it has no entries. */
export function splitBody(body: unknown): Map<EventKind, Change[]> | undefined {
  const parsed = Body.safeParse(body)
  if (!parsed.success) return undefined
  const kinds = new Map<EventKind, Change[]>()
  for (const change of parsed.data.entry.flatMap(changesOf)) {
    for (const [kind, part] of byKind(change)) {
      const list = kinds.get(kind) ?? []
      kinds.set(kind, list)
      list.push(part)
    }
  }
  return kinds
}

function changesOf(entry: unknown): Change[] {
  const parsed = Entry.safeParse(entry)
  if (!parsed.success || parsed.data.changes.length === 0) {
    return [{ entry_id: null, entry_time: null, field: UNREADABLE, value: entry }]
  }
  const { id, time, changes } = parsed.data
  const said = { entry_id: id == null ? null : String(id), entry_time: typeof time === 'number' ? time : null }
  return changes.map((change) => ({ ...said, ...(OneChange.safeParse(change).data ?? unreadable(change)) }))
}

function unreadable(change: unknown): Pick<Change, 'field' | 'value'> {
  return { field: UNREADABLE, value: change }
}

/** Changes about messages beside `messages`: what the business wrote on its phone, and what was written before. */
const OTHER_MESSAGES: ReadonlySet<string> = new Set(['smb_message_echoes', 'message_echoes', 'history'])

/** A `messages` change with statuses and anything else that happened counts for both kinds, each with its part. */
function byKind(change: Change): [EventKind, Change][] {
  const { field, value } = change
  if (OTHER_MESSAGES.has(field)) return [['messages', change]]
  if (field !== 'messages') return [['account', change]]
  if (typeof value !== 'object' || value === null || !('statuses' in value)) return [['messages', change]]
  if (!('messages' in value) && !('errors' in value)) return [['statuses', change]]
  const { statuses, ...rest } = value
  const statusPart = { ...('metadata' in rest ? { metadata: rest.metadata } : {}), statuses }
  return [
    ['statuses', { ...change, value: statusPart }],
    ['messages', { ...change, value: rest }],
  ]
}

const MAYBE_LONG_NUMBER = /[:[,]\s*-?\d{16,}/

/** JSON.parse hands the source text to its reviver: integers a double cannot hold stay text. */
function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')) {
    return context?.source
  }
  return value
}
