/**
 * A ZIP archive written from its first byte to its last, without knowing beforehand how large its files become: sizes
 * follow each file, and the directory comes at the end. Files below 4 GiB.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

export interface ZipEntry {
  name: string
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

interface Written {
  name: Buffer
  offset: number
  crc: number
  packed: number
  size: number
}

const LARGEST = 0xffff_ffff
/** Sizes come after the data; names are UTF-8. */
const FLAGS = 0x0808
const DEFLATED = 8
/** 1980-01-01: the format has no "none". */
const NO_DATE = 0x0021
const VERSION = 20

export async function* zipArchive(entries: Iterable<ZipEntry>): AsyncGenerator<Uint8Array> {
  const directory: Written[] = []
  let offset = 0
  for (const { name, content } of entries) {
    const entry: Written = { name: Buffer.from(name), offset, crc: 0, packed: 0, size: 0 }
    for await (const bytes of entryBytes(entry, content)) {
      offset += bytes.length
      yield bytes
    }
    directory.push(entry)
  }
  const records = Buffer.concat(directory.map(centralRecord))
  yield records
  yield endRecord(directory.length, records.length, checked(offset))
}

async function* entryBytes(entry: Written, content: ZipEntry['content']): AsyncGenerator<Uint8Array> {
  yield localHeader(entry.name)
  const deflate = createDeflateRaw()
  const feeding = pipeline(Readable.from(measured(entry, content)), deflate)
  // Its failure is also that of `deflate`, and is thrown there.
  feeding.catch(() => undefined)
  for await (const chunk of deflate) {
    const bytes = chunk as Buffer // a stream of bytes, by construction
    entry.packed += bytes.length
    yield bytes
  }
  await feeding
  yield dataDescriptor(entry)
}

async function* measured(entry: Written, content: ZipEntry['content']): AsyncGenerator<Uint8Array> {
  for await (const bytes of content) {
    entry.crc = crc32(bytes, entry.crc)
    entry.size = checked(entry.size + bytes.length)
    yield bytes
  }
}

function checked(size: number): number {
  if (size > LARGEST) throw new Error('The archive became larger than its format allows')
  return size
}

function localHeader(name: Buffer): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x0403_4b50, 0)
  writeCommon(header, 4)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, name])
}

function dataDescriptor({ crc, packed, size }: Written): Buffer {
  const descriptor = Buffer.alloc(16)
  descriptor.writeUInt32LE(0x0807_4b50, 0)
  writeSizes(descriptor, 4, { crc, packed, size })
  return descriptor
}

function centralRecord(entry: Written): Buffer {
  const record = Buffer.alloc(46)
  record.writeUInt32LE(0x0201_4b50, 0)
  record.writeUInt16LE(VERSION, 4)
  writeCommon(record, 6)
  writeSizes(record, 16, entry)
  record.writeUInt16LE(entry.name.length, 28)
  record.writeUInt32LE(entry.offset, 42)
  return Buffer.concat([record, entry.name])
}

function endRecord(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x0605_4b50, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(length, 12)
  record.writeUInt32LE(offset, 16)
  return record
}

/** Version needed, flags, method, time and date. */
function writeCommon(buffer: Buffer, at: number): void {
  buffer.writeUInt16LE(VERSION, at)
  buffer.writeUInt16LE(FLAGS, at + 2)
  buffer.writeUInt16LE(DEFLATED, at + 4)
  buffer.writeUInt16LE(NO_DATE, at + 8)
}

function writeSizes(buffer: Buffer, at: number, { crc, packed, size }: Pick<Written, 'crc' | 'packed' | 'size'>): void {
  buffer.writeUInt32LE(crc, at)
  buffer.writeUInt32LE(checked(packed), at + 4)
  buffer.writeUInt32LE(size, at + 8)
}
