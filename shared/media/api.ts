/** Media files as the API's users see them. */
import * as z from 'zod'
import type { Blobs } from '../azure/blobs.ts'
import { PageQuery, pageOf, queryInteger } from '../http/paging.ts'
import { inLowerCase, wordFilter } from '../http/word-filter.ts'
import { MediaType } from './file-types.ts'
import type { MediaLink } from './link.ts'
import type { Media } from './schema.ts'
import { sendableAs, sendWarnings } from './sendable.ts'

/** How long the link of a download lives. */
export const DOWNLOAD_MINUTES = 60

export const MediaUploadForm = z
  .object({
    workspace_id: z.uuid().describe('Workspace ID'),
    file: z.file().describe('File to upload'),
  })
  .meta({ id: 'Body_upload_media_api_media_post' })

export const MediaUploadQuery = z.object({
  workspace_id: z.uuid().optional().describe('The workspace, for clients that do not send it in the form'),
})

export const MediaListQuery = PageQuery.extend({
  workspace_id: z.uuid().describe('Workspace ID to filter by'),
  type: wordFilter(MediaType, inLowerCase).describe(
    'Filter by media type: image, video, audio or document, in any letter case',
  ),
})

export const MediaParams = z.object({ media_id: z.uuid() })

export const MediaUrlQuery = z.object({
  expiry_minutes: queryInteger(5, 1440).default(DOWNLOAD_MINUTES).describe('URL validity in minutes'),
})

export const MediaResponse = z
  .object({
    id: z.uuid(),
    workspace_id: z.uuid(),
    type: z.string().meta({ description: 'image, video, audio or document', example: 'image' }),
    original_url: z
      .string()
      .nullish()
      .meta({ description: 'Always null: files are uploaded, not fetched', example: null }),
    storage_url: z.string().nullish().describe('The address in Blob Storage. It opens nothing: use /download or /url'),
    file_name: z.string().nullish().meta({ example: 'poster.jpg' }),
    file_size: z.int().nullish().describe('Bytes'),
    mime_type: z.string().nullish().meta({ description: 'Decided by the content', example: 'image/jpeg' }),
    uploaded_by: z.uuid().nullish().describe('The user; null where the workspace’s API key uploaded it'),
    source: z.enum(['upload', 'inbound']).optional().describe('`inbound`: somebody sent it'),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    sendable_as: z
      .array(MediaType)
      .optional()
      .describe('The media types this file can be sent as; WhatsApp takes less than can be uploaded'),
    warnings: z
      .array(z.string())
      .optional()
      .describe('Why the file cannot be sent as what it is, if so, and what to expect of it as a document'),
  })
  .meta({ id: 'MediaResponse', description: 'Schema for media file response' })

export const MediaListResponse = pageOf(MediaResponse).meta({
  id: 'MediaListResponse',
  description: 'Schema for paginated media list',
})

export const MediaURLResponse = z
  .object({
    url: z
      .string()
      .meta({ description: 'Opens the file for whoever has it', example: 'https://example.com/herald/media/1?sig=…' }),
    expires_in_minutes: z.int().meta({ description: 'URL validity in minutes', example: DOWNLOAD_MINUTES }),
    expires_at: z.iso.datetime().describe('Expiration timestamp'),
  })
  .meta({ id: 'MediaURLResponse', description: 'Schema for temporary URL response' })

export function mediaResponse(blobs: Pick<Blobs, 'address'>, media: Media) {
  return {
    ...media,
    type: media.kind,
    original_url: null,
    storage_url: blobs.address('media', media.blob),
    sendable_as: sendableAs(media),
    warnings: sendWarnings(media),
  }
}

export function mediaUrlResponse({ url, expiresAt }: MediaLink, minutes: number) {
  return { url, expires_in_minutes: minutes, expires_at: expiresAt.toISOString() }
}
