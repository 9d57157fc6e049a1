/**
 * Makes the demo's contacts. Run it to write `contacts.csv`: 1,000 rows as real lists have them, with many scripts, spellings,
 * local German numbers (import with default country DE), repetitions and rubbish. Its output never changes: a test compares.
 * `generateContacts` makes any number of flawless ones.
 */
import { writeFileSync } from 'node:fs'
import { capacityOf, EVERYWHERE, GERMAN, numberAt, type NumberRange } from './fictitious-numbers.ts'
import { AWKWARD_NAMES, NAMES, TAGS } from './people.ts'

/** The country of the local numbers in the demo's file. */
export const DEMO_DEFAULT_COUNTRY = 'DE'

/** What an import of the demo's file with that country makes of its rows. */
export const DEMO_ROWS = { imported: 880, skipped: 50, failed: 70 } as const

export const CSV_HEADER = 'Phone Number,Name,Tags\n'

export const MAX_GENERATED = capacityOf(EVERYWHERE)

/** CSV rows below CSV_HEADER, each with its line end: `count` contacts with different valid numbers. */
export function* generateContacts(count: number, seed: number): Generator<string> {
  if (count > MAX_GENERATED) throw new RangeError(`There are only ${MAX_GENERATED} fictitious numbers`)
  const random = randomFrom(seed)
  const places = shuffledPlaces(MAX_GENERATED, random)
  for (let index = 0; index < count; index++) {
    yield csvRow(numberAt(EVERYWHERE, places(index)), aName(random), someTags(random))
  }
}

/** The demo's file, the same every time. */
export function demoFile(): string {
  const random = randomFrom(2026)
  const numbers = demoNumbers(random)
  const used: string[] = []
  const rows = rowKinds(random).map((kind) => {
    if (kind === 'empty') return csvRow('', aName(random), someTags(random))
    if (kind === 'broken') return csvRow(pick(random, BROKEN), aName(random), someTags(random))
    if (kind === 'again') return csvRow(respelled(random, pick(random, used)), aName(random), someTags(random))
    const number = numbers[used.length] ?? ''
    used.push(number)
    return csvRow(spelled(random, number), aName(random), someTags(random))
  })
  return CSV_HEADER + rows.join('')
}

const BROKEN: readonly string[] = [
  '+49 171',
  '+1 202 555 01',
  'no phone',
  'anna@example.com',
  '+999 123 456 789',
  '4.91715E+12',
  '+447700900123 / +447700900124; home',
  '+12025550123 ext. 42',
  '????',
  'n/a',
]

type RowKind = 'new' | 'again' | 'empty' | 'broken'

/** Nothing repeats or breaks in the first rows, so that a look at the file shows what it is about. */
function rowKinds(random: Random): RowKind[] {
  const { imported, skipped, failed } = DEMO_ROWS
  const first = new Array<RowKind>(20).fill('new')
  const rest = [
    ...new Array<RowKind>(imported - first.length).fill('new'),
    ...new Array<RowKind>(skipped).fill('again'),
    ...new Array<RowKind>(25).fill('empty'),
    ...new Array<RowKind>(failed - 25).fill('broken'),
  ]
  return [...first, ...shuffled(random, rest)]
}

/** A third of them German, so that local spellings have something to be local in. */
function demoNumbers(random: Random): string[] {
  const some = (ranges: readonly NumberRange[], count: number): string[] => {
    const places = shuffledPlaces(capacityOf(ranges), random)
    return Array.from({ length: count }, (_, index) => numberAt(ranges, places(index)))
  }
  const german = some(GERMAN, 300)
  const others = some(
    EVERYWHERE.filter((range) => !GERMAN.includes(range)),
    DEMO_ROWS.imported - german.length,
  )
  return shuffled(random, [...german, ...others])
}

type Spelling = (number: string) => string

/** Country code, then groups: +1 202 555 0123, +49 171 392 0012. */
function parts(number: string): [code: string, first: string, second: string, rest: string] {
  const length = number.startsWith('+1') ? 2 : number.startsWith('+353') ? 4 : 3
  const national = number.slice(length)
  return [number.slice(0, length), national.slice(0, 3), national.slice(3, 6), national.slice(6)]
}

const groups = (number: string, separator: string): string => parts(number).join(separator)

function bracketed(number: string): string {
  const [code, first, second, rest] = parts(number)
  return `${code} (${first}) ${second}-${rest}`
}

const SPELLINGS: readonly Spelling[] = [
  (number) => number,
  (number) => number,
  (number) => number,
  (number) => `00${number.slice(1)}`,
  (number) => groups(number, ' '),
  (number) => groups(number, '-'),
  (number) => groups(number, '.'),
  bracketed,
  (number) => groups(number, ' ').replace('+', '00 '),
  (number) => `\u202a${groups(number, '\u00a0')}\u202c`,
]

const GERMAN_SPELLINGS: readonly Spelling[] = [
  ...SPELLINGS,
  (number) => `0${number.slice(3)}`,
  (number) => `0${number.slice(3, 6)} ${number.slice(6)}`,
  (number) => `(0${number.slice(3, 6)}) ${groups(number.slice(6), '-')}`,
  (number) => `+49 (0)${number.slice(3)}`,
]

function spelled(random: Random, number: string): string {
  return pick(random, number.startsWith('+49') ? GERMAN_SPELLINGS : SPELLINGS)(number)
}

/** Any spelling but the plain one. */
function respelled(random: Random, number: string): string {
  return pick(random, SPELLINGS.slice(3))(number)
}

function aName(random: Random): string {
  const chance = random()
  if (chance < 0.06) return ''
  if (chance < 0.08) return pick(random, AWKWARD_NAMES)
  const { given, family, join } = pick(random, NAMES)
  return join(pick(random, given), pick(random, family))
}

function someTags(random: Random): string {
  const count = Math.floor(random() * 4)
  const tags = Array.from({ length: count }, () => pick(random, TAGS))
  return tags.join(pick(random, [',', ';', ', ', '; ']))
}

function csvRow(...cells: string[]): string {
  const quoted = cells.map((cell) => (/[",\n;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
  return `${quoted.join(',')}\n`
}

/** Numbers from 0 up to 1, the same for the same seed. */
type Random = () => number

function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random() * list.length)]
  if (chosen === undefined) throw new RangeError('nothing to pick from')
  return chosen
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value)
}

/** Every place below `capacity` once, in an order that looks like none: a step that shares no factor with it. */
function shuffledPlaces(capacity: number, random: Random): (index: number) => number {
  const start = Math.floor(random() * capacity)
  let step = Math.floor(capacity * (0.4 + random() * 0.2))
  while (greatestCommonDivisor(step, capacity) !== 1) step++
  return (index) => (start + index * step) % capacity
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

if (import.meta.main) writeFileSync(new URL('contacts.csv', import.meta.url), demoFile())
