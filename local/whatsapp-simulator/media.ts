/** Media as Graph has them: upload, the two-step download, delete; and the resumable upload of template samples. */
import { createHash, createHmac } from 'node:crypto'
import { GraphError, invalid, required, unknownObject } from './errors.ts'
import type { Answer, Call } from './http.ts'
import { idOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { acceptedTypes } from './media-rules.ts'
import type { Medium } from './media-shelf.ts'
import { partsOf } from './multipart.ts'
import { newId } from './world.ts'
import type { PhoneNumber, World } from './world.ts'

const dayMs = 24 * 3600 * 1000
const urlLifeMs = 5 * 60 * 1000
export const downloadPath = '/whatsapp_business/attachments/'

export function uploadMedia(world: World, number: PhoneNumber, { headers, body }: Call): Json {
  const parts = partsOf(headers['content-type'] ?? '', body) ?? []
  const field = (name: string): string | undefined => parts.find((part) => part.name === name)?.bytes.toString('utf8')
  if (field('messaging_product') !== 'whatsapp') throw required('messaging_product')
  const file = parts.find((part) => part.name === 'file')
  if (!file) throw required('file')
  const mimeType = file.contentType ?? field('type') ?? 'application/octet-stream'
  const accepted = acceptedTypes[mimeType]
  if (!accepted) {
    const list = Object.keys(acceptedTypes).join(', ')
    throw invalid(
      `Param file must be a file with one of the following types: ${list}. Received file of type '${mimeType}'.`,
    )
  }
  if (file.bytes.length === 0 || file.bytes.length > accepted.most) {
    throw new GraphError(131053, {
      details: `The file has ${file.bytes.length} bytes; ${mimeType} may have 1 to ${accepted.most}.`,
    })
  }
  return { id: keep(world, number, mimeType, { bytes: file.bytes, lifeMs: 30 * dayMs }).id }
}

export function readMedium(world: World, medium: Medium, { query }: Call): Json {
  checkOwner(medium, query)
  return {
    messaging_product: 'whatsapp',
    url: downloadUrl(world, medium.id, 'getMedia'),
    mime_type: medium.mimeType,
    sha256: medium.sha256Hex,
    file_size: String(medium.size),
    id: medium.id,
  }
}

export function deleteMedium(world: World, medium: Medium, { query }: Call): Json {
  checkOwner(medium, query)
  world.media.remove(medium.id)
  return { success: true }
}

/** The second step: the URL says which file and until when, and the token must be sent again. */
export function downloadMedium(world: World, { query }: Call, mayReach: (wabaId: string) => boolean): Answer {
  const id = query.get('mid') ?? ''
  const expires = Number(query.get('ext'))
  const medium = world.media.find(id, world.now())
  const isGenuine = query.get('hash') === urlHash(world, id, expires) && expires * 1000 > world.now()
  const bytes = medium && isGenuine && mayReach(medium.wabaId) ? world.media.bytesOf(id) : undefined
  if (!medium || !bytes) return { status: 404, bytes: Buffer.alloc(0), headers: { 'content-type': 'text/html' } }
  return { status: 200, bytes, headers: { 'content-type': medium.mimeType } }
}

/** The object that an incoming message carries: a medium that can be downloaded like any other for 7 days. */
export function receivedMedium(world: World, number: PhoneNumber, wanted: Json, base64: unknown): Json {
  const { caption, filename, mime_type: mime, animated, voice, ...others } = wanted
  const mimeType = textOf(mime) ?? 'application/octet-stream'
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : sampleBytes(mimeType)
  const medium = keep(world, number, mimeType, { bytes, lifeMs: 7 * dayMs })
  return {
    ...(caption !== undefined && { caption }),
    ...(filename !== undefined && { filename }),
    mime_type: mimeType,
    sha256: createHash('sha256').update(bytes).digest('base64'),
    id: medium.id,
    url: downloadUrl(world, medium.id, 'webhook'),
    ...(animated !== undefined && { animated }),
    ...(voice !== undefined && { voice }),
    ...others,
  }
}

/** `POST /{app-id}/uploads`: the session is in its own id, so nothing has to be kept. */
export function startUpload({ query, fields }: Call): Json {
  const type = textOf(fields?.['file_type']) ?? query.get('file_type') ?? undefined
  const length = idOf(fields?.['file_length']) ?? query.get('file_length') ?? undefined
  if (type === undefined) throw required('file_type')
  if (length === undefined) throw required('file_length')
  return { id: `upload:${Buffer.from(JSON.stringify({ type, length })).toString('base64url')}` }
}

/** `POST /upload:<session>` with the bytes: gives the handle for `example.header_handle`. */
export function continueUpload(id: string, { body, headers }: Call): Json {
  if (body.length === 0) throw invalid('The body of the upload is empty.')
  if (textOf(headers['file_offset']) === undefined) throw invalid('The header file_offset is required.')
  return { h: `4::${Buffer.from(id).toString('base64')}:${createHash('sha256').update(body).digest('base64')}` }
}

function keep(world: World, number: PhoneNumber, mimeType: string, file: { bytes: Buffer; lifeMs: number }): Medium {
  const medium: Medium = {
    id: newId(world),
    phoneNumberId: number.id,
    wabaId: number.wabaId,
    mimeType,
    sha256Hex: createHash('sha256').update(file.bytes).digest('hex'),
    size: file.bytes.length,
    expiresAt: world.now() + file.lifeMs,
  }
  // A copy: the bytes of an upload are a part of its whole request.
  world.media.add(medium, Buffer.from(file.bytes))
  return medium
}

function checkOwner(medium: Medium, query: URLSearchParams): void {
  const owner = query.get('phone_number_id')
  if (owner !== null && owner !== medium.phoneNumberId) throw unknownObject(medium.id, 'get')
}

function downloadUrl(world: World, id: string, source: 'getMedia' | 'webhook'): string {
  const expires = Math.floor((world.now() + urlLifeMs) / 1000)
  return `${world.url}${downloadPath}?mid=${id}&source=${source}&ext=${expires}&hash=${urlHash(world, id, expires)}`
}

function urlHash(world: World, id: string, expires: number): string {
  return createHmac('sha256', world.app.secret).update(`${id}.${expires}`).digest('base64url')
}

/** A few true first bytes, so that a reader who sniffs types is not surprised. */
function sampleBytes(mimeType: string): Buffer {
  const starts: Readonly<Record<string, string>> = {
    'image/jpeg': 'ffd8ffe000104a46494600010100000100010000ffd9',
    'image/png': '89504e470d0a1a0a0000000d49484452',
    'image/webp': '524946461a000000574542505650384c',
    'video/mp4': '0000001866747970697366f60000000069736f6d',
    'audio/ogg': '4f67675300020000000000000000',
    'application/pdf': '255044462d312e340a25e2e3cfd30a',
  }
  return Buffer.from(starts[mimeType.split(';')[0] ?? ''] ?? '73616d706c65', 'hex')
}
