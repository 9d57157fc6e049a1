/** A file that somebody sent, from Meta: its id is asked for an address, and the address for the bytes while it lives. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'

/** For the whole file, whatever its size. */
const DOWNLOAD_TIMEOUT_MS = 4 * 60_000

export type MediaDownload =
  | { kind: 'bytes'; content: AsyncIterable<Uint8Array> }
  /** Meta does not have it, and will not. */
  | { kind: 'gone'; reason: string }
  | { kind: 'later'; reason: string }

/** Meta's codes for an id that leads to no file: unknown, expired, or too large to be handed on. */
const GONE = new Set([100, 131052])

/** The address lives five minutes, so it is asked for each time; it is a secret as the token is. */
export async function downloadMedia(
  { graph }: Pick<Deps, 'graph'>,
  { metaMediaId, metaId, token }: { metaMediaId: string; metaId: string; token: string },
): Promise<MediaDownload> {
  const path = encodeURIComponent(metaMediaId)
  const answer = await graph.call({ method: 'GET', path, token, query: { phone_number_id: metaId } })
  if (answer.kind === 'refused' && GONE.has(answer.error.code)) {
    return { kind: 'gone', reason: `Meta does not have this file (${answer.error.code})` }
  }
  if (answer.kind !== 'ok') return { kind: 'later', reason: 'Meta did not tell where the file is' }
  const told = Answer.safeParse(answer.body)
  if (!told.success) return { kind: 'later', reason: 'Meta did not tell where the file is' }
  const { request } = await import('undici')
  try {
    const { statusCode, body } = await request(told.data.url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
    })
    if (statusCode === 200) return { kind: 'bytes', content: body }
    await body.dump()
    return { kind: 'later', reason: `Meta answered the download with ${statusCode}` }
  } catch {
    return { kind: 'later', reason: 'Meta could not be reached for the file' }
  }
}

const Answer = z.object({ url: z.url({ protocol: /^https?$/ }) })
