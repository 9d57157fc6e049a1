/** The parts of a multipart/form-data body that was read whole (RFC 7578). Contents are views of the body, not copies. */
import { AppError } from '../errors.ts'

export interface FormPart {
  name: string
  /** Only files have one. */
  filename: string | undefined
  content: Buffer
}

/** Throws `invalid_request` for a body that is cut short or does not have the boundary that the content type names. */
export function formParts(body: Buffer, contentType: string): FormPart[] {
  const delimiter = delimiterOf(contentType)
  const parts: FormPart[] = []
  let at = body.indexOf(delimiter)
  for (;;) {
    if (at < 0) throw malformed('a boundary is missing')
    const from = at + delimiter.length
    if (body.subarray(from, from + 2).equals(DASHES)) return parts
    const next = body.indexOf(Buffer.concat([LINE_END, delimiter]), from)
    if (next < 0) throw malformed('it ends before its last boundary')
    parts.push(partOf(body.subarray(from, next)))
    at = next + LINE_END.length
  }
}

export const DASHES = Buffer.from('--')
export const LINE_END = Buffer.from('\r\n')
export const HEADERS_END = Buffer.from('\r\n\r\n')
/** Of one part. Expressions that read them recurse: megabytes would break the stack. */
export const MAX_HEADER_BYTES = 16 * 1024
/** RFC 2046: a longer boundary would only make every search for it long. */
const MAX_BOUNDARY = 70

/** What stands before each part, at the beginning of a line. */
export function delimiterOf(contentType: string): Buffer {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined) throw malformed('its Content-Type names no boundary')
  if (name.length > MAX_BOUNDARY) throw malformed(`its boundary is longer than ${MAX_BOUNDARY} characters`)
  return Buffer.from(`--${name}`, 'latin1')
}

function partOf(part: Buffer): FormPart {
  const end = part.indexOf(HEADERS_END)
  if (end < 0) throw malformed('a part has no headers')
  if (end > MAX_HEADER_BYTES) throw malformed(`a part's headers are longer than ${MAX_HEADER_BYTES} bytes`)
  const { name, filename } = partHeaders(part.toString('utf8', 0, end))
  return { name, filename, content: part.subarray(end + HEADERS_END.length) }
}

export interface PartHeaders {
  name: string
  filename: string | undefined
  /** The content type without its parameters, in lower case; empty if there is none. */
  type: string
}

export function partHeaders(headers: string): PartHeaders {
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(headers)?.[1]
  const name = disposition === undefined ? undefined : parameter(disposition, 'name')
  if (disposition === undefined || name === undefined) throw malformed('a part has no name')
  const type = /^content-type:\s*([^;\r\n]*)/im.exec(headers)?.[1] ?? ''
  const filename = extendedFilename(disposition) ?? parameter(disposition, 'filename')
  return { name, filename, type: type.trim().toLowerCase() }
}

/** Browsers escape quotes in names as %22, curl as \". */
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:\\\\.|[^"\\\\])*)"|([^;\\s]*))`, 'i').exec(disposition)
  return (found?.[1] ?? found?.[2])?.replaceAll(/\\(.)/g, '$1').replaceAll('%22', '"')
}

/** How some clients, against RFC 7578, send names that are not ASCII. */
function extendedFilename(disposition: string): string | undefined {
  const encoded = /;\s*filename\*=utf-8''([^;\s]*)/i.exec(disposition)?.[1]
  if (encoded === undefined) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    throw malformed('a file name is not well-formed')
  }
}

export function malformed(why: string): AppError {
  return new AppError('invalid_request', `The multipart/form-data body is not well-formed: ${why}`)
}
