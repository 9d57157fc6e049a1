/** Takes in what Meta posts: checks the signature over the raw bytes, makes the events durable, and only then answers. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { readBytes, type IncomingRequest } from '../http/request.ts'
import { findVoice } from './find-voice.ts'
import { isSignedByMeta } from './signature.ts'
import { takeIn } from './take-in.ts'
import type { Voice } from './voice.ts'

/** Meta sends up to 3 MB. */
const LIMIT_BYTES = 8 * 1024 * 1024

/** Storage that does not answer is tried for a minute and more: Meta is told sooner, and sends the body again. */
const PATIENCE_MS = 5_000

type ReceiveDeps = Pick<Deps, 'config' | 'webhookIntake' | 'webhookArchive' | 'numberSecrets' | 'blobs' | 'log' | 'now'>

/** Throws `invalid_signature` (401) with nothing parsed, and `storage_unavailable` (503) so that Meta sends it again. */
export async function receiveWebhook(deps: ReceiveDeps, request: IncomingRequest): Promise<void> {
  const body = await readBytes(request, LIMIT_BYTES)
  try {
    const voice = await voiceBehind(deps, body, request.headers.get('x-hub-signature-256'))
    if (voice !== undefined) {
      await inTime(Promise.all([takeIn(deps, body, voice), deps.webhookArchive?.keep(body, voice)]))
      return
    }
  } catch (cause) {
    throw new AppError('storage_unavailable', 'The event could not be stored: send it again', { cause })
  }
  throw new AppError(
    'invalid_signature',
    'X-Hub-Signature-256 does not sign this body with the app secret, nor with that of a number it names',
  )
}

/** The app's own secrets first: with them, no store is asked. */
async function voiceBehind(deps: ReceiveDeps, body: Buffer, header: string | null): Promise<Voice | undefined> {
  if (isSignedByMeta(body, header, deps.config.meta.appSecrets)) return 'everything'
  return findVoice(deps, body, header)
}

/** The work goes on when it is late; what it still makes durable is applied once, however often it comes. */
async function inTime(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, failed) => {
    timer = setTimeout(() => failed(new Error('Storage did not take the event in time')), PATIENCE_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
