/**
 * Takes a file of contacts out of a form, on to Blob Storage as it arrives: memory is one block, however large the file.
 * There is no blob of it before it has come whole and looks like contacts.
 */
import type { BlobWriter } from '../azure/blob-writer.ts'
import { kindByBeginning } from '../contacts/import/file-kind.ts'
import { utf8Watch } from '../contacts/import/text.ts'
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
    file = await stage(part, blobs, newFileBlob(workspaceId))
  }
  if (!file) throw new ValidationError([{ loc: ['body', FIELD], msg: 'Field required', type: 'missing' }])
  return file
}

async function stage(
  { filename = '', content }: StreamedPart,
  blobs: Deps['blobs'],
  blob: string,
): Promise<ReceivedFile> {
  const writer = blobs.writer(IMPORTS, blob)
  const watch = kindWatch(filename)
  const utf8 = utf8Watch()
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    const isBook = isWorkbook(watch.take(chunk))
    if (size > (isBook ? MAX_WORKBOOK_BYTES : MAX_FILE_BYTES)) throw isBook ? workbookTooLarge() : fileTooLarge()
    utf8.take(chunk)
    await writer.write(chunk)
  }
  const kind = watch.end()
  return { blob, name: filename.slice(0, MAX_NAME), size, format: formatOf(kind, utf8.end()), writer }
}

type Kind = ReturnType<typeof kindByBeginning>

/** Throws what is wrong with a file as soon as its beginning tells. */
function kindWatch(name: string) {
  let beginning = Buffer.alloc(0)
  let kind: Kind | undefined
  const judge = (): Kind => (kind ??= kindByBeginning({ name, bytes: beginning }))
  return {
    take(chunk: Buffer): Kind | undefined {
      if (kind !== undefined) return kind
      beginning = Buffer.concat([beginning, chunk])
      return beginning.length >= BEGINNING_BYTES ? judge() : undefined
    },
    end: judge,
  }
}

function isWorkbook(kind: Kind | undefined): boolean {
  return kind === 'zip' || kind === 'ole'
}

function formatOf(kind: Kind, isUtf8: boolean): FileFormat {
  if (isWorkbook(kind)) return { kind: 'workbook' }
  if (kind === 'utf-16le' || kind === 'utf-16be') return { kind: 'text', encoding: kind }
  return { kind: 'text', encoding: isUtf8 ? 'utf-8' : 'windows-1252' }
}
