/**
 * The encoding of a text file, told by its bytes as they come. A mark at the beginning says it; without one, 8-bit text is UTF-8
 * where most of what is not ASCII is, so that a few bad bytes spoil their rows and not all others.
 */
import { isAscii } from 'node:buffer'
import type { TextEncoding, TextFormat } from './text.ts'

const SAMPLE_BYTES = 8192
const MAX_CONTROL_SHARE = 0.02

/** What the beginning tells. Whether 8-bit text is UTF-8, only all of it tells. */
export type EncodingByBeginning = 'utf-16le' | 'utf-16be' | '8-bit'

/** undefined for what is no text. */
export function encodingByBeginning(bytes: Buffer): EncodingByBeginning | undefined {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe') return 'utf-16le'
  if (mark === 'feff') return 'utf-16be'
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (sample.includes(0)) return utf16WithoutMark(sample)
  const controls = sample.reduce((count, byte) => count + (byte < 0x20 && !(byte >= 9 && byte <= 13) ? 1 : 0), 0)
  return controls > sample.length * MAX_CONTROL_SHARE ? undefined : '8-bit'
}

/** Digits, commas and line ends are half zeros in UTF-16, and a contact list is full of them: the zeros' side tells which. */
function utf16WithoutMark(sample: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  let even = 0
  let odd = 0
  for (const [index, byte] of sample.entries()) {
    if (byte !== 0) continue
    if (index % 2 === 0) even++
    else odd++
  }
  const enough = sample.length * 0.1
  if (odd > enough && odd > even * 8) return 'utf-16le'
  if (even > enough && even > odd * 8) return 'utf-16be'
  return undefined
}

export interface FormatWatch {
  take(chunk: Uint8Array): void
  /** undefined for text that can only be in some other encoding. */
  end(): TextFormat | undefined
}

/** Takes all bytes of a file, cut anywhere, and keeps none. */
export function formatWatch(beginning: EncodingByBeginning): FormatWatch {
  return beginning === '8-bit' ? watch8Bit() : watchUtf16(beginning)
}

function watchUtf16(encoding: TextEncoding): FormatWatch {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let damaged = false
  const decode = (chunk?: Uint8Array): void => {
    if (damaged) return
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      damaged = true
    }
  }
  return {
    take: decode,
    end() {
      decode()
      return { encoding, damaged }
    },
  }
}

/** In Windows-1252 sequences of UTF-8 come about by chance, once in many thousand words: `É»` is one. */
function watch8Bit(): FormatWatch {
  const mark = markWatch()
  const utf8 = utf8Watch()
  const western = westernWatch()
  // Nothing is under way then, and more ASCII changes nothing.
  let isAfterAscii = true
  return {
    take(chunk) {
      mark.take(chunk)
      if (isAfterAscii && isAscii(chunk)) return
      for (const byte of chunk) {
        if (isAfterAscii && byte < 0x80) continue
        isAfterAscii = byte < 0x80
        utf8.take(byte)
        western.take(byte)
      }
    },
    end() {
      const { whole, broken } = utf8.end()
      if (mark.isThere() || whole >= broken) return { encoding: 'utf-8', damaged: broken > 0 }
      const { isWestern, unassigned } = western.end()
      return isWestern ? { encoding: 'windows-1252', damaged: whole > 0 || unassigned > 0 } : undefined
    },
  }
}

function markWatch() {
  let beginning = ''
  return {
    take(chunk: Uint8Array): void {
      if (beginning.length < 6) beginning += Buffer.from(chunk.subarray(0, 3)).toString('hex')
    },
    isThere: () => beginning.startsWith('efbbbf'),
  }
}

function byByte(of: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => of(byte))
}

/** How many bytes follow a first one in UTF-8, and between which bounds the next is. */
const FOLLOWING = byByte((first) => (first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3))
const LEAST = byByte((first) => (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80))
const MOST = byByte((first) => (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf))

/** Counts the sequences of UTF-8 beyond ASCII that are whole, and what is none or a broken one. */
function utf8Watch() {
  let [whole, broken] = [0, 0]
  let [left, least, most] = [0, 0, 0]
  const begin = (byte: number): void => {
    if (byte < 0x80) return
    left = FOLLOWING[byte] ?? 0
    least = LEAST[byte] ?? 0
    most = MOST[byte] ?? 0
    if (left === 0) broken++
  }
  return {
    take(byte: number): void {
      if (left > 0 && byte >= least && byte <= most) {
        least = 0x80
        most = 0xbf
        if (--left === 0) whole++
        return
      }
      if (left > 0) broken++
      left = 0
      begin(byte)
    },
    end: () => ({ whole, broken: broken + (left > 0 ? 1 : 0) }),
  }
}

const UNASSIGNED = byByte((byte) => ([0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte) ? 1 : 0))
const LONG_RUN = 4
/** äöüÄÖÜß is no foreign word, but somebody's test. */
const FEW = 16

/**
 * Whether text that is no UTF-8 can be of Western Europe: there letters beyond ASCII stand alone or in pairs. Of Cyrillic, Greek,
 * Arabic or Chinese in their old encodings most are in long runs; read as Windows-1252, every name would be wrong.
 */
function westernWatch() {
  let [high, inRuns, unassigned, run] = [0, 0, 0, 0]
  return {
    take(byte: number): void {
      if (byte < 0x80) {
        run = 0
        return
      }
      high++
      unassigned += UNASSIGNED[byte] ?? 0
      if (++run === LONG_RUN) inRuns += LONG_RUN
      else if (run > LONG_RUN) inRuns++
    },
    end() {
      const foreign = inRuns + unassigned
      return { isWestern: foreign < FEW || foreign * 2 < high, unassigned }
    },
  }
}
