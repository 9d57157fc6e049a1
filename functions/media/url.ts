/** GET /api/media/{media_id}/url */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MediaParams, mediaUrlResponse, MediaUrlQuery, MediaURLResponse } from '../../shared/media/api.ts'
import { findMedia } from '../../shared/media/find.ts'
import { mediaLink } from '../../shared/media/link.ts'

export const mediaUrlEndpoint = endpoint({
  name: 'media-url',
  summary: 'A link that opens a media file for a while, for whoever holds it',
  description: 'From 5 minutes to 1440 (a day). Deleting the media file ends the link at once.',
  method: 'GET',
  path: 'api/media/{media_id}/url',
  allow: 'member',
  entity: { param: 'media_id', notFound: 'media_not_found' },
  params: MediaParams,
  query: MediaUrlQuery,
  responses: { 200: MediaURLResponse },
  async handle({ workspaceId, params, query }, deps) {
    const media = await findMedia(deps, workspaceId, params.media_id)
    const link = await mediaLink(deps, media, query.expiry_minutes)
    return { status: 200, body: mediaUrlResponse(link, query.expiry_minutes) }
  },
})
