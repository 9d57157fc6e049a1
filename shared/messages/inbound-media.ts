/** A file that came with a message: what is known of its way from Meta into our media. */
import * as z from 'zod'

export const InboundMedia = z.object({
  /** waiting: to be fetched, or to be tried again. kept: it is a media file of the workspace. failed: it never will be. */
  state: z.enum(['waiting', 'kept', 'failed']),
  media_id: z.uuid().nullable(),
  /** Why it is not there yet, or will not be; for people. */
  problem: z.string().nullable(),
  tries: z.int(),
})
export type InboundMedia = z.output<typeof InboundMedia>

export const WAITING: InboundMedia = { state: 'waiting', media_id: null, problem: null, tries: 0 }
