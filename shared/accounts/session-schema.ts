/**
 * Sessions as stored in `directory`, each of two kinds of documents. A session is one sign-in on one device: the family
 * of all refresh tokens that follow from it. Deleting its document ends it, whatever tokens are still about. A refresh
 * token's document says which session it belongs to and how many came before it; it outlives its use, so that using it
 * again is noticed. Both go away by their `ttl`.
 */
import * as z from 'zod'

/** A session nobody refreshed for so long is over. */
export const IDLE_SECONDS = 14 * 24 * 3600
/** No session is older, however much it is used: then the person signs in again. */
export const LONGEST_SECONDS = 30 * 24 * 3600
/** Two tabs, or a request whose answer was lost, use one token twice: for so long that is no theft. */
const GRACE_SECONDS = 10

export const SessionDocument = z.object({
  id: z.string(),
  type: z.literal('session'),
  v: z.literal(1),
  session_id: z.uuid(),
  user_id: z.uuid(),
  /** With a token, makes the token that follows it; without one, makes nothing. */
  chain_secret: z.string(),
  /** The place of the current refresh token in the family, from 0. */
  sequence: z.number(),
  started_at: z.string(),
  /** When the current token took over. */
  rotated_at: z.string(),
  ttl: z.number(),
})
export type SessionDocument = z.output<typeof SessionDocument>

export const RefreshTokenDocument = z.object({
  id: z.string(),
  type: z.literal('refresh'),
  v: z.literal(1),
  session_id: z.uuid(),
  sequence: z.number(),
  created_at: z.string(),
  ttl: z.number(),
})
export type RefreshTokenDocument = z.output<typeof RefreshTokenDocument>

/** True while the session may be used: neither idle for too long nor too old. */
export function isAlive({ started_at, rotated_at }: SessionDocument, now: Date): boolean {
  return now.getTime() < Math.min(secondsAfter(rotated_at, IDLE_SECONDS), secondsAfter(started_at, LONGEST_SECONDS))
}

/** How long a refresh token given out now can be of use. */
export function secondsLeft(startedAt: string, now: Date): number {
  return Math.min(IDLE_SECONDS, secondsUntilOver(startedAt, now))
}

/** Until nothing of the session can be alive. At least one, because a `ttl` of less is none. */
export function secondsUntilOver(startedAt: string, now: Date): number {
  return Math.max(1, Math.ceil((secondsAfter(startedAt, LONGEST_SECONDS) - now.getTime()) / 1000))
}

export function isInGrace({ rotated_at }: SessionDocument, now: Date): boolean {
  return now.getTime() <= secondsAfter(rotated_at, GRACE_SECONDS)
}

function secondsAfter(moment: string, seconds: number): number {
  return Date.parse(moment) + seconds * 1000
}
