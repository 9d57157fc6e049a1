/**
 * Fetches the file of a received message from Meta and keeps it as a media file of the workspace. Meta has it for seven days; what
 * cannot be fetched now is tried again, and what never can be says why.
 */
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { derivedId, newUuid } from '../ids.ts'
import { receivedFileJudge } from '../media/judge-file.ts'
import type { StagedFile } from '../media/receive.ts'
import { uploadMedia } from '../media/upload.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf } from '../phone-numbers/schema.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { downloadMedia } from '../whatsapp/media-download.ts'
import { contentOf } from './content.ts'
import type { InboundMedia } from './inbound-media.ts'
import type { ReceivedMessage } from './schema.ts'
import { messageStore } from './store.ts'

type FetchDeps = Pick<Deps, 'blobs' | 'config' | 'containers' | 'graph' | 'log' | 'now' | 'once' | 'queues'>

/** 1, 2, 4 … minutes after each other: within two days, well before Meta drops the file. */
const MOST_TRIES = 11
const MINUTE_SECONDS = 60

/** Safe to run twice: the media file has the id that its message gives. */
export async function fetchMedia(deps: FetchDeps, entry: QueueMessage<'inbound-media'>): Promise<void> {
  const { workspace_id: workspaceId, message_id: messageId } = entry
  const stored = await messageStore(deps.containers).find(workspaceId, messageId)
  const message = stored?.value
  if (!message || message.direction === 'outbound' || message.media?.state !== 'waiting') return
  const outcome = await fetched(deps, message)
  const tries = message.media.tries + 1
  const media = outcome.state === 'waiting' && tries >= MOST_TRIES ? { ...outcome, state: 'failed' as const } : outcome
  await record(deps, message, { ...media, tries })
  if (media.state === 'failed') deps.log.warn('media.not_fetched', { workspaceId, messageId, problem: media.problem })
  if (media.state !== 'waiting') return
  await deps.queues.send('inbound-media', entry, { delaySeconds: MINUTE_SECONDS * 2 ** (tries - 1) })
}

type Outcome = Omit<InboundMedia, 'tries'>

async function fetched(deps: FetchDeps, message: ReceivedMessage): Promise<Outcome> {
  const { file } = contentOf(message.received)
  const metaMediaId = file?.meta_media_id
  if (!file || metaMediaId == null) return without('failed', 'Meta did not say which file it is')
  const phoneNumber = await phoneNumberOrNone(deps, message.workspace_id, message.phone_number_id)
  if (!phoneNumber) return without('failed', 'The phone number was deleted before the file was fetched')
  const token = tokenOf(deps.config, phoneNumber)
  const download = await downloadMedia(deps, { metaMediaId, metaId: phoneNumber.meta_id, token })
  if (download.kind === 'gone') return without('failed', download.reason)
  if (download.kind === 'later') return without('waiting', download.reason)
  return kept(deps, message, download.content, file.file_name)
}

async function kept(
  deps: FetchDeps,
  message: ReceivedMessage,
  content: AsyncIterable<Uint8Array>,
  fileName: string | null,
): Promise<Outcome> {
  try {
    const staged = await stage(deps, content, fileName)
    return { state: 'kept', media_id: await keep(deps, message, staged), problem: null }
  } catch (error) {
    // Empty, or larger than anything Meta hands on: the same tomorrow.
    if (error instanceof AppError && error.status < 500) return without('failed', problemOf(error))
    // The queue itself delivers again a few times within minutes, and then never more: the wait is ours.
    deps.log.warn('media.broken_off', { workspaceId: message.workspace_id, messageId: message.id, error })
    return without('waiting', error instanceof AppError ? error.message : 'The file broke off while it was fetched')
  }
}

function without(state: 'waiting' | 'failed', problem: string): Outcome {
  return { state, media_id: null, problem }
}

function problemOf(error: AppError): string {
  return error.message.replace(/^body\.file: /, '')
}

/** Whatever it is, and whatever the sender called it: Meta has it for some days only. */
async function stage(
  { blobs }: FetchDeps,
  content: AsyncIterable<Uint8Array>,
  fileName: string | null,
): Promise<StagedFile> {
  const judge = receivedFileJudge(fileName)
  const blob = newUuid()
  const writer = blobs.writer('media', blob)
  for await (const chunk of content) {
    await judge.take(Buffer.from(chunk))
    await writer.write(chunk)
  }
  return { ...(await judge.end()), blob, writer }
}

async function keep(deps: FetchDeps, { workspace_id, id }: ReceivedMessage, file: StagedFile): Promise<string> {
  const mediaId = derivedId('media', workspace_id, id)
  try {
    await uploadMedia(deps, workspace_id, { file, uploadedBy: null, inbound: { mediaId } })
  } catch (error) {
    // Another run kept it first; the blob of this one is cleaned up.
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error
  }
  return mediaId
}

async function record({ containers }: FetchDeps, { workspace_id, id }: ReceivedMessage, media: InboundMedia) {
  const store = messageStore(containers)
  await retryingConflicts(async () => {
    const stored = await store.find(workspace_id, id)
    const message = stored?.value
    if (!stored || !message || message.direction === 'outbound' || message.media?.state !== 'waiting') return
    await store.replace({ value: message, etag: stored.etag }, { ...message, media })
  })
}
