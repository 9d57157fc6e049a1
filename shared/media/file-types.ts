/** The files Herald takes, as the API document lists them, and what WhatsApp says of each: one table for all rules. */
import * as z from 'zod'

export const MediaType = z.enum(['image', 'video', 'audio', 'document'])
export type MediaType = z.output<typeof MediaType>

export const MB = 1024 * 1024

/** What may be uploaded; what WhatsApp delivers is less. */
export const MAX_UPLOAD_BYTES: Record<MediaType, number> = {
  image: 16 * MB,
  video: 100 * MB,
  audio: 16 * MB,
  document: 100 * MB,
}

/** The largest file, and what stands around it. */
export const MAX_FORM_BYTES = 100 * MB + MB / 4

/** The largest files that WhatsApp delivers as what they are. */
export const MAX_WHATSAPP_BYTES: Record<MediaType, number> = {
  image: 5 * MB,
  video: 16 * MB,
  audio: 16 * MB,
  document: 100 * MB,
}

export interface FileType {
  kind: MediaType
  mime: string
  /** In a sentence: This is …. */
  name: string
  /** The first one names files that have no name. */
  extensions: readonly string[]
  /** Other names that senders give the same content. */
  aliases: readonly string[]
  /** False where WhatsApp takes such a file only as a document. */
  isForWhatsapp: boolean
}

const EXCEL = 'application/vnd.ms-excel'
const OOXML = 'application/vnd.openxmlformats-officedocument'

export const FILE_TYPES: readonly FileType[] = [
  of('image', 'image/jpeg image/jpg image/pjpeg', 'a JPEG image', 'jpg jpeg jpe jfif'),
  of('image', 'image/png image/x-png image/apng', 'a PNG image', 'png'),
  onlyAsDocument(of('image', 'image/gif', 'a GIF image', 'gif')),
  onlyAsDocument(of('image', 'image/bmp image/x-ms-bmp image/x-bmp', 'a BMP image', 'bmp dib')),
  of('video', 'video/mp4 video/x-m4v application/mp4', 'an MP4 video', 'mp4 m4v'),
  of('video', 'video/3gpp video/3gpp2', 'a 3GPP video', '3gp 3gpp 3g2'),
  onlyAsDocument(of('video', 'video/quicktime', 'a QuickTime video', 'mov qt')),
  of('audio', 'audio/aac audio/aacp audio/x-aac', 'AAC audio', 'aac'),
  of('audio', 'audio/mp4 audio/x-m4a audio/m4a', 'MP4 audio', 'm4a mp4 m4b'),
  of('audio', 'audio/mpeg audio/mp3 audio/x-mp3', 'MPEG audio', 'mp3 mpga mpeg'),
  of('audio', 'audio/amr audio/amr-nb', 'AMR audio', 'amr'),
  of('audio', 'audio/ogg audio/opus application/ogg', 'OGG audio', 'ogg oga opus'),
  of('document', 'application/pdf application/x-pdf', 'a PDF document', 'pdf'),
  of('document', 'application/msword', 'a Word document', 'doc dot'),
  of('document', `${OOXML}.wordprocessingml.document`, 'a Word document', 'docx'),
  of('document', `${EXCEL} application/x-msexcel`, 'an Excel workbook', 'xls xlt'),
  of('document', `${OOXML}.spreadsheetml.sheet`, 'an Excel workbook', 'xlsx'),
  of('document', 'application/vnd.ms-powerpoint', 'a PowerPoint presentation', 'ppt pps pot'),
  of('document', `${OOXML}.presentationml.presentation`, 'a PowerPoint presentation', 'pptx'),
  // Windows tells browsers that CSV files are Excel's.
  of(
    'document',
    `text/plain text/csv text/x-csv text/markdown application/csv ${EXCEL}`,
    'text',
    'txt csv text log md',
  ),
]

/** The largest file that Meta hands on. */
export const MAX_RECEIVED_BYTES = 100 * MB

/** What people may send beside them. */
const RECEIVED_ONLY: readonly FileType[] = [onlyAsDocument(of('image', 'image/webp', 'a WebP image', 'webp'))]

/** People send anything as a document. */
export const OTHER_FILE = onlyAsDocument(of('document', 'application/octet-stream', 'a file of this type', 'bin'))

const ALL = [...FILE_TYPES, ...RECEIVED_ONLY, OTHER_FILE]

/** For people whose file is none of them. */
export const ACCEPTED =
  'images (JPEG, PNG, GIF, BMP), videos (MP4, 3GPP, QuickTime), audio (AAC, MP4, MPEG, AMR, OGG) and ' +
  'documents (PDF, Word, Excel, PowerPoint, plain text)'

/** By its own name, else by another one of the same content. Those among `types`; all that a file here may have. */
export function fileTypeOf(mime: string, types: readonly FileType[] = ALL): FileType | undefined {
  return types.find((type) => type.mime === mime) ?? types.find(({ aliases }) => aliases.includes(mime))
}

/** The first of the names is the one we use; the first of the extensions, too. */
function of(kind: MediaType, mimes: string, name: string, extensions: string): FileType {
  const [mime = '', ...aliases] = mimes.split(' ')
  return { kind, mime, name, extensions: extensions.split(' '), aliases, isForWhatsapp: true }
}

function onlyAsDocument(type: FileType): FileType {
  return { ...type, isForWhatsapp: false }
}
