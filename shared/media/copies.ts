/**
 * The copies of a file at Meta: a message names one by its id, instead of having Meta fetch the file for each message. A
 * copy belongs to one phone number and lives 30 days
 * (https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media).
 */
import type { GraphAnswer } from '../whatsapp/graph.ts'
import { outcomeOf, type SendOutcome } from '../whatsapp/outcome.ts'
import type { Media, MetaCopy } from './schema.ts'

const DAY_MS = 24 * 3_600_000
const LIFE_MS = 30 * DAY_MS
/** A message that Meta took just before the end is still on its way. */
const RESERVE_MS = DAY_MS

/** What a message needs to know of the copy it names. */
export interface UsedCopy extends Pick<MetaCopy, 'id' | 'uploaded_at'> {
  media_id: string
}

/** The newest one that messages of this number may name. */
export function copyFor(media: Media, phoneNumberId: string, now: Date): UsedCopy | undefined {
  const copy = media.at_meta.findLast(
    ({ phone_number_id, expires_at, refused_at }) =>
      phone_number_id === phoneNumberId &&
      refused_at === undefined &&
      Date.parse(expires_at) - RESERVE_MS > now.getTime(),
  )
  return copy && { id: copy.id, uploaded_at: copy.uploaded_at, media_id: media.id }
}

export function newCopy(phoneNumberId: string, id: string, uploadedAt: Date): MetaCopy {
  const expiresAt = new Date(uploadedAt.getTime() + LIFE_MS)
  return {
    phone_number_id: phoneNumberId,
    id,
    uploaded_at: uploadedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  }
}

/** Without those that Meta has dropped meanwhile. */
export function livingCopies(media: Media, now: Date): MetaCopy[] {
  return media.at_meta.filter(({ expires_at }) => Date.parse(expires_at) > now.getTime())
}

/** Meta's codes for a message that names a file it does not know; each of them also stands for something else. */
const MAYBE_LOST = new Set([100, 131009, 131053])
/** Meta knows what it was given so lately: then something else is wrong with the message. */
const SURELY_KNOWN_MS = 10 * 60_000
const MOST_TRIES = 5
const AGAIN_MS = 5_000

/** True if the file was refused, and a new copy of it may help. */
export function mayBeLost(code: number, copy: Pick<UsedCopy, 'uploaded_at'>, now: Date): boolean {
  return MAYBE_LOST.has(code) && now.getTime() - Date.parse(copy.uploaded_at) > SURELY_KNOWN_MS
}

/**
 * As `outcomeOf`, for a message that names a copy. A refusal is certain, so the message may go once more, with a new copy; for
 * any answer that leaves doubt there is no second try, as ever.
 */
export function outcomeWithFile(
  answer: GraphAnswer,
  tries: number,
  copy: UsedCopy | undefined,
  now: Date,
): SendOutcome {
  if (answer.kind !== 'refused' || !copy || tries >= MOST_TRIES || !mayBeLost(answer.error.code, copy, now)) {
    return outcomeOf(answer, tries)
  }
  const { code } = answer.error
  const result = { kind: 'again' as const, afterMs: AGAIN_MS, code, reason: 'Meta does not have the file any more' }
  return { result, effect: { kind: 'lost_file' } }
}
