/** The encoding of a text file, told by its bytes, and its text in pieces. */
import { isUtf8 } from 'node:buffer'

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

const SAMPLE_BYTES = 8192
const PIECE_BYTES = 64 * 1024
const MAX_CONTROL_SHARE = 0.02

/** What the beginning tells. Whether 8-bit text is UTF-8, only all of it tells. */
export type EncodingByBeginning = 'utf-16le' | 'utf-16be' | '8-bit'

/** undefined for what is no text. Anything that is not Unicode is taken for Windows-1252, which old Excel writes. */
export function textEncoding(bytes: Buffer): TextEncoding | undefined {
  const encoding = encodingByBeginning(bytes)
  if (encoding !== '8-bit') return encoding
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252'
}

export function encodingByBeginning(bytes: Buffer): EncodingByBeginning | undefined {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe') return 'utf-16le'
  if (mark === 'feff') return 'utf-16be'
  const sample = bytes.subarray(0, SAMPLE_BYTES)
  if (sample.includes(0)) return utf16WithoutMark(sample)
  const controls = sample.reduce((count, byte) => count + (byte < 0x20 && !(byte >= 9 && byte <= 13) ? 1 : 0), 0)
  return controls > sample.length * MAX_CONTROL_SHARE ? undefined : '8-bit'
}

/** As `isUtf8`, of what comes in chunks. */
export function utf8Watch() {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isGood = true
  const decode = (chunk?: Uint8Array): void => {
    if (!isGood) return
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      isGood = false
    }
  }
  return {
    take: (chunk: Uint8Array): void => decode(chunk),
    end(): boolean {
      decode()
      return isGood
    },
  }
}

/** The text in pieces of some 64 KB, without a byte order mark. */
export function* textPieces(bytes: Buffer, encoding: TextEncoding): Generator<string> {
  const decode = encoding === 'windows-1252' ? windows1252 : unicodeDecoder(encoding)
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
    const to = from + PIECE_BYTES
    yield decode(bytes.subarray(from, to), to >= bytes.length)
  }
}

/** As `textPieces`, of what comes in chunks. */
export async function* piecesOf(chunks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<string> {
  const decode = encoding === 'windows-1252' ? windows1252 : unicodeDecoder(encoding)
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      yield decode(chunk.subarray(from, from + PIECE_BYTES), false)
    }
  }
  yield decode(Buffer.alloc(0), true)
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

function unicodeDecoder(encoding: TextEncoding): (bytes: Uint8Array, isLast: boolean) => string {
  const decoder = new TextDecoder(encoding)
  return (bytes, isLast) => decoder.decode(bytes, { stream: !isLast })
}

// Some versions of Node decode windows-1252 as ISO 8859-1, which has control characters in place of these.
const FROM_80_TO_9F = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

function windows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => FROM_80_TO_9F.charAt(character.charCodeAt(0) - 0x80))
}
