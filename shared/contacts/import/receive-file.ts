/** Takes the uploaded file out of a multipart/form-data body, and stops reading as soon as the body is too large. */
import { AppError, fieldProblem, ValidationError } from '../../errors.ts'
import { fingerprintOfForm } from '../../idempotency/fingerprint.ts'
import { formParts } from '../../http/multipart.ts'
import { mediaType, readBytes, type IncomingRequest } from '../../http/request.ts'
import type { UploadedFile } from './file-kind.ts'
import { MAX_FILE_BYTES } from './refusal.ts'

/** Boundaries, headers and other fields around the file. */
const MAX_FORM_OVERHEAD_BYTES = 64 * 1024
const FIELD = 'file'

export async function receiveFile(request: IncomingRequest): Promise<UploadedFile> {
  if (mediaType(request) !== 'multipart/form-data') {
    throw new AppError(
      'unsupported_media_type',
      `Send the file as multipart/form-data in the field "${FIELD}", for example with curl -F file=@contacts.csv`,
    )
  }
  const body = await readBody(request)
  const parts = formParts(body, request.headers.get('content-type') ?? '')
  const part = parts.find(({ name }) => name === FIELD)
  if (!part) throw new ValidationError([{ loc: ['body', FIELD], msg: 'Field required', type: 'missing' }])
  if (part.filename === undefined) {
    throw fieldProblem(['body', FIELD], 'This field holds text: send a file, which has a file name')
  }
  if (part.content.length > MAX_FILE_BYTES) throw tooLarge()
  await request.onForm?.(fingerprintOfForm(parts))
  return { name: part.filename, bytes: part.content }
}

async function readBody(request: IncomingRequest): Promise<Buffer> {
  try {
    return await readBytes(request, MAX_FILE_BYTES + MAX_FORM_OVERHEAD_BYTES)
  } catch (error) {
    if (error instanceof AppError && error.code === 'payload_too_large') throw tooLarge()
    throw error
  }
}

function tooLarge(): AppError {
  return new AppError(
    'import_too_large',
    `The file is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB: send it to POST /api/contacts/imports, which takes larger files, or split it. Nothing was imported`,
  )
}
