/** Takes in what Meta posts: checks the signature over the raw bytes, makes the events durable, and only then answers. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { readBytes, type IncomingRequest } from '../http/request.ts'
import { park } from './park.ts'
import { isSignedByMeta } from './signature.ts'
import { parseBody, splitBody } from './split.ts'

/** Meta sends up to 3 MB. */
const LIMIT_BYTES = 8 * 1024 * 1024

/** Throws `invalid_signature` (401) with nothing parsed, and `storage_unavailable` (503) so that Meta sends it again. */
export async function receiveWebhook(
  deps: Pick<Deps, 'config' | 'webhookIntake' | 'blobs' | 'log' | 'now'>,
  request: IncomingRequest,
): Promise<void> {
  const body = await readBytes(request, LIMIT_BYTES)
  if (!isSignedByMeta(body, request.headers.get('x-hub-signature-256'), deps.config.meta.appSecrets)) {
    throw new AppError('invalid_signature', 'X-Hub-Signature-256 does not sign this body with the app secret')
  }
  const kinds = splitBody(parseBody(body.toString('utf8')))
  try {
    if (kinds && kinds.size > 0) await deps.webhookIntake.take(kinds)
    else await park(deps, 'unreadable', body)
  } catch (cause) {
    throw new AppError('storage_unavailable', 'The event could not be stored: send it again', { cause })
  }
}
