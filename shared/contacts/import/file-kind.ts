/** What a file is, told by its bytes: names and content types are often wrong. Refuses what holds no contacts. */
import { isUtf8 } from 'node:buffer'
import { refusal, SAVE_AS } from './refusal.ts'
import { encodingByBeginning, formatWatch, type EncodingByBeginning, type FormatWatch } from './encoding.ts'
import type { TextFormat } from './text.ts'
import { entryNames, smallEntry } from './archive.ts'

export interface UploadedFile {
  name: string
  bytes: Buffer
}

export type FileKind = ({ kind: 'text' } & TextFormat) | { kind: 'zipped-workbook' } | { kind: 'old-workbook' }

export function fileKind({ name, bytes }: UploadedFile): FileKind {
  const kind = kindByBeginning({ name, bytes })
  if (kind === 'zip') return zippedKind(name, bytes)
  if (kind === 'ole') return oleKind(name, bytes)
  // As the watch would find, a hundred times as fast.
  if (kind === '8-bit' && isUtf8(bytes)) return { kind: 'text', encoding: 'utf-8', damaged: false }
  const watch = formatWatch(kind)
  watch.take(bytes)
  return { kind: 'text', ...formatOf(watch, name) }
}

/** Refuses text in an encoding that cannot be told. */
export function formatOf(watch: FormatWatch, name: string): TextFormat {
  const format = watch.end()
  if (format) return format
  throw refusal(
    `The letters of ${quoted(name)} are in another encoding than UTF-8, UTF-16 or Windows-1252: save your contacts as "CSV UTF-8" or as an Excel workbook (.xlsx) and upload that file`,
  )
}

/** What the first 8 KB tell: a refusal, or which kind the rest has to bear out. */
export function kindByBeginning({ name, bytes }: UploadedFile): 'zip' | 'ole' | EncodingByBeginning {
  if (bytes.length === 0) throw refusal(`The file is empty. ${SAVE_AS}`)
  const known = SIGNATURES.find(([signature]) => startsWith(bytes, signature))
  if (known) throw isSomethingElse(name, known[1])
  if (startsWith(bytes, ZIP)) return 'zip'
  if (startsWith(bytes, OLE)) return 'ole'
  const encoding = encodingByBeginning(bytes)
  if (encoding === undefined) throw isSomethingElse(name, 'neither text nor a workbook')
  const markup = MARKUP.find(([start]) => start.test(beginning(bytes, encoding)))
  if (markup) throw isSomethingElse(name, markup[1])
  return encoding
}

const ZIP = Buffer.from('PK\x03\x04', 'latin1')
const OLE = Buffer.from('d0cf11e0a1b11ae1', 'hex')

const SIGNATURES: [Buffer, string][] = [
  [Buffer.from('89504e470d0a1a0a', 'hex'), 'a PNG image'],
  [Buffer.from('ffd8ff', 'hex'), 'a JPEG image'],
  [Buffer.from('GIF8'), 'a GIF image'],
  [Buffer.from('%PDF-'), 'a PDF document'],
  [Buffer.from('1f8b', 'hex'), 'a gzip archive'],
  [Buffer.from('Rar!'), 'a RAR archive'],
  [Buffer.from('377abcaf271c', 'hex'), 'a 7-Zip archive'],
  [Buffer.from('PK\x05\x06', 'latin1'), 'an empty ZIP archive'],
  [Buffer.from('{\\rtf'), 'an RTF document'],
  [Buffer.from('BEGIN:VCARD'), 'a vCard address book'],
]

const MARKUP: [RegExp, string][] = [
  [/^\s*<(?:!doctype html|html|head|body|table|meta)\b/i, 'a web page'],
  [/^\s*<\?xml\b/i, 'an XML file'],
  [/^\s*(?:\{\s*"|\[\s*[[{])/, 'a JSON file'],
]

function zippedKind(name: string, bytes: Buffer): FileKind {
  const names = new Set(entryNames(bytes))
  const has = (start: string): boolean => [...names].some((entry) => entry.startsWith(start))
  // SpreadsheetML (.xlsx, .xlsm), its binary form (.xlsb), OpenDocument (.ods).
  if (has('xl/workbook.') || (names.has('content.xml') && isOpenDocumentSheet(bytes)))
    return { kind: 'zipped-workbook' }
  if (has('word/')) throw isSomethingElse(name, 'a Word document')
  if (has('ppt/')) throw isSomethingElse(name, 'a PowerPoint presentation')
  if (names.has('content.xml')) throw isSomethingElse(name, 'an OpenDocument file, but no spreadsheet')
  throw isSomethingElse(name, 'a ZIP archive')
}

function isOpenDocumentSheet(bytes: Buffer): boolean {
  return smallEntry(bytes, 'mimetype', 1000)?.includes('opendocument.spreadsheet') ?? false
}

function oleKind(name: string, bytes: Buffer): FileKind {
  const holds = (stream: string): boolean => bytes.includes(Buffer.from(stream, 'utf16le'))
  if (holds('EncryptedPackage')) {
    throw refusal(`${quoted(name)} is protected by a password. Remove the password, save it, and upload it again`)
  }
  if (holds('Workbook') || holds('Book')) return { kind: 'old-workbook' }
  throw isSomethingElse(name, 'an old Office document, but no workbook')
}

function isSomethingElse(name: string, what: string) {
  return refusal(`${quoted(name)} is ${what}, not a CSV or Excel file. ${SAVE_AS}`)
}

function quoted(name: string): string {
  const safe = name.replace(/[\p{C}"]/gu, '').slice(0, 80)
  return safe === '' ? 'The file' : `"${safe}"`
}

function startsWith(bytes: Buffer, signature: Buffer): boolean {
  return bytes.subarray(0, signature.length).equals(signature)
}

function beginning(bytes: Buffer, encoding: EncodingByBeginning): string {
  const sample = bytes.subarray(0, 1024)
  return (encoding !== '8-bit' ? new TextDecoder(encoding).decode(sample) : sample.toString('utf8')).replace(
    /^\uFEFF/,
    '',
  )
}
