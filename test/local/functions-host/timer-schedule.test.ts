import { describe, expect, it } from 'vitest'
import { parseSchedule, parseTimeSpan } from '../../../local/functions-host/timer-schedule.ts'

describe('a schedule', () => {
  it.each([
    ['0 */5 * * * *', '2026-11-23T14:54:24Z', '2026-11-23T14:55:00Z'],
    ['*/10 * * * *', '2026-01-01T00:01:00Z', '2026-01-01T00:10:00Z'],
    ['5/15 * * * * *', '2026-01-01T00:00:20Z', '2026-01-01T00:00:35Z'],
    ['0 0 9-17/4 * * MON-FRI', '2026-11-20T17:30:00Z', '2026-11-23T09:00:00Z'],
    ['0 0 0 1 Jan,jul *', '2026-01-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['59 59 23 31 12 *', '2026-12-31T23:59:59Z', '2027-12-31T23:59:59Z'],
    ['0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['00:30:00', '2026-01-01T00:00:10Z', '2026-01-01T00:30:10Z'],
    ['1.00:00:00', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
  ])('"%s" fires after %s at %s', (schedule, after, expected) => {
    expect(parseSchedule(schedule).next(new Date(after))).toEqual(new Date(expected))
  })

  it('needs both day of month and day of week to fit', () => {
    expect(parseSchedule('0 0 0 13 * 5').next(new Date('2026-03-14T00:00:00Z'))).toEqual(
      new Date('2026-11-13T00:00:00Z'),
    )
  })

  it.each([
    '',
    '* * *',
    '60 * * * * *',
    '0 0 24 * * *',
    '0 0 0 * * 7',
    '5-2 * * * * *',
    '*5 * * * * *',
    '*/0 * * * * *',
    '00:00:00',
  ])('refuses "%s"', (schedule) => {
    expect(() => parseSchedule(schedule)).toThrow()
  })

  it('refuses 24:00:00, which .NET would read as 24 days', () => {
    expect(parseTimeSpan('23:59:59')).toBe(86_399_000)
    expect(parseTimeSpan('00:00:00.500')).toBe(500)
    expect(parseTimeSpan('24:00:00')).toBeUndefined()
  })

  it('says when it never fires', () => {
    expect(() => parseSchedule('0 0 0 30 2 *').next(new Date())).toThrow('never fires')
  })
})
