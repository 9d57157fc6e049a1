/** DELETE /api/media/{media_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { MediaParams } from '../../shared/media/api.ts'
import { deleteMedia } from '../../shared/media/delete.ts'

export const deleteMediaEndpoint = endpoint({
  name: 'media-delete',
  summary: 'Delete a media file; links to it stop working at once',
  method: 'DELETE',
  path: 'api/media/{media_id}',
  allow: 'member',
  entity: { param: 'media_id', notFound: 'media_not_found' },
  params: MediaParams,
  responses: { 204: null },
  async handle({ workspaceId, params }, deps) {
    await deleteMedia(deps, workspaceId, params.media_id)
    return { status: 204 }
  },
})
