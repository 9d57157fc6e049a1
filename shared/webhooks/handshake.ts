/** Meta's verification of the webhook address: the challenge comes back if the token is ours, or a workspace's. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { findSecret } from '../workspaces/secret-entries.ts'

export async function verifyWebhook(
  { config, containers }: Pick<Deps, 'config' | 'containers'>,
  query: URLSearchParams,
): Promise<string> {
  const challenge = query.get('hub.challenge')
  const token = query.get('hub.verify_token') ?? ''
  if (query.get('hub.mode') === 'subscribe' && challenge !== null) {
    if (sameText(token, config.meta.verifyToken)) return challenge
    // Looked up by its hash, so the time this takes tells nothing about it.
    if ((await findSecret(containers, 'webhook_secret', token)) !== undefined) return challenge
  }
  throw new AppError(
    'verification_failed',
    'hub.verify_token is neither the META_VERIFY_TOKEN of this Herald nor the webhook_secret of a workspace',
  )
}

/** Constant time for texts of any length. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
