/** A media file: its stored shape. The bytes are in Blob Storage under a random name. */
import { z } from 'zod'
import { WorkspaceId } from '../ids.ts'
import { MediaType } from './file-types.ts'

export const Media = z.object({
  id: z.string(),
  type: z.literal('media'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  kind: MediaType,
  /** What the content is, whatever the sender called it. */
  mime_type: z.string(),
  /** False for OGG audio in another codec than Opus, the only one WhatsApp plays. */
  is_playable: z.boolean(),
  file_name: z.string().nullable(),
  file_size: z.int(),
  /** In the blob container `media`. */
  blob: z.string(),
  uploaded_by: z.string().nullable(),
  /** inbound: it came with a message. */
  source: z.enum(['upload', 'inbound']).default('upload'),
  deleted_at: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Media = z.output<typeof Media>
