/**
 * Takes an uploaded file out of a form, in which the workspace and the file may stand in any order. The file's bytes go on
 * to Blob Storage as they arrive; there is no blob of them before the caller's membership is known and the file is judged.
 */
import { z } from 'zod'
import type { BlobWriter } from '../azure/blob-writer.ts'
import type { Deps } from '../deps.ts'
import { fieldProblem, ValidationError, type Problem } from '../errors.ts'
import { fieldText, formStream, type StreamedPart } from '../http/form-stream.ts'
import type { IncomingRequest } from '../http/request.ts'
import { checked } from '../http/validation.ts'
import { newUuid, type WorkspaceId } from '../ids.ts'
import { MAX_FORM_BYTES } from './file-types.ts'
import { fileJudge, fileProblem, type JudgedFile } from './judge-file.ts'

/** A judged file whose bytes are staged: `writer.finish` makes a blob of them. */
export interface StagedFile extends JudgedFile {
  blob: string
  writer: BlobWriter
}

export interface Received {
  workspaceId: WorkspaceId
  file: StagedFile
}

export interface Recipient {
  /** The workspace that the address names, if it does. */
  named: string | undefined
  /** Throws unless the caller may put files into this workspace. */
  authorize: (workspaceId: string) => WorkspaceId
}

const MAX_FIELD_BYTES = 64 * 1024

export async function receiveMedia(
  { blobs }: Pick<Deps, 'blobs'>,
  request: IncomingRequest,
  { named, authorize }: Recipient,
): Promise<Received> {
  let workspaceId = named === undefined ? undefined : authorize(named.toLowerCase())
  let file: StagedFile | undefined
  for await (const part of formStream(request, MAX_FORM_BYTES)) {
    if (part.name === 'workspace_id') workspaceId = theSame(workspaceId, authorize(await uuidIn(part)))
    if (part.name === 'file') {
      if (file) throw fileProblem('Send one file in each request')
      file = await stage(part, blobs)
    }
  }
  if (workspaceId === undefined || !file) throw missing(workspaceId, file)
  return { workspaceId, file }
}

/** The address and the form may both name the workspace, but not two. */
function theSame(earlier: WorkspaceId | undefined, later: WorkspaceId): WorkspaceId {
  if (earlier === undefined || earlier === later) return later
  throw fieldProblem(['body', 'workspace_id'], 'The request names two workspaces: name one')
}

async function uuidIn(part: StreamedPart): Promise<string> {
  const form = checked('body', WorkspaceField, { workspace_id: await fieldText(part, MAX_FIELD_BYTES) })
  return form.workspace_id.toLowerCase()
}

const WorkspaceField = z.object({ workspace_id: z.uuid() })

async function stage({ filename, type, content }: StreamedPart, blobs: Deps['blobs']): Promise<StagedFile> {
  if (filename === undefined) throw fileProblem('This field holds text: send a file, which has a file name')
  const judge = fileJudge({ filename, type })
  const blob = newUuid()
  const writer = blobs.writer('media', blob)
  for await (const chunk of content) {
    await judge.take(chunk)
    await writer.write(chunk)
  }
  return { ...(await judge.end()), blob, writer }
}

function missing(workspaceId: WorkspaceId | undefined, file: StagedFile | undefined): ValidationError {
  const fields = [...(workspaceId === undefined ? ['workspace_id'] : []), ...(file ? [] : ['file'])]
  return new ValidationError(
    fields.map((field): Problem => ({ loc: ['body', field], msg: 'Field required', type: 'missing' })),
  )
}
