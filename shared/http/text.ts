/** Text that a person gives: names, captions. */
import * as z from 'zod'

/**
 * Whole Unicode without null bytes, which stores and other programs cut at or change: `wellFormedText.min(1).max(255)`.
 */
export const wellFormedText = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'), {
  error: 'Input should be text without null bytes and half characters',
})
