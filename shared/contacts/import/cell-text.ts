/** A workbook's cell as the text a person would read: all digits of a number, dates as dates, results of formulas. */
import type { CellObject } from 'xlsx'

export function cellText(cell: CellObject | undefined, { from1904 }: { from1904: boolean }): string {
  if (!cell || cell.t === 'e' || cell.t === 'z') return ''
  const { v: value, w: shown, z: format } = cell
  if (typeof value !== 'number') return String(shown ?? value ?? '')
  if (!isDate(value, format)) return numberText(value, shown)
  return dateText(from1904 ? value + DAYS_TO_1904 : value)
}

function isDate(value: number, format: CellObject['z'] = ''): boolean {
  return value >= 0 && value < END_OF_9999 && isDateFormat(String(format))
}

/** 31 December 9999 is day 2,958,465; what is more, as a mobile number is, was never meant as a date. */
const END_OF_9999 = 2_958_466
const DAYS_TO_1904 = 1462
const MS_PER_DAY = 86_400_000
/** Day 0. The calendar of 1900 has a 29 February that never was: dates before March 1900 are a day off, as in Excel. */
const DAY_0 = Date.UTC(1899, 11, 30)

/** Whether a number format has parts of dates or times outside of its quoted texts, colours and escapes. */
function isDateFormat(format: string): boolean {
  return /[dmyhs]/i.test(format.replace(/"[^"]*"|\[(?!h+\]|m+\]|s+\])[^\]]*\]|\\.|_.|\*./gi, ''))
}

/** ISO 8601, with a time where there is one: no phone number is written so. */
function dateText(days: number): string {
  const iso = new Date(DAY_0 + Math.round(days * MS_PER_DAY)).toISOString()
  const time = iso.slice(11, 19)
  if (days < 1) return time
  return time === '00:00:00' ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`
}

/**
 * All digits: 4915123456789, not 4.91512E+12. What the cell shows wins if it only adds to them (+, zeros, dashes). A decimal
 * number stays as it is, so that no format makes a phone number of it.
 */
function numberText(value: number, shown = ''): string {
  if (!Number.isInteger(value)) return String(value)
  const plain = BigInt(value).toString()
  const shownDigits = shown.replaceAll(/\D/g, '').replace(/^0+/, '')
  return /^[-+\d ().]+$/.test(shown) && shownDigits === plain.replaceAll(/\D/g, '') ? shown : plain
}
