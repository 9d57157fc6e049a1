/** When nobody is to be disturbed, by the clock where they live. */
import type { QuietHours } from '../workspaces/schema.ts'
import { zonesOf } from './time-zones.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

/**
 * When this address may be sent to, if it must wait now. A country with several time zones is quiet while it is quiet in
 * any of them: the number does not tell where in it the person lives.
 */
export function endOfQuiet(quiet: QuietHours | undefined, address: string, now: Date): Date | undefined {
  if (!quiet) return undefined
  const from = minutesOf(quiet.from)
  const lasts = (minutesOf(quiet.to) - from + DAY_MINUTES) % DAY_MINUTES
  let end = now
  // Where it ends in one zone it may be quiet in the other: looked at again from there, once around the day at most.
  for (let round = 0; round < 4; round++) {
    const waits = zonesOf(address).map((zone) => minutesLeft(localMinutes(zone, end), from, lasts))
    const longest = Math.max(0, ...waits)
    if (longest === 0) break
    end = new Date((Math.floor(end.getTime() / MINUTE_MS) + longest) * MINUTE_MS)
  }
  return end > now ? end : undefined
}

function minutesLeft(local: number, from: number, lasts: number): number {
  const into = (local - from + DAY_MINUTES) % DAY_MINUTES
  return into < lasts ? lasts - into : 0
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** Asked for thousands of numbers in the same minute. */
const answers = new Map<string, { minute: number; local: number }>()
const clocks = new Map<string, Intl.DateTimeFormat>()

function localMinutes(zone: string, at: Date): number {
  const minute = Math.floor(at.getTime() / MINUTE_MS)
  const known = answers.get(zone)
  if (known?.minute === minute) return known.local
  const local = askClock(zone, at)
  answers.set(zone, { minute, local })
  return local
}

function askClock(zone: string, at: Date): number {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  clocks.set(zone, clock)
  return minutesOf(clock.format(at))
}
