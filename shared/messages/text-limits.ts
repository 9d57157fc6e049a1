/** How long texts may be at Meta. */
import { wellFormedText } from '../http/text.ts'

export const MAX_TEXT = 4096
export const MAX_CAPTION = 1024

/** Counted as people count, and as WhatsApp shows them: an emoji is one. */
export function atMost(most: number) {
  return wellFormedText.refine((text) => text.length <= most || Array.from(text).length <= most, {
    error: `String should have at most ${most} characters`,
    params: { type: 'string_too_long' },
  })
}
