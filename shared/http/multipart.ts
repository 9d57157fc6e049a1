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
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined) throw malformed('its Content-Type names no boundary')
  const delimiter = Buffer.from(`--${name}`, 'latin1')
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

const DASHES = Buffer.from('--')
const LINE_END = Buffer.from('\r\n')
const HEADERS_END = Buffer.from('\r\n\r\n')

function partOf(part: Buffer): FormPart {
  const end = part.indexOf(HEADERS_END)
  if (end < 0) throw malformed('a part has no headers')
  const headers = part.toString('utf8', 0, end)
  const disposition = /^content-disposition:\s*form-data(.*)$/im.exec(headers)?.[1]
  const name = disposition === undefined ? undefined : parameter(disposition, 'name')
  if (disposition === undefined || name === undefined) throw malformed('a part has no name')
  return { name, filename: parameter(disposition, 'filename'), content: part.subarray(end + HEADERS_END.length) }
}

/** Browsers escape quotes in names as %22, curl as \". */
function parameter(disposition: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:\\\\.|[^"\\\\])*)"|([^;\\s]*))`, 'i').exec(disposition)
  return (found?.[1] ?? found?.[2])?.replaceAll(/\\(.)/g, '$1').replaceAll('%22', '"')
}

function malformed(why: string): AppError {
  return new AppError('invalid_request', `The multipart/form-data body is not well-formed: ${why}`)
}
