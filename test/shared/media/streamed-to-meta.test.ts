/** A file goes to Meta while it is read: whatever its size, a few blocks of it are on their way at a time. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { keepAtMeta } from '../../../shared/media/keep-at-meta.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { mediaStore } from '../../../shared/media/store.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { graphClient, type GraphClient } from '../../../shared/whatsapp/graph.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { aStoredImage } from '../../support/messages.ts'

const MB = 1024 * 1024
/** A range of the blob, the one asked for ahead of it, and what the sockets of two processes take without being read. */
const MOST_ON_ITS_WAY = 12 * MB

let w: CampaignWorld
let meta: Server
let graph: GraphClient
/** Of the file: read from Blob Storage, and arrived at Meta, form included. */
let [read, arrived, mostOnItsWay] = [0, 0, 0]
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  meta = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      arrived += chunk.length
    })
    request.on('end', () => response.end(JSON.stringify({ id: '4711' })))
  })
  meta.listen(0, '127.0.0.1')
  await once(meta, 'listening')
  // It listens on TCP.
  const graphUrl = `http://127.0.0.1:${(meta.address() as AddressInfo).port}`
  graph = graphClient({ ...w.deps.config, meta: { ...w.deps.config.meta, graphUrl } })
})
afterAll(async () => {
  await graph.close()
  meta.close()
  await w.close()
})

async function aFile(kind: 'video' | 'document', mime_type: string, file_size: number): Promise<Media> {
  const image = await aStoredImage(w.deps, w.workspaceId)
  const media: Media = { ...image, kind, mime_type, file_size }
  const writer = w.deps.blobs.writer('media', media.blob)
  for (let left = file_size; left > 0; left -= MB) await writer.write(Buffer.alloc(Math.min(MB, left), 7))
  await writer.finish(mime_type)
  const store = mediaStore(w.deps.containers)
  const stored = await store.find(w.workspaceId, media.id)
  return (await store.replace(stored!, media)).value
}

/** As `deps.blobs`, noting what is read. */
function noting(blobs: Deps['blobs']): Deps['blobs'] {
  return {
    ...blobs,
    async get(...place) {
      const whole = await blobs.get(...place)
      note(whole.length)
      return whole
    },
    async *read(...place) {
      for await (const chunk of blobs.read(...place)) {
        note(chunk.length)
        yield chunk
      }
    },
  }
}

function note(bytes: number): void {
  read += bytes
  mostOnItsWay = Math.max(mostOnItsWay, read - arrived)
}

it.each([
  ['a video of 16 MB', 'video', 'video/mp4', 16 * MB],
  ['a document of 40 MB', 'document', 'application/pdf', 40 * MB],
] as const)('%s is never held whole', async (_what, kind, mime, size) => {
  ;[read, arrived, mostOnItsWay] = [0, 0, 0]
  const media = await aFile(kind, mime, size)
  const number = await findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
  expect(await keepAtMeta({ ...w.deps, blobs: noting(w.deps.blobs), graph }, media, number)).toEqual({ kind: 'kept' })
  expect(read).toBe(size)
  expect(arrived).toBeGreaterThan(size)
  expect(mostOnItsWay).toBeLessThan(MOST_ON_ITS_WAY)
})
