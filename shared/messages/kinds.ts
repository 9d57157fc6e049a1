/**
 * What a message from WhatsApp does, by its type: one table. What it has no row for, a type that Meta made up since, is a
 * message of a person's like any other.
 */
import { textIn } from './read-json.ts'

export interface Effect {
  /** It is something the person did that opens the service window. */
  opensWindow: boolean
  /** It stands in the conversation for somebody to read: counts as unread, and is shown as the last message. */
  isForReading: boolean
  /** It speaks of another message, and changes it. */
  changes?: 'reaction' | 'edit' | 'revoke'
}

const A_MESSAGE: Effect = { opensWindow: true, isForReading: true }

const EFFECTS: Readonly<Record<string, Effect>> = {
  reaction: { opensWindow: true, isForReading: false, changes: 'reaction' },
  edit: { opensWindow: false, isForReading: false, changes: 'edit' },
  revoke: { opensWindow: false, isForReading: false, changes: 'revoke' },
  // WhatsApp's own notes about the person.
  system: { opensWindow: false, isForReading: false },
  request_welcome: { opensWindow: true, isForReading: false },
}

export function effectOf(kind: string): Effect {
  return Object.hasOwn(EFFECTS, kind) ? (EFFECTS[kind] ?? A_MESSAGE) : A_MESSAGE
}

const LONGEST_KIND = 40

/** Meta's type of a received message. */
export function kindOf(item: unknown): string {
  return textIn(item, 'type')?.slice(0, LONGEST_KIND) ?? 'unknown'
}

const MEDIA_KINDS = new Set(['image', 'video', 'audio', 'document', 'sticker'])

export function isMediaKind(kind: string): boolean {
  return MEDIA_KINDS.has(kind)
}

/** The wamid of the message that a reaction, an edit or a revocation is about. */
export function targetOf(item: unknown): string | null {
  const kind = kindOf(item)
  const { changes } = effectOf(kind)
  if (changes === undefined) return null
  const part = (item as Record<string, unknown>)[kind] // kindOf found a type in it
  return textIn(part, changes === 'reaction' ? 'message_id' : 'original_message_id')
}
