/** GET /api/media/{media_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MediaParams, mediaResponse, MediaResponse } from '../../shared/media/api.ts'
import { findMedia } from '../../shared/media/find.ts'

export const getMediaEndpoint = endpoint({
  name: 'media-get',
  summary: 'One media file',
  method: 'GET',
  path: 'api/media/{media_id}',
  allow: 'member',
  entity: { param: 'media_id', notFound: 'media_not_found' },
  params: MediaParams,
  responses: { 200: MediaResponse },
  async handle({ workspaceId, params }, deps) {
    const media = await findMedia(deps, workspaceId, params.media_id)
    return { status: 200, body: mediaResponse(deps.blobs, media) }
  },
})
