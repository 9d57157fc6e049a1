/** Writes a zip file: deflated files under plain names. The same files always make the same bytes. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  /** With slashes, relative. */
  name: string
  bytes: Buffer
}

const LOCAL_HEADER = 0x04034b50
const CENTRAL_HEADER = 0x02014b50
const END = 0x06054b50
const VERSION = 20
const DEFLATED = 8
/** 1 January 1980, the first day a zip file knows: when a file was built says nothing about what it is. */
const DATE = 0x0021
/** A plain file that everybody may read, as Unix writes it. */
const MODE = (0o100644 << 16) >>> 0
const MADE_ON_UNIX = 3 << 8

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of entries) {
    const packed = deflateRawSync(bytes, { level: 9 })
    const facts = factsOf(name, bytes, packed.length)
    const local = Buffer.concat([uint32(LOCAL_HEADER), facts, uint16(0), Buffer.from(name)])
    directory.push(
      Buffer.concat([
        uint32(CENTRAL_HEADER),
        uint16(MADE_ON_UNIX | VERSION),
        facts,
        // No extra field, no comment, first disk, no internal attributes.
        ...[0, 0, 0, 0].map(uint16),
        uint32(MODE),
        uint32(offset),
        Buffer.from(name),
      ]),
    )
    parts.push(local, packed)
    offset += local.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const count = uint16(entries.length)
  const end = [uint32(END), uint16(0), uint16(0), count, count, uint32(listed.length), uint32(offset), uint16(0)]
  return Buffer.concat([...parts, listed, ...end])
}

/** What both headers say of a file, from the version needed to the length of its name. */
function factsOf(name: string, bytes: Buffer, packedBytes: number): Buffer {
  // Flag 11: the name is UTF-8.
  const kind = [VERSION, 1 << 11, DEFLATED, 0, DATE].map(uint16)
  const sizes = [crc32(bytes), packedBytes, bytes.length].map(uint32)
  return Buffer.concat([...kind, ...sizes, uint16(Buffer.byteLength(name))])
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}
