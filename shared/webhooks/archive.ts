/**
 * The bodies that were taken in, as they came, for a time: what was once misunderstood can be taken in again (replay.ts).
 * Bodies that arrive together share a blob. Each line of one is a body, with when it came and what it may speak for.
 */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { newUuid } from '../ids.ts'
import { sharedWrites } from './shared-writes.ts'
import { Voice } from './voice.ts'

const BLOB_BYTES = 4 * 1024 * 1024
/** A blob is named after its first body; the others came while the write before it was under way. */
const LONGEST_WRITE_MS = 15 * 60_000
const DAY_MS = 24 * 60 * 60_000

export interface WebhookArchive {
  /** Returns when the body is durable. */
  keep(body: Buffer, voice: Voice): Promise<void>
}

const Line = z.object({ received_at: z.iso.datetime(), voice: Voice, body: z.base64() })

export interface ArchivedBody {
  receivedAt: Date
  voice: Voice
  body: Buffer
}

export function webhookArchive({ blobs, now }: Pick<Deps, 'blobs' | 'now'>): WebhookArchive {
  const write = sharedWrites<ArchivedBody>(BLOB_BYTES, async (bodies) => {
    const at = bodies[0]?.receivedAt ?? now()
    const name = `${nameFrom(at)}-${newUuid()}.ndjson`
    await blobs.put('webhook-archive', name, Buffer.from(bodies.map(lineOf).join('')), 'application/x-ndjson')
  })
  return { keep: (body, voice) => write({ receivedAt: now(), voice, body }, body.length) }
}

/** What came at `from` or later, and before `to`; in order of blobs, not of bodies. */
export async function* archivedBodies(
  { blobs }: Pick<Deps, 'blobs'>,
  from: Date,
  to: Date,
): AsyncGenerator<ArchivedBody> {
  const first = new Date(from.getTime() - LONGEST_WRITE_MS)
  for (let day = first.getTime(); nameFrom(new Date(day)).slice(0, 10) <= nameFrom(to).slice(0, 10); day += DAY_MS) {
    for await (const name of blobs.list('webhook-archive', nameFrom(new Date(day)).slice(0, 11))) {
      if (name < nameFrom(first) || name >= nameFrom(to)) continue
      for (const archived of linesOf(await blobs.get('webhook-archive', name))) {
        if (archived.receivedAt >= from && archived.receivedAt < to) yield archived
      }
    }
  }
}

/** Names sort by time: 2026-11-30/13-05-07.123 */
function nameFrom(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T')
  return `${date}/${time.slice(0, -1).replaceAll(':', '-')}`
}

function lineOf({ receivedAt, voice, body }: ArchivedBody): string {
  const line: z.input<typeof Line> = { received_at: receivedAt.toISOString(), voice, body: body.toString('base64') }
  return `${JSON.stringify(line)}\n`
}

function linesOf(blob: Buffer): ArchivedBody[] {
  const lines = blob.toString('utf8').split('\n').slice(0, -1)
  return lines.map((text) => {
    const { received_at, voice, body } = Line.parse(JSON.parse(text))
    return { receivedAt: new Date(received_at), voice, body: Buffer.from(body, 'base64') }
  })
}
