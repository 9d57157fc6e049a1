/** A small genuine file of each type that can be uploaded, made here, and forms to send them in. */
import { crc32, deflateSync } from 'node:zlib'

const bytes = (...parts: (string | number[] | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]

/** A PNG of one pixel; `profileBytes` puts a long colour profile in front of it. */
export function aPng(profileBytes = 0): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const body = bytes(type, content)
    return bytes(u32(content.length), body, u32(crc32(body)))
  }
  return bytes(
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    chunk('IHDR', bytes(u32(1), u32(1), [8, 2, 0, 0, 0])),
    ...(profileBytes > 0 ? [chunk('iCCP', bytes('p\0\0', Buffer.alloc(profileBytes, 7)))] : []),
    chunk('IDAT', deflateSync(bytes([0, 255, 0, 0]))),
    chunk('IEND', Buffer.alloc(0)),
  )
}

export function aJpeg(size = 200): Buffer {
  const head = bytes([0xff, 0xd8, 0xff, 0xe0, 0, 16], 'JFIF\0', [1, 1, 0, 0, 1, 0, 1, 0, 0])
  return bytes(head, Buffer.alloc(Math.max(0, size - head.length - 2), 0x5a), [0xff, 0xd9])
}

/** An ISO media file of this brand, with a track of this handler if one is named. */
export function isoMedia(brand: string, handler?: string): Buffer {
  const box = (type: string, ...content: (string | number[] | Buffer)[]) => {
    const body = bytes(...content)
    return bytes(u32(body.length + 8), type, body)
  }
  const track = handler === undefined ? [] : [box('hdlr', u32(0), u32(0), handler, Buffer.alloc(13))]
  return bytes(box('ftyp', brand, u32(512), brand), box('moov', ...track), box('mdat', Buffer.alloc(40, 1)))
}

/** A ZIP archive of these names, each with a few bytes in it. */
export function aZip(names: string[]): Buffer {
  const u16le = (value: number) => [value & 255, value >>> 8]
  const u32le = (value: number) => u32(value).reverse()
  const content = Buffer.from('<x/>')
  const sum = u32le(crc32(content))
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  for (const name of names) {
    const at = Buffer.concat(locals).length
    const sizes = [...sum, ...u32le(content.length), ...u32le(content.length)]
    const common = [[20, 0, 0, 0, 0, 0, 0, 0, 0, 0], sizes, u16le(name.length), u16le(0)]
    locals.push(bytes('PK\x03\x04', ...common, name, content))
    entries.push(bytes('PK\x01\x02', [20, 0], ...common, Buffer.alloc(10), u32le(at), name))
  }
  const directory = Buffer.concat(entries)
  const start = Buffer.concat(locals).length
  const counts = [...u16le(names.length), ...u16le(names.length)]
  return bytes(...locals, directory, 'PK\x05\x06', [0, 0, 0, 0], counts, u32le(directory.length), u32le(start), [0, 0])
}

/** An OLE compound file whose directory has these streams. */
export function anOle(streams: string[]): Buffer {
  const entry = (name: string, type: number) => {
    const made = Buffer.alloc(128)
    made.write(name, 'utf16le')
    made.writeUInt16LE((name.length + 1) * 2, 64)
    made.writeUInt8(type, 66)
    return made
  }
  const header = Buffer.alloc(512)
  header.write('d0cf11e0a1b11ae1', 'hex')
  header.writeUInt16LE(9, 30)
  header.writeUInt32LE(1, 48)
  const directory = [entry('Root Entry', 5), ...streams.map((name) => entry(name, 2))]
  return Buffer.concat([header, Buffer.alloc(512, 255), ...directory, Buffer.alloc(100, 3)])
}

const CONTENT_TYPES = '[Content_Types].xml'
const OOXML = 'application/vnd.openxmlformats-officedocument'

export interface Sample {
  name: string
  /** As a browser declares it, and as it is answered. */
  mime: string
  type: 'image' | 'video' | 'audio' | 'document'
  content: Buffer
  /** Absent: as `type` and as a document. */
  sendableAs?: string[]
}

