/** POST /api/media */
import { endpoint } from '../../shared/http/endpoint.ts'
import { mediaResponse, MediaResponse, MediaUploadForm, MediaUploadQuery } from '../../shared/media/api.ts'
import { ACCEPTED } from '../../shared/media/file-types.ts'
import { receiveMedia } from '../../shared/media/receive.ts'
import { uploadMedia } from '../../shared/media/upload.ts'
import { membershipOf } from '../../shared/workspaces/membership.ts'
import { countIn } from '../../shared/workspaces/rate-limits.ts'

export const uploadMediaEndpoint = endpoint({
  name: 'media-upload',
  summary: 'Upload a media file',
  description:
    `Takes ${ACCEPTED}: images and audio of at most 16 MB, videos and documents of at most 100 MB. ` +
    'What the file is, is decided by its content; its name and the type it is sent as must agree with that. ' +
    'WhatsApp delivers less than can be uploaded: see `sendable_as` and `warnings` in the answer.',
  method: 'POST',
  path: 'api/media',
  // The form names the workspace: the membership is checked when that field has arrived.
  allow: 'user',
  idempotent: true,
  query: MediaUploadQuery,
  form: MediaUploadForm,
  responses: { 201: MediaResponse },
  errors: ['forbidden', 'invalid_request'],
  async handle({ caller, query, request, tell }, deps) {
    const { workspaceId, file } = await receiveMedia(deps, request, {
      named: query.workspace_id,
      async authorize(id) {
        const membership = membershipOf(caller, id, 'member')
        await countIn(deps, membership.workspaceId, { caller, tell })
        return membership.workspaceId
      },
    })
    const media = await uploadMedia(deps, workspaceId, { file, uploadedBy: caller.userId ?? null })
    return { status: 201, body: mediaResponse(deps.blobs, media) }
  },
})
