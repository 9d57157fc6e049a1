/** A text file's text, in pieces. */

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

export interface TextFormat {
  encoding: TextEncoding
  /** Whether it has bytes that are not of its encoding, or could be of another. */
  damaged: boolean
}

const PIECE_BYTES = 64 * 1024

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

function unicodeDecoder(encoding: TextEncoding): (bytes: Uint8Array, isLast: boolean) => string {
  const decoder = new TextDecoder(encoding)
  return (bytes, isLast) => decoder.decode(bytes, { stream: !isLast })
}

// Some versions of Node decode windows-1252 as ISO 8859-1, which has control characters in place of these. Five are nothing.
const FROM_80_TO_9F = '€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ'

function windows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => FROM_80_TO_9F.charAt(character.charCodeAt(0) - 0x80))
}

/** The bytes that Windows-1252 has for a text of its characters. */
export function windows1252Bytes(text: string): Buffer {
  const latin1 = text.replace(/[\u0100-\uffff]/g, (character) => {
    const place = FROM_80_TO_9F.indexOf(character)
    return place < 0 ? '?' : String.fromCharCode(0x80 + place)
  })
  return Buffer.from(latin1, 'latin1')
}
