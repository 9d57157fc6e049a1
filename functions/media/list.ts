/** GET /api/media */
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import { MediaListQuery, MediaListResponse, mediaResponse } from '../../shared/media/api.ts'
import { listMedia } from '../../shared/media/find.ts'

export const listMediaEndpoint = endpoint({
  name: 'media-list',
  summary: 'The media files of a workspace, newest first',
  method: 'GET',
  path: 'api/media',
  allow: 'member',
  query: MediaListQuery,
  responses: { 200: MediaListResponse },
  async handle({ workspaceId, query }, deps) {
    const page = toPage(query)
    const listed = await listMedia(deps, workspaceId, query.type, page)
    return { status: 200, body: listBody(listed, page, (media) => mediaResponse(deps.blobs, media)) }
  },
})
