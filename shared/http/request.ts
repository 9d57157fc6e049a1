/** A request as Herald sees it, whatever host took it, and the reading of its body within limits. */
import { AppError, ValidationError } from '../errors.ts'
import { gathered } from './gather.ts'
import { excessIn } from './json-bounds.ts'

export interface IncomingRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: { get(name: string): string | null }
  params: Record<string, string>
  body: AsyncIterable<Uint8Array> | null
  /** To be told of a form what it is (see shared/idempotency/fingerprint.ts) once it was read, before it has any effect. */
  onForm?: (fingerprint: string) => Promise<void>
}

export const JSON_LIMIT_BYTES = 1024 * 1024

/** The exact bytes of the body. Throws `payload_too_large` as soon as more than `limit` bytes came. */
export async function readBytes(request: IncomingRequest, limit: number): Promise<Buffer> {
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limit) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body ? gathered(request.body) : []) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * The parsed JSON body. 415 for another content type, 422 as FastAPI words it for malformed JSON or none. Where a body
 * is optional, none is undefined: clients that have nothing to send still name a type of their own choice.
 */
export async function readJson(request: IncomingRequest, { optional = false } = {}): Promise<unknown> {
  if (!optional) checkMediaType(request)
  const text = decoded(await readBytes(request, JSON_LIMIT_BYTES))
  if (optional && text.trim() === '') return undefined
  checkMediaType(request)
  if (text.trim() === '') throw new ValidationError([{ loc: ['body'], msg: 'Field required', type: 'missing' }])
  const excess = excessIn(text)
  if (excess !== undefined) throw new ValidationError([{ loc: ['body'], msg: excess, type: 'json_invalid' }])
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new ValidationError([
      { loc: ['body', errorPosition(error, text)], msg: 'JSON decode error', type: 'json_invalid' },
    ])
  }
}

function checkMediaType(request: IncomingRequest): void {
  const type = mediaType(request)
  if (type === '' || type === 'application/json' || type.endsWith('+json')) return
  throw new AppError('unsupported_media_type', `Send the body as application/json, not ${type.slice(0, 80)}`)
}

/** Bytes that are no UTF-8 are refused: read leniently, they would be stored as other characters than were sent. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ValidationError([{ loc: ['body'], msg: 'JSON is written in UTF-8', type: 'json_invalid' }])
  }
}

/** Where the text stops being JSON: V8 tells it for some mistakes; for the others it is the longest good beginning. */
function errorPosition(error: unknown, text: string): number {
  const told = positionIn(error)
  if (told !== undefined || text.length > SEARCHED_LENGTH) return told ?? 0
  let [good, bad] = [0, text.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isBeginning(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return isBeginning(text) ? text.length : good
}

/** Longer texts are not worth the time of searching them. */
const SEARCHED_LENGTH = 64 * 1024

/** True if more text could make this JSON. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    return String(error).includes('Unexpected end') || (positionIn(error) ?? -1) >= text.length
  }
}

function positionIn(error: unknown): number | undefined {
  const position = /at position (\d+)/.exec(String(error))?.[1]
  return position === undefined ? undefined : Number(position)
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
