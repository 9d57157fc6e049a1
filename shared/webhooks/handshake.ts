/** Meta's verification of the webhook address: the challenge comes back if the token is ours. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'

export function verifyWebhook({ config }: Pick<Deps, 'config'>, query: URLSearchParams): string {
  const challenge = query.get('hub.challenge')
  const isOurs = sameText(query.get('hub.verify_token') ?? '', config.meta.verifyToken)
  if (query.get('hub.mode') !== 'subscribe' || !isOurs || challenge === null) {
    throw new AppError('verification_failed', 'hub.verify_token is not the META_VERIFY_TOKEN of this Herald')
  }
  return challenge
}

/** Constant time for texts of any length. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
