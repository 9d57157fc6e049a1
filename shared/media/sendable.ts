/** What WhatsApp delivers of a media file: less than what may be uploaded. Any file may go as a document. */
import { fieldProblem } from '../errors.ts'
import { fileTypeOf, MAX_WHATSAPP_BYTES, MB, type MediaType } from './file-types.ts'
import type { Media } from './schema.ts'

type Facts = Pick<Media, 'kind' | 'mime_type' | 'file_size' | 'is_playable'>

/** Throws a 422 of the field `media_type` that names the way out. */
export function checkSendable(media: Facts, as: MediaType): void {
  const possible = sendableAs(media)
  if (possible.includes(as)) return
  const ways = possible.join(' or ') || 'nothing'
  const why =
    as === media.kind ? obstacleOf(media) : `This file is ${fileTypeOf(media.mime_type)?.name ?? 'another type'}`
  throw fieldProblem(['body', 'media_type'], `${why}: send it as ${ways}`)
}

export function sendableAs(media: Facts): MediaType[] {
  const own = obstacleOf(media) === undefined ? [media.kind] : []
  const asDocument = media.file_size <= MAX_WHATSAPP_BYTES.document ? ['document' as const] : []
  return [...new Set([...own, ...asDocument])]
}

/** False for files that WhatsApp takes as documents only: Meta fetches them from a link, and takes no copy of them. */
export function isTakenByMeta(media: Facts): boolean {
  return obstacleOf(media) === undefined
}

/**
 * Meta takes other documents than it lists, but promises nothing of them
 * (https://developers.facebook.com/docs/whatsapp/cloud-api/messages/document-messages).
 */
const AS_DOCUMENT =
  'it can only be sent as a document, and WhatsApp may refuse it or show it otherwise than expected: ' +
  'it promises to show PDF, Word, Excel, PowerPoint and text only'

/** For whoever uploaded a file that WhatsApp does not deliver as what it is. */
export function sendWarnings(media: Facts): string[] {
  const obstacle = obstacleOf(media)
  return obstacle === undefined ? [] : [`${obstacle}: ${AS_DOCUMENT}`]
}

/** Why WhatsApp does not deliver the file as what it is. */
function obstacleOf({ kind, mime_type, file_size, is_playable }: Facts): string | undefined {
  const type = fileTypeOf(mime_type)
  if (!type?.isForWhatsapp) {
    const name = type?.name ?? mime_type
    return kind === 'document' ? `WhatsApp may not take ${name}` : `WhatsApp does not show ${name} as ${kind}`
  }
  if (!is_playable) return 'WhatsApp plays OGG audio only in the Opus codec'
  const limit = MAX_WHATSAPP_BYTES[kind]
  if (file_size <= limit) return undefined
  return `WhatsApp delivers ${kind} files of at most ${limit / MB} MB, and this one is larger`
}
