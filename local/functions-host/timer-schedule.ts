/**
 * When a timer fires: NCRONTAB with six fields (second first; five fields mean second 0) or a time span, always in UTC.
 * A day must fit both the day-of-month and the day-of-week field, as in NCRONTAB, not either of them as in Unix cron.
 */

export interface Schedule {
  next(after: Date): Date
}

export function parseSchedule(text: string): Schedule {
  const interval = parseTimeSpan(text)
  if (interval === undefined) return parseCron(text)
  if (interval <= 0) throw new Error(`The time span "${text}" is not a schedule: it must be longer than zero`)
  return { next: (after) => new Date(after.getTime() + interval) }
}

function parseCron(text: string): Schedule {
  const fields = text.trim().split(/\s+/)
  if (fields.length === 5) fields.unshift('0')
  if (fields.length !== ranges.length) {
    throw new Error(`"${text}" is not a schedule: six fields or a time span are expected`)
  }
  const values = ranges.map((range, index) => parseField(fields[index] ?? '', range, text))
  return { next: (after) => nextOccurrence(values, after, text) }
}

/** `hh:mm:ss` or `d.hh:mm:ss`, with parts of a second or without, in milliseconds. .NET reads `24:00:00` as 24 days; that is refused as a trap. */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):([0-5]\d):([0-5]\d(?:\.\d{1,7})?)$/.exec(text.trim())
  if (!match) return undefined
  const [days, hours, minutes, seconds] = [match[1] ?? 0, match[2], match[3], match[4]].map(Number)
  if (days === undefined || hours === undefined || minutes === undefined || seconds === undefined) return undefined
  if (hours > 23) return undefined
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** Leap days that fall on one weekday come round within 28 years, except across 2100: 40 covers it. */
const searchedYears = 40

function nextOccurrence(fields: readonly Set<number>[], after: Date, text: string): Date {
  const time = new Date(after)
  time.setUTCMilliseconds(0)
  time.setUTCSeconds(time.getUTCSeconds() + 1)
  const limit = time.getUTCFullYear() + searchedYears
  while (time.getUTCFullYear() <= limit) {
    const parts = [
      time.getUTCSeconds(),
      time.getUTCMinutes(),
      time.getUTCHours(),
      time.getUTCDate(),
      time.getUTCMonth() + 1,
      time.getUTCDay(),
    ]
    const misfit = parts.findLastIndex((part, index) => !fields[index]?.has(part))
    if (misfit < 0) return time
    skipPart[misfit]?.(time)
  }
  throw new Error(`The schedule "${text}" never fires`)
}

/** To the start of the next second, minute, hour, day, month, day: the next moment at which that part can fit. */
const skipPart: readonly ((time: Date) => void)[] = [
  (time) => time.setUTCSeconds(time.getUTCSeconds() + 1),
  (time) => time.setUTCMinutes(time.getUTCMinutes() + 1, 0),
  (time) => time.setUTCHours(time.getUTCHours() + 1, 0, 0),
  (time) => time.setUTCHours(24, 0, 0),
  (time) => {
    time.setUTCMonth(time.getUTCMonth() + 1, 1)
    time.setUTCHours(0, 0, 0)
  },
  (time) => time.setUTCHours(24, 0, 0),
]

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

interface Range {
  readonly first: number
  readonly last: number
  readonly names?: readonly string[]
}

const ranges: readonly Range[] = [
  { first: 0, last: 59 },
  { first: 0, last: 59 },
  { first: 0, last: 23 },
  { first: 1, last: 31 },
  { first: 1, last: 12, names: monthNames },
  { first: 0, last: 6, names: weekdayNames },
]

function parseField(field: string, range: Range, schedule: string): Set<number> {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const numbers = parsePart(part, range)
    if (!numbers) throw new Error(`"${part}" in the schedule "${schedule}" is not understood`)
    for (let value = numbers.from; value <= numbers.to; value += numbers.step) values.add(value)
  }
  return values
}

/** One of `*`, `5`, `1-5`, `MON-FRI`, any of them with `/step`; `5/15` means from 5 to the end, every 15. */
function parsePart(part: string, range: Range): { from: number; to: number; step: number } | undefined {
  const all = `${range.first}-${range.last}`
  const match = /^(?<from>[^/-]+)(?:-(?<to>[^/-]+))?(?:\/(?<step>[1-9]\d*))?$/.exec(part.replace(/^\*(?=\/|$)/, all))
  if (!match?.groups) return undefined
  const { from: fromText, to: toText, step } = match.groups
  const from = valueOf(fromText, range)
  const open = step === undefined ? from : range.last
  const to = toText === undefined ? open : valueOf(toText, range)
  return from === undefined || to === undefined || from > to ? undefined : { from, to, step: Number(step ?? 1) }
}

function valueOf(text: string | undefined, range: Range): number | undefined {
  if (text === undefined) return undefined
  const named = range.names?.findIndex((name) => text.toUpperCase().startsWith(name)) ?? -1
  if (named >= 0) return named + range.first
  if (!/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return value >= range.first && value <= range.last ? value : undefined
}
