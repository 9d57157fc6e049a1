/**
 * What reactions, edits and revocations make of the message they speak of, as pure rules. The notes on a message are found
 * by its wamid, whether the message is here yet, or ever: so nothing waits, and any order gives the same end.
 */
import { createHash } from 'node:crypto'
import { contentOf } from './content.ts'
import { effectOf, kindOf } from './kinds.ts'
import { objectIn } from './read-json.ts'
import type { Conversation, MessageNotes } from './schema.ts'

/** One message that changes another. */
export interface NoteChange {
  /** Who reacted. */
  by: string
  at: string
  wamid: string
  item: unknown
}

/** Two conversations may share a partition: their notes on a message do not meet. */
export function notesId(conversationId: string, wamid: string): string {
  return `notes-${createHash('sha256').update(`${conversationId}\n${wamid}`).digest('hex')}`
}

export function noNotes({ workspace_id, conversation, id }: Conversation, wamid: string): MessageNotes {
  return {
    id: notesId(id, wamid),
    workspace_id,
    conversation,
    type: 'notes',
    v: 1,
    conversation_id: id,
    wamid,
    reactions: {},
  }
}

/** The same notes if a later change of this kind is known. */
export function noted(notes: MessageNotes, change: NoteChange): MessageNotes {
  const { at, wamid, item, by } = change
  switch (effectOf(kindOf(item)).changes) {
    case 'reaction': {
      if (isKnown(notes.reactions[by], change)) return notes
      const emoji = contentOf(item).reaction?.emoji ?? null
      return { ...notes, reactions: { ...notes.reactions, [by]: { at, wamid, emoji } } }
    }
    case 'edit':
      if (isKnown(notes.edited, change)) return notes
      return { ...notes, edited: { at, wamid, message: objectIn(objectIn(item, 'edit'), 'message') } }
    case 'revoke':
      return isKnown(notes.revoked, change) ? notes : { ...notes, revoked: { at, wamid } }
    default:
      return notes
  }
}

interface Point {
  at: string
  wamid: string
}

/** Of two changes in the same second, always the same one counts. */
function isKnown(known: Point | undefined, change: Point): boolean {
  return known !== undefined && orderOf(known) >= orderOf(change)
}

function orderOf({ at, wamid }: Point): string {
  return `${at} ${wamid}`
}

/** Meta's form of a message as it reads now. */
export function asItReadsNow(item: unknown, notes: MessageNotes | undefined): unknown {
  const { edited } = notes ?? {}
  if (!edited || typeof item !== 'object' || item === null) return item
  // The edited content brings its own type; sender, id and time stay.
  return { ...item, ...(edited.message as object) } // made by `noted`
}

/** The words that stand for a message in a list. */
export function previewText(item: unknown, notes: MessageNotes | undefined): string | null {
  if (notes?.revoked) return null
  return shortened(contentOf(asItReadsNow(item, notes)).text)
}

const PREVIEW_LENGTH = 120

export function shortened(text: string | null): string | null {
  if (text === null || text.length <= PREVIEW_LENGTH) return text
  // By characters, so that none is cut in half.
  return `${Array.from(text.slice(0, PREVIEW_LENGTH * 2))
    .slice(0, PREVIEW_LENGTH - 1)
    .join('')}…`
}
