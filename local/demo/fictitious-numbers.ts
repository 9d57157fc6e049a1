/**
 * Telephone numbers that belong to nobody: ranges that regulators keep free for films and books. Whatever a demo does with
 * them, no real person can be called, even if somebody points it at the real WhatsApp.
 *
 * All are possible numbers of their countries. Some are not "valid" for libphonenumber, because nobody will ever be given
 * one; shared/contacts/phone.ts says why an import does not mind.
 */

/** A prefix in E.164, and how many digits follow it. */
export type NumberRange = readonly [prefix: string, digits: number]

/** Germany (Bundesnetzagentur, "Drama Numbers"): mobile, Berlin, Frankfurt, Hamburg, Cologne, Munich. */
export const GERMAN: readonly NumberRange[] = [
  ['+4917139200', 2],
  ['+493023125', 3],
  ['+496990009', 3],
  ['+494066969', 3],
  ['+492214710', 3],
  ['+498999998', 3],
]

/** France (Arcep): mobile and the five regions. */
export const FRENCH: readonly NumberRange[] = ['63998', '19900', '26191', '35301', '46571', '53649'].map(
  (start): NumberRange => [`+33${start}`, 4],
)

/** United Kingdom (Ofcom): mobile, no area, London, and the cities whose numbers begin with 496 0. */
export const BRITISH: readonly NumberRange[] = [
  ['+447700900', 3],
  ['+441632960', 3],
  ['+442079460', 3],
  ...['113', '114', '115', '116', '117', '118', '121', '131', '141', '151', '161'].map((area): NumberRange => [
    `+44${area}4960`,
    3,
  ]),
]

/** Australia (ACMA): the four geographic areas. */
export const AUSTRALIAN: readonly NumberRange[] = ['2', '3', '7', '8'].flatMap((area): NumberRange[] => [
  [`+61${area}5550`, 4],
  [`+61${area}7010`, 4],
])

/** Ireland (ComReg). */
export const IRISH: readonly NumberRange[] = [['+3532091', 5]]

/** North America: 555-0100 to 555-0199 in every area code there is or may be. */
export const AMERICAN: readonly NumberRange[] = areaCodes().map((area): NumberRange => [`+1${area}55501`, 2])

export const EVERYWHERE: readonly NumberRange[] = [
  ...GERMAN,
  ...FRENCH,
  ...BRITISH,
  ...AUSTRALIAN,
  ...IRISH,
  ...AMERICAN,
]

export function capacityOf(ranges: readonly NumberRange[]): number {
  return ranges.reduce((sum, [, digits]) => sum + 10 ** digits, 0)
}

/** The number at a place from 0 to the capacity of the ranges: different for every place. */
export function numberAt(ranges: readonly NumberRange[], place: number): string {
  let left = place
  for (const [prefix, digits] of ranges) {
    if (left < 10 ** digits) return prefix + String(left).padStart(digits, '0')
    left -= 10 ** digits
  }
  throw new RangeError(`There are only ${capacityOf(ranges)} fictitious numbers`)
}

/** 2-9, then 0-8, then any digit, but no N11. */
function areaCodes(): string[] {
  const all = Array.from({ length: 800 }, (_, index) => String(200 + index))
  return all.filter((code) => code[1] !== '9' && !code.endsWith('11'))
}
