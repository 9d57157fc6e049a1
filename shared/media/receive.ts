/**
 * Takes an uploaded file out of a form, in which the workspace and the file may stand in any order. The file's bytes go on
 * to Blob Storage as they arrive; there is no blob of them before the caller's membership is known and the file is judged.
 */
import * as z from 'zod'
import type { BlobWriter } from '../azure/blob-writer.ts'
import type { Deps } from '../deps.ts'
import { fieldProblem, ValidationError, type Problem } from '../errors.ts'
import { fieldText, formStream, type StreamedPart } from '../http/form-stream.ts'
import type { IncomingRequest } from '../http/request.ts'
import { check } from '../http/validation.ts'
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

export interface Destination {
  /** The workspace that the address names, if it does. */
  named: string | undefined
  /** Throws unless the caller may put files into this workspace now. */
  authorize: (workspaceId: string) => Promise<WorkspaceId>
}

const MAX_FIELD_BYTES = 64 * 1024

export async function receiveMedia(
  { blobs }: Pick<Deps, 'blobs'>,
  request: IncomingRequest,
  { named, authorize }: Destination,
): Promise<Received> {
  const { workspaceId, file, problems, given } = await readForm(request, { named, authorize }, blobs)
  if (workspaceId === undefined || !file || problems.length > 0) {
    throw new ValidationError([...problems, ...missing(given)])
  }
  return { workspaceId, file }
}

interface ReadForm {
  workspaceId: WorkspaceId | undefined
  file: StagedFile | undefined
  /** Told together at the form's end. With the first of them no file is kept. */
  problems: Problem[]
  /** Names of the fields that arrived, or stand in the address. */
  given: Set<string>
}

async function readForm(
  request: IncomingRequest,
  { named, authorize }: Destination,
  blobs: Deps['blobs'],
): Promise<ReadForm> {
  const read: ReadForm = { workspaceId: undefined, file: undefined, problems: [], given: new Set() }
  if (named !== undefined) {
    read.workspaceId = await authorize(named.toLowerCase())
    read.given.add('workspace_id')
  }
  for await (const part of formStream(request, MAX_FORM_BYTES)) {
    if (part.name === 'workspace_id') {
      const inForm = await workspaceIn(part)
      if ('problems' in inForm) read.problems.push(...inForm.problems)
      else read.workspaceId = await theSame(read.workspaceId, inForm.value.workspace_id.toLowerCase(), authorize)
    } else if (part.name === 'file') {
      if (read.given.has('file')) throw fileProblem('Send one file in each request')
      if (part.filename === undefined) read.problems.push(TEXT_FOR_FILE)
      else if (read.problems.length === 0) read.file = await stage(part, blobs)
    }
    read.given.add(part.name)
  }
  return read
}

/** The address and the form may both name the workspace, but not two. */
async function theSame(
  earlier: WorkspaceId | undefined,
  given: string,
  authorize: Destination['authorize'],
): Promise<WorkspaceId> {
  if (earlier === given) return earlier
  const later = await authorize(given)
  if (earlier === undefined) return later
  throw fieldProblem(['body', 'workspace_id'], 'The request names two workspaces: name one')
}

async function workspaceIn(part: StreamedPart) {
  return check('body', WorkspaceField, { workspace_id: await fieldText(part, MAX_FIELD_BYTES) })
}

const WorkspaceField = z.object({ workspace_id: z.uuid() })

const TEXT_FOR_FILE: Problem = {
  loc: ['body', 'file'],
  msg: 'This field holds text: send a file, which has a file name',
  type: 'value_error',
}

async function stage({ filename = '', type, content }: StreamedPart, blobs: Deps['blobs']): Promise<StagedFile> {
  const judge = fileJudge({ filename, type })
  const blob = newUuid()
  const writer = blobs.writer('media', blob)
  for await (const chunk of content) {
    await judge.take(chunk)
    await writer.write(chunk)
  }
  return { ...(await judge.end()), blob, writer }
}

function missing(given: ReadonlySet<string>): Problem[] {
  const fields = ['workspace_id', 'file'].filter((field) => !given.has(field))
  return fields.map((field) => ({ loc: ['body', field], msg: 'Field required', type: 'missing' }))
}
