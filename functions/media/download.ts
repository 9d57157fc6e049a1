/** GET /api/media/{media_id}/download */
import { endpoint } from '../../shared/http/endpoint.ts'
import { DOWNLOAD_MINUTES, MediaParams } from '../../shared/media/api.ts'
import { findMedia } from '../../shared/media/find.ts'
import { mediaLink } from '../../shared/media/link.ts'

export const downloadMediaEndpoint = endpoint({
  name: 'media-download',
  summary: 'Go to the file of a media file',
  description: `Redirects to a link in Blob Storage that works for ${DOWNLOAD_MINUTES} minutes, without any header.`,
  method: 'GET',
  path: 'api/media/{media_id}/download',
  allow: 'member',
  entity: { param: 'media_id', notFound: 'media_not_found' },
  params: MediaParams,
  responses: { 307: null },
  async handle({ workspaceId, params }, deps) {
    const media = await findMedia(deps, workspaceId, params.media_id)
    const { url } = await mediaLink(deps, media, DOWNLOAD_MINUTES)
    return { status: 307, headers: { location: url } }
  },
})
