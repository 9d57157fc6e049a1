/** When Meta says that something happened. */
import * as z from 'zod'
import type { Change } from './split.ts'

const CLOCK_SKEW_MS = 60_000

/** Meta's time, unless it is none or lies ahead: later events would all seem older than such a one. */
export function eventTime({ entry_time }: Change, receivedAt: string): string {
  const received = Date.parse(receivedAt)
  const said = entry_time === null ? received : entry_time * 1000
  return new Date(said > 0 && said <= received + CLOCK_SKEW_MS ? said : received).toISOString()
}

/** The latest time a Date can hold, in seconds. */
const MOST_SECONDS = 8_640_000_000_000

/** A date of Meta's in any of its forms: unix seconds as number or text, or a date in words. Undefined for anything else. */
export const MetaDate = z
  .union([z.number(), z.string()])
  .transform((date) =>
    typeof date === 'string' && !/^\d+$/.test(date) ? Date.parse(`${date} UTC`) : Number(date) * 1000,
  )
  .pipe(
    z
      .number()
      .min(1)
      .max(MOST_SECONDS * 1000),
  )
  .transform((ms) => new Date(ms).toISOString())
  .optional()
  .catch(undefined)
