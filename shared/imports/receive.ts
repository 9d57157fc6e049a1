/**
 * Takes a file of contacts out of a form, on to Blob Storage as it arrives: memory is one block, however large the file.
 * There is no blob of it before it has come whole and looks like contacts.
 */
import type { BlobWriter } from '../azure/blob-writer.ts'
import { formatWatch, type FormatWatch } from '../contacts/import/encoding.ts'
import { formatOf, kindByBeginning } from '../contacts/import/file-kind.ts'
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem, ValidationError } from '../errors.ts'
import { formStream, type StreamedPart } from '../http/form-stream.ts'
import { mediaType, type IncomingRequest } from '../http/request.ts'
import type { WorkspaceId } from '../ids.ts'
import { fileTooLarge, MAX_FILE_BYTES, MAX_FORM_BYTES, MAX_WORKBOOK_BYTES, workbookTooLarge } from './limits.ts'
import { IMPORTS, newFileBlob } from './parts.ts'
import type { FileFormat } from './schema.ts'

export interface ReceivedFile {
  /** In the blob container `imports`, once the writer has finished. */
  blob: string
  name: string
  size: number
  format: FileFormat
  /** `finish` makes a blob of what was staged. */
  writer: BlobWriter
}

const FIELD = 'file'
const BEGINNING_BYTES = 8192
const MAX_NAME = 200

export async function receiveImport(
  { blobs }: Pick<Deps, 'blobs'>,
  workspaceId: WorkspaceId,
  request: IncomingRequest,
  maxBytes = MAX_FILE_BYTES,
): Promise<ReceivedFile> {
  if (mediaType(request) !== 'multipart/form-data') {
    throw new AppError(
      'unsupported_media_type',
      `Send the file as multipart/form-data in the field "${FIELD}", for example with curl -F file=@contacts.csv`,
    )
  }
  let file: ReceivedFile | undefined
  for await (const part of formStream(request, MAX_FORM_BYTES)) {
    if (part.name !== FIELD) continue
    if (file) throw fieldProblem(['body', FIELD], 'Send one file in each request')
    if (part.filename === undefined) {
      throw fieldProblem(['body', FIELD], 'This field holds text: send a file, which has a file name')
    }
    file = await stage(part, blobs, newFileBlob(workspaceId), maxBytes)
  }
  if (!file) throw new ValidationError([{ loc: ['body', FIELD], msg: 'Field required', type: 'missing' }])
  return file
}

async function stage(
  { filename = '', content }: StreamedPart,
  blobs: Deps['blobs'],
  blob: string,
  maxBytes: number,
): Promise<ReceivedFile> {
  const writer = blobs.writer(IMPORTS, blob)
  const watch = fileWatch(filename)
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    const isBook = watch.take(chunk)
    if (size > (isBook ? MAX_WORKBOOK_BYTES : maxBytes)) throw isBook ? workbookTooLarge() : fileTooLarge()
    await writer.write(chunk)
  }
  return { blob, name: filename.slice(0, MAX_NAME), size, format: watch.end(), writer }
}

/** Throws what is wrong with a file as soon as its beginning tells, or else its end. */
function fileWatch(name: string) {
  let beginning: Buffer | undefined = Buffer.alloc(0)
  let text: FormatWatch | undefined
  const begin = (bytes: Buffer): void => {
    beginning = undefined
    const kind = kindByBeginning({ name, bytes })
    if (kind === 'zip' || kind === 'ole') return
    text = formatWatch(kind)
    text.take(bytes)
  }
  const isBook = (): boolean => beginning === undefined && text === undefined
  return {
    /** Whether it is known to be a workbook. */
    take(chunk: Buffer): boolean {
      if (beginning === undefined) text?.take(chunk)
      else {
        beginning = Buffer.concat([beginning, chunk])
        if (beginning.length >= BEGINNING_BYTES) begin(beginning)
      }
      return isBook()
    },
    end(): FileFormat {
      if (beginning !== undefined) begin(beginning)
      return text === undefined ? { kind: 'workbook' } : { kind: 'text', ...formatOf(text, name) }
    },
  }
}
