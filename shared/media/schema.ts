/** A media file: its stored shape. The bytes are in Blob Storage under a random name. */
import * as z from 'zod'
import { WorkspaceId } from '../ids.ts'
import { MediaType } from './file-types.ts'

/** A copy of the file at Meta, which messages of one number may name. */
export const MetaCopy = z.object({
  phone_number_id: z.string(),
  /** Meta's id of it. */
  id: z.string(),
  uploaded_at: z.string(),
  /** Meta drops it then. */
  expires_at: z.string(),
  /** Meta refused a message with it: it is used no more. */
  refused_at: z.string().optional(),
})
export type MetaCopy = z.output<typeof MetaCopy>

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
  /** Also of a deleted file, until they are deleted at Meta. */
  at_meta: z.array(MetaCopy).default([]),
  deleted_at: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Media = z.output<typeof Media>
