/**
 * Tells Word, Excel and PowerPoint files from other archives while they pass by: new ones are ZIP archives, whose list of
 * names is at their end; old ones are OLE compound files, whose lists of names may be anywhere.
 */
import type { ContentReader } from './sniff.ts'

const OOXML = 'application/vnd.openxmlformats-officedocument'

/** The list of a ZIP archive's names is looked for in so much of its end: several thousand names. */
const TAIL_BYTES = 1024 * 1024
const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1')
const ENTRY = Buffer.from('PK\x01\x02', 'latin1')
const END_OF_DIRECTORY_BYTES = 22
const ENTRY_BYTES = 46

const MAIN_PARTS: [RegExp, string][] = [
  [/^word\/document\d*\.xml$/, `${OOXML}.wordprocessingml.document`],
  [/^xl\/workbook\d*\.xml$/, `${OOXML}.spreadsheetml.sheet`],
  [/^ppt\/presentation\d*\.xml$/, `${OOXML}.presentationml.presentation`],
]

export function zipReader(): ContentReader {
  let kept: Buffer[] = []
  let keptBytes = 0
  const tail = (): Buffer => {
    const all = Buffer.concat(kept)
    return all.subarray(Math.max(0, all.length - TAIL_BYTES))
  }
  return {
    take(chunk) {
      kept.push(chunk)
      keptBytes += chunk.length
      // Not at every chunk, which may be small: each byte would be copied as often as a tail has chunks.
      if (keptBytes < 2 * TAIL_BYTES) return
      kept = [tail()]
      keptBytes = TAIL_BYTES
    },
    mimes() {
      const names = namesIn(tail())
      // Files with macros have types of their own, which are not taken.
      if (!names.includes('[content_types].xml') || names.some((name) => name.endsWith('vbaproject.bin'))) return []
      return MAIN_PARTS.filter(([part]) => names.some((name) => part.test(name))).map(([, mime]) => mime)
    },
  }
}

/** In lower case: readers of these formats do not mind. */
function namesIn(tail: Buffer): string[] {
  const end = tail.lastIndexOf(END_OF_DIRECTORY)
  if (end < 0 || end + END_OF_DIRECTORY_BYTES > tail.length) return []
  const names: string[] = []
  let at = end - tail.readUInt32LE(end + 12)
  while (at >= 0 && at + ENTRY_BYTES <= end && tail.subarray(at, at + ENTRY.length).equals(ENTRY)) {
    const nameBytes = tail.readUInt16LE(at + 28)
    names.push(tail.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes).toLowerCase())
    at += ENTRY_BYTES + nameBytes + tail.readUInt16LE(at + 30) + tail.readUInt16LE(at + 32)
  }
  return names
}

/** Entries of an OLE directory are so long, and begin at multiples of it. */
const OLE_ENTRY_BYTES = 128
const STREAMS: [Buffer, string][] = [
  [oleName('WordDocument'), 'application/msword'],
  [oleName('Workbook'), 'application/vnd.ms-excel'],
  [oleName('Book'), 'application/vnd.ms-excel'],
  [oleName('PowerPoint Document'), 'application/vnd.ms-powerpoint'],
]

/** A document inside of another one has its names in there too: then there are several types. */
export function oleReader(): ContentReader {
  let rest: Buffer = Buffer.alloc(0)
  const found = new Set<string>()
  return {
    take(chunk) {
      const all = Buffer.concat([rest, chunk])
      const end = all.length - (all.length % OLE_ENTRY_BYTES)
      for (let at = 0; at < end; at += OLE_ENTRY_BYTES) {
        const mime = all[at + 1] === 0 ? streamAt(all, at) : undefined
        if (mime !== undefined) found.add(mime)
      }
      rest = all.subarray(end)
    },
    mimes: () => [...found],
  }
}

function streamAt(bytes: Buffer, at: number): string | undefined {
  return STREAMS.find(([name]) => bytes.subarray(at, at + name.length).equals(name))?.[1]
}

/** Names are in UTF-16 and end with a zero. */
function oleName(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'utf16le')
}
