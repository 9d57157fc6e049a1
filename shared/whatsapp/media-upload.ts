/**
 * Gives Meta a file, which it keeps for some weeks under an id that messages name, and takes it back. A file that is given
 * twice is kept twice, and nothing worse: so an answer that got lost is no reason for care, as it is with messages.
 */
import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import type { GraphAnswer } from './graph.ts'
import { outcomeOf, type SendOutcome } from './outcome.ts'
import { isPassing } from './refusal.ts'

/** For the whole file, whatever its size. */
const UPLOAD_TIMEOUT_MS = 4 * 60_000

export interface MetaNumber {
  metaId: string
  token: string
}

export interface FileToGive {
  /** Bare, as Meta's list has it. */
  mime: string
  extension: string
  bytes: number
  content: AsyncIterable<Uint8Array>
}

export type MediaUpload =
  | { kind: 'kept'; id: string }
  /** As the outcome of a message that would have been sent in its place: surely not sent. */
  | ({ kind: 'not_kept' } & SendOutcome)

export async function uploadMedia(
  { graph }: Pick<Deps, 'graph'>,
  { metaId, token }: MetaNumber,
  file: FileToGive,
): Promise<MediaUpload> {
  const path = `${metaId}/media`
  const answer = await graph.call({ method: 'POST', path, token, upload: form(file), timeoutMs: UPLOAD_TIMEOUT_MS })
  const kept = answer.kind === 'ok' ? Kept.safeParse(answer.body).data : undefined
  return kept ? { kind: 'kept', id: kept.id } : { kind: 'not_kept', ...outcomeOf(withoutDoubt(answer), 0) }
}

const Kept = z.object({ id: z.string().min(1) })

function withoutDoubt(answer: GraphAnswer): GraphAnswer {
  if (answer.kind === 'refused' || answer.kind === 'not_sent') return answer
  return { kind: 'not_sent', reason: 'Meta did not say under which id it keeps the file' }
}

/** False where Meta could not be asked, or is busy: worth another try. An id that it does not know is gone as well. */
export async function removeMedia(
  { graph }: Pick<Deps, 'graph'>,
  { metaId, token }: MetaNumber,
  metaMediaId: string,
): Promise<boolean> {
  const path = encodeURIComponent(metaMediaId)
  const answer = await graph.call({ method: 'DELETE', path, token, query: { phone_number_id: metaId } })
  return answer.kind === 'ok' || (answer.kind === 'refused' && !isPassing(answer.error))
}

/** The form in which Meta takes files. Its length is known before the first byte of the file is read. */
function form({ mime, extension, bytes, content }: FileToGive) {
  const boundary = `file-${randomUUID()}`
  const field = (name: string, value: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const file = `name="file"; filename="file.${extension}"\r\nContent-Type: ${mime}\r\n\r\n`
  const before = Buffer.from(
    `${field('messaging_product', 'whatsapp')}${field('type', mime)}--${boundary}\r\nContent-Disposition: form-data; ${file}`,
  )
  const after = Buffer.from(`\r\n--${boundary}--\r\n`)
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: before.length + bytes + after.length,
    content: joined(before, content, after),
  }
}

async function* joined(before: Uint8Array, content: AsyncIterable<Uint8Array>, after: Uint8Array) {
  yield before
  yield* content
  yield after
}
