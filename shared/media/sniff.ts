/**
 * What a file is, by its content: the first bytes tell most types. The others are told by what comes later: Office files
 * are archives whose parts have telling names, and text is what has no byte that text has not.
 */
import { oleReader, zipReader } from './office.ts'

/** How much of a file is kept to look at its beginning. */
export const HEAD_BYTES = 16 * 1024

/** Types that the content may have: more than one where the same content goes by several names. Empty: none we know. */
export interface ContentReader {
  take(chunk: Buffer): void
  mimes(): string[]
}

export interface Beginning {
  /** Told by the beginning alone; undefined where the rest of the file must be read. */
  mimes: string[] | undefined
  /** To be given the whole file, its beginning included. */
  reader: ContentReader
}

/** The parameters of a type, such as an audio codec, are kept: `audio/ogg; codecs=opus`. */
export async function lookAtBeginning(head: Buffer): Promise<Beginning> {
  const sniffed = await sniff(head)
  if (sniffed === 'application/x-cfb') return { mimes: undefined, reader: oleReader() }
  if (sniffed.startsWith(OOXML) || sniffed === 'application/zip') return { mimes: undefined, reader: zipReader() }
  if (isTextual(sniffed, head)) return { mimes: undefined, reader: textReader() }
  const mimes = sniffed === 'video/mp4' && !showsVideo(head) ? ['video/mp4', 'audio/mp4'] : [sniffed]
  return { mimes, reader: { take: () => undefined, mimes: () => mimes } }
}

const OOXML = 'application/vnd.openxmlformats-officedocument'

async function sniff(head: Buffer): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type')
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? beginsAsPng(head)
  } catch {
    // Some formats are read on, and may end in the middle of what we have.
    return beginsAsPng(head)
  }
}

/** Where a long colour profile hides the part that tells a PNG from an animated one. */
function beginsAsPng(head: Buffer): string {
  return head.subarray(0, PNG.length).equals(PNG) ? 'image/png' : ''
}

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Types of whose files every beginning is text: a text may begin with their marks by chance ("BMW is …" as a bitmap). */
function isTextual(sniffed: string, head: Buffer): boolean {
  return !NEVER_TEXT.test(sniffed) && isText(head)
}

const NEVER_TEXT = /^(image\/(?!bmp|svg)|video\/|audio\/|application\/pdf$)/

/** The handler of a video track: most files have it at their end, where it is not looked for. */
function showsVideo(head: Buffer): boolean {
  return head.includes('vide', 0, 'latin1') && head.includes('hdlr', 0, 'latin1')
}

function textReader(): ContentReader {
  let isAllText = true
  return {
    take(chunk) {
      isAllText &&= isText(chunk)
    },
    mimes: () => (isAllText ? ['text/plain'] : []),
  }
}

/** In any encoding that has ASCII in it: no control characters but tabs, line ends, form feeds and escapes. */
function isText(bytes: Buffer): boolean {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(bytes.toString('latin1'))
}
