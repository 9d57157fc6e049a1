/**
 * Opens a ZIP archive from strangers within bounds. Every entry is inflated with a limit on what may come out, whatever
 * sizes the archive claims, and packed again without compression: the workbook reader never inflates anything itself.
 */
import { crc32, inflateRawSync } from 'node:zlib'
import { refusal } from './refusal.ts'
import { hasHiddenParts, repeatedCells } from './repeated-cells.ts'

const MAX_ENTRIES = 5000
const MAX_INFLATED_BYTES = 96 * 1024 * 1024
const MAX_REPEATED_CELLS = 1_000_000
/** What a workbook is made of; pictures, macros and the like hold no contacts. */
const WANTED = /(?:\.xml|\.rels|\.bin|^mimetype)$/i
const UNWANTED =
  /^(?:xl\/(?:media|drawings|charts|embeddings|printerSettings|vbaProject|externalLinks|pivot)|Thumbnails|Pictures)/i
/** Where an OpenDocument file has its cells. */
const OPEN_DOCUMENT = /(?:^|\/)content\.xml$/i

const STORED = 0
const DEFLATED = 8
const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_BYTES = 22
const MAX_COMMENT_BYTES = 0xffff

interface Entry {
  name: string
  method: number
  compressedBytes: number
  headerAt: number
}

export function entryNames(archive: Buffer): string[] {
  return entriesOf(archive).map(({ name }) => name)
}

/** An entry's content, refused beyond `maxBytes`; undefined without such an entry. */
export function smallEntry(archive: Buffer, name: string, maxBytes: number): Buffer | undefined {
  const entry = entriesOf(archive).find((candidate) => candidate.name === name)
  return entry && contentOf(archive, entry, maxBytes)
}

/** The same archive with its wanted entries stored uncompressed. Refuses one that is damaged or grows beyond bounds. */
export function unpacked(archive: Buffer): Buffer {
  const out: Packed[] = []
  let left = MAX_INFLATED_BYTES
  for (const entry of entriesOf(archive)) {
    if (!WANTED.test(entry.name) || UNWANTED.test(entry.name)) continue
    const content = contentOf(archive, entry, left)
    left -= content.length
    if (OPEN_DOCUMENT.test(entry.name)) checkRepeated(content.toString())
    out.push({ name: Buffer.from(entry.name), content, crc: crc32(content) })
  }
  return packed(out)
}

function checkRepeated(content: string): void {
  if (hasHiddenParts(content)) throw damaged()
  if (repeatedCells(content) > MAX_REPEATED_CELLS) throw tooLarge()
}

function entriesOf(archive: Buffer): Entry[] {
  const end = endOf(archive)
  const count = archive.readUInt16LE(end + 10)
  if (count > MAX_ENTRIES) throw tooLarge()
  const entries: Entry[] = []
  let at = archive.readUInt32LE(end + 16)
  for (let index = 0; index < count; index++) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== CENTRAL) throw damaged()
    const nameBytes = archive.readUInt16LE(at + 28)
    entries.push({
      name: archive.toString('utf8', at + 46, at + 46 + nameBytes).replaceAll('\\', '/'),
      method: archive.readUInt16LE(at + 10),
      compressedBytes: archive.readUInt32LE(at + 20),
      headerAt: archive.readUInt32LE(at + 42),
    })
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return entries
}

/** The end record stands last, before a comment of unknown length. */
function endOf(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES)
  for (let at = archive.length - END_BYTES; at >= lowest; at--) {
    if (archive.readUInt32LE(at) === END) return at
  }
  throw damaged()
}

function contentOf(archive: Buffer, entry: Entry, maxBytes: number): Buffer {
  const raw = rawContent(archive, entry)
  if (entry.method === STORED && raw.length <= maxBytes) return raw
  if (entry.method === STORED || maxBytes <= 0) throw tooLarge()
  if (entry.method !== DEFLATED) throw damaged()
  try {
    return inflateRawSync(raw, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge()
    throw damaged()
  }
}

function rawContent(archive: Buffer, { headerAt, compressedBytes }: Entry): Buffer {
  if (headerAt + 30 > archive.length || archive.readUInt32LE(headerAt) !== LOCAL) throw damaged()
  const from = headerAt + 30 + archive.readUInt16LE(headerAt + 26) + archive.readUInt16LE(headerAt + 28)
  const raw = archive.subarray(from, from + compressedBytes)
  if (raw.length < compressedBytes) throw damaged()
  return raw
}

interface Packed {
  name: Buffer
  content: Buffer
  crc: number
}

function packed(entries: Packed[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let at = 0
  for (const { name, content, crc } of entries) {
    // Version 2.0, UTF-8 names, stored, no date.
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x0800, 2)
    common.writeUInt32LE(crc, 10)
    common.writeUInt32LE(content.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const central = Buffer.alloc(46)
    central.writeUInt32LE(CENTRAL, 0)
    central.writeUInt16LE(20, 4)
    common.copy(central, 6)
    central.writeUInt32LE(at, 42)
    const signature = Buffer.alloc(4)
    signature.writeUInt32LE(LOCAL)
    locals.push(signature, common, name, content)
    centrals.push(central, name)
    at += 30 + name.length + content.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(END_BYTES)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...locals, directory, end])
}

function damaged() {
  return refusal(
    'The workbook is damaged or incomplete: open it in your spreadsheet program, save it again, and upload that',
  )
}

function tooLarge() {
  return refusal(
    'The workbook unpacks to far more than a list of contacts: save the sheet with the contacts as CSV and upload that',
  )
}
