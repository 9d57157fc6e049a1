/** Keeps an uploaded file: its blob first, then the document that makes it a media file of the workspace. */
import type { Deps } from '../deps.ts'
import { derivedId, type WorkspaceId } from '../ids.ts'
import { CLEANUP_DELAY_SECONDS } from './clean-up.ts'
import type { StagedFile } from './receive.ts'
import type { Media } from './schema.ts'
import { mediaStore } from './store.ts'

export interface Upload {
  file: StagedFile
  /** Null where a workspace's API key uploads. */
  uploadedBy: string | null
  /** It came with a message, which gives it its id. */
  inbound?: { mediaId: string }
}

export async function uploadMedia(
  { containers, queues, now, log, once }: Pick<Deps, 'containers' | 'queues' | 'now' | 'log' | 'once'>,
  workspaceId: WorkspaceId,
  upload: Upload,
): Promise<Media> {
  const { file } = upload
  const id = upload.inbound?.mediaId ?? derivedId('media', workspaceId, once.seed('media'))
  const earlier = once.isRepeat ? await mediaStore(containers).find(workspaceId, id) : undefined
  if (earlier) return earlier.value
  const media = { id, ...mediaOf(workspaceId, upload, now()) }
  // If we stop between the blob and the document, this removes the blob; otherwise it does nothing.
  const message = { workspace_id: workspaceId, media_id: media.id, blob: media.blob }
  await queues.send('media-cleanup', message, { delaySeconds: CLEANUP_DELAY_SECONDS })
  await file.writer.finish(media.mime_type)
  await mediaStore(containers).create(media)
  log.info('media.uploaded', { workspaceId, mediaId: media.id, mimeType: media.mime_type, bytes: media.file_size })
  return media
}

function mediaOf(workspaceId: WorkspaceId, { file, uploadedBy, inbound }: Upload, now: Date): Omit<Media, 'id'> {
  const at = now.toISOString()
  return {
    type: 'media',
    v: 1,
    workspace_id: workspaceId,
    kind: file.type.kind,
    mime_type: file.type.mime,
    is_playable: file.isPlayable,
    file_name: file.name,
    file_size: file.size,
    blob: file.blob,
    uploaded_by: uploadedBy,
    source: inbound ? 'inbound' : 'upload',
    at_meta: [],
    created_at: at,
    updated_at: at,
  }
}
