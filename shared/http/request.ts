/** A request as Herald sees it, whatever host took it, and the reading of its body within limits. */
import { AppError, ValidationError } from '../errors.ts'

export interface IncomingRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: { get(name: string): string | null }
  params: Record<string, string>
  body: AsyncIterable<Uint8Array> | null
}

export const JSON_LIMIT_BYTES = 1024 * 1024

/** The exact bytes of the body. Throws `payload_too_large` as soon as more than `limit` bytes came. */
export async function readBytes(request: IncomingRequest, limit: number): Promise<Buffer> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limit) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The parsed JSON body. 415 for another content type, 422 as FastAPI words it for malformed JSON or none. */
export async function readJson(request: IncomingRequest): Promise<unknown> {
  const type = mediaType(request)
  if (type !== '' && type !== 'application/json' && !type.endsWith('+json')) {
    throw new AppError('unsupported_media_type', `Send the body as application/json, not ${type.slice(0, 80)}`)
  }
  const text = (await readBytes(request, JSON_LIMIT_BYTES)).toString('utf8')
  if (text.trim() === '') throw new ValidationError([{ loc: ['body'], msg: 'Field required', type: 'missing' }])
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1]
    throw new ValidationError([
      { loc: ['body', Number(position ?? 0)], msg: 'JSON decode error', type: 'json_invalid' },
    ])
  }
}

/** The content type without its parameters, in lower case; empty if there is none. */
export function mediaType(request: IncomingRequest): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase()
}

function tooLarge(limit: number): AppError {
  const size = limit >= 1024 * 1024 ? `${limit / 1024 / 1024} MB` : `${limit} bytes`
  return new AppError('payload_too_large', `The body is larger than ${size}`)
}
