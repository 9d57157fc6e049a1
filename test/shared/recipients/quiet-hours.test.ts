import { describe, expect, it } from 'vitest'
import { endOfQuiet } from '../../../shared/recipients/quiet-hours.ts'
import { zonesOf } from '../../../shared/recipients/time-zones.ts'
import { QuietHours } from '../../../shared/workspaces/schema.ts'

const NIGHT = { from: '21:00', to: '08:00' }

function endsAt(quiet: QuietHours, address: string, now: string): string | undefined {
  return endOfQuiet(quiet, address, new Date(now))?.toISOString()
}

describe('quiet hours', () => {
  it('last over midnight until the morning where the person lives', () => {
    expect(endsAt(NIGHT, '+4915112345678', '2027-01-11T20:30:00Z')).toBe('2027-01-12T07:00:00.000Z')
    expect(endsAt(NIGHT, '+4915112345678', '2027-01-12T06:59:30Z')).toBe('2027-01-12T07:00:00.000Z')
    expect(endsAt(NIGHT, '+4915112345678', '2027-01-12T07:00:00Z')).toBeUndefined()
    expect(endsAt(NIGHT, '+4915112345678', '2027-01-12T19:59:00Z')).toBeUndefined()
    expect(endsAt(NIGHT, '+919812345678', '2027-01-12T15:29:00Z')).toBeUndefined()
    expect(endsAt(NIGHT, '+919812345678', '2027-01-12T15:30:00Z')).toBe('2027-01-13T02:30:00.000Z')
  })

  it('follow the clocks of summer', () => {
    expect(endsAt(NIGHT, '+4915112345678', '2027-07-11T19:30:00Z')).toBe('2027-07-12T06:00:00.000Z')
  })

  it('can lie within a day', () => {
    const siesta = { from: '13:00', to: '15:30' }
    expect(endsAt(siesta, '+393331234567', '2027-01-12T13:00:00Z')).toBe('2027-01-12T14:30:00.000Z')
    expect(endsAt(siesta, '+393331234567', '2027-01-12T11:00:00Z')).toBeUndefined()
  })

  it('hold in a country of several zones while they hold in any of them', () => {
    // 09:00 in New York is 04:00 in Hawaii.
    expect(endsAt(NIGHT, '+12125550123', '2027-01-12T14:00:00Z')).toBe('2027-01-12T18:00:00.000Z')
    // 14:00 in Hawaii is 20:30 in Newfoundland, and half an hour later it is quiet there.
    expect(endsAt(NIGHT, '+12125550123', '2027-01-13T00:00:00Z')).toBeUndefined()
    expect(endsAt(NIGHT, '+12125550123', '2027-01-13T00:30:00Z')).toBe('2027-01-13T18:00:00.000Z')
  })

  it('never last longer than a day or so, even where no hour is left to send', () => {
    const always = { from: '10:00', to: '09:59' }
    const now = '2027-01-12T12:00:00Z'
    const end = endsAt(always, '+79161234567', now)!
    expect(Date.parse(end) - Date.parse(now)).toBeLessThan(5 * 24 * 3_600_000)
    expect(endsAt({ from: '10:00', to: '10:00' }, '+4915112345678', now)).toBeUndefined()
  })

  it('are times of day, at most half a day apart', () => {
    for (const good of [NIGHT, { from: '20:00', to: '08:00' }]) expect(QuietHours.safeParse(good).success).toBe(true)
    for (const odd of [
      { from: '9:00', to: '08:00' },
      { from: '24:00', to: '08:00' },
      { from: '21:00' },
      {},
      { from: '20:00', to: '08:01' },
    ]) {
      expect(QuietHours.safeParse(odd).success).toBe(false)
    }
  })
})

describe('the zones of a number', () => {
  it('come from its country code, the longest that fits', () => {
    expect(zonesOf('4915112345678')).toEqual(['Europe/Berlin'])
    expect(zonesOf('+35191234567')).toEqual(['Atlantic/Azores', 'Europe/Lisbon'])
    expect(zonesOf('+12125550123')).toEqual(['Pacific/Honolulu', 'America/St_Johns'])
    expect(zonesOf('+999123')).toEqual(['UTC'])
  })

  it('are all known to this machine', () => {
    for (let code = 1; code < 1000; code++) {
      for (const timeZone of zonesOf(`+${code}`))
        expect(() => new Intl.DateTimeFormat('en', { timeZone })).not.toThrow()
    }
  })
})