const opusHead = bytes('OggS', [0, 2], Buffer.alloc(20), [1, 19], 'OpusHead', [1, 1, 0, 0], Buffer.alloc(8))

export const SAMPLES: Sample[] = [
  { name: 'a.jpg', mime: 'image/jpeg', type: 'image', content: aJpeg() },
  { name: 'a.png', mime: 'image/png', type: 'image', content: aPng() },
  gif(),
  bmp(),
  { name: 'a.mp4', mime: 'video/mp4', type: 'video', content: isoMedia('isom', 'vide') },
  { name: 'a.3gp', mime: 'video/3gpp', type: 'video', content: isoMedia('3gp4', 'vide') },
  { name: 'a.mov', mime: 'video/quicktime', type: 'video', content: isoMedia('qt  '), sendableAs: ['document'] },
  { name: 'a.aac', mime: 'audio/aac', type: 'audio', content: bytes([0xff, 0xf1, 0x50, 0x80, 1, 0x7f, 0xfc, 0, 0]) },
  { name: 'a.m4a', mime: 'audio/mp4', type: 'audio', content: isoMedia('M4A ', 'soun') },
  { name: 'a.mp3', mime: 'audio/mpeg', type: 'audio', content: bytes([0xff, 0xfb, 0x90, 0x64], Buffer.alloc(413)) },
  { name: 'a.amr', mime: 'audio/amr', type: 'audio', content: bytes('#!AMR\n', [0x3c, 0x91, 0x17, 0x16]) },
  { name: 'a.ogg', mime: 'audio/ogg', type: 'audio', content: opusHead },
  document('a.pdf', 'application/pdf', bytes('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n')),
  document('a.doc', 'application/msword', anOle(['1Table', 'Data', 'WordDocument'])),
  document('a.docx', `${OOXML}.wordprocessingml.document`, aZip([CONTENT_TYPES, '_rels/.rels', 'word/document.xml'])),
  document('a.xls', 'application/vnd.ms-excel', anOle(['Workbook'])),
  // As LibreOffice orders them.
  document('a.xlsx', `${OOXML}.spreadsheetml.sheet`, aZip(['_rels/.rels', 'xl/workbook.xml', CONTENT_TYPES])),
  document('a.ppt', 'application/vnd.ms-powerpoint', anOle(['Current User', 'PowerPoint Document'])),
  document('a.pptx', `${OOXML}.presentationml.presentation`, aZip([CONTENT_TYPES, 'ppt/presentation.xml'])),
  document('a.txt', 'text/plain', Buffer.from('BMW, café, привет\r\n\tand more\n')),
]

function gif(): Sample {
  const content = bytes('GIF89a', [1, 0, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b])
  return { name: 'a.gif', mime: 'image/gif', type: 'image', content, sendableAs: ['document'] }
}

function bmp(): Sample {
  const content = bytes('BM', [58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0], Buffer.alloc(40))
  return { name: 'a.bmp', mime: 'image/bmp', type: 'image', content, sendableAs: ['document'] }
}

function document(name: string, mime: string, content: Buffer): Sample {
  return { name, mime, type: 'document', content }
}

export interface FormField {
  name: string
  content: string | Uint8Array
  filename?: string
  type?: string
}

const BOUNDARY = 'a-boundary-of-a-test'

export const FORM_HEADERS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }

/** A multipart/form-data body of these fields, in this order. */
export function aForm(fields: FormField[]): Buffer {
  const parts = fields.flatMap(({ name, content, filename, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    Buffer.from(content),
    '\r\n',
  ])
  const end = `--${BOUNDARY}--\r\n`
  return Buffer.concat([...parts, end].map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}

/** The fields of an upload, the workspace first. */
export function uploadFields(
  workspaceId: string,
  { name, mime, content }: Pick<Sample, 'name' | 'mime' | 'content'> = SAMPLES[0]!,
): FormField[] {
  return [
    { name: 'workspace_id', content: workspaceId },
    { name: 'file', content, filename: name, type: mime },
  ]
}
