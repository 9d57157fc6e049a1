/**
 * How a verb makes something once although its request may be run again: after a crash between the effect and its
 * record, nobody knows how far the first run came. So ids come from the request's Idempotency-Key, the same in each run,
 * and a repeated run looks for what an earlier one made before it checks or writes anything.
 */
import { newUuid } from '../ids.ts'

export interface Once {
  /** What a new id is made of: another one each time, or, under a key, always the same for the same purpose. */
  seed: (purpose: string) => string
  /** Stored in what this request makes where its id tells nothing of who made it; undefined without a key. */
  readonly mark: string | undefined
  /** True where the request was begun before: what it is to make may be there. */
  readonly isRepeat: boolean
  /** When it was begun first; undefined without a key. */
  readonly since: Date | undefined
}

/** Of a request without a key, and of everything that is no request. */
export const UNKEYED: Once = { seed: newUuid, mark: undefined, isRepeat: false, since: undefined }

/** The mark as a field of a new document. */
export function madeBy({ mark }: Once): { made_by?: string } {
  return mark === undefined ? {} : { made_by: mark }
}

/** True of what an earlier run of this very request made. */
export function isOwn({ mark }: Once, made: { made_by?: string | undefined } | undefined): boolean {
  return mark !== undefined && made?.made_by === mark
}
