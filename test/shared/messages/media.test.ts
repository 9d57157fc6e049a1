import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GraphRequest } from '../../../shared/whatsapp/graph.ts'
import type { Deps } from '../../../shared/deps.ts'
import { queueMedia } from '../../../shared/messages/queue-media.ts'
import { mediaStore } from '../../../shared/media/store.ts'
import { messageStore } from '../../../shared/messages/store.ts'
import { aPng } from '../../support/media-samples.ts'
import { aStoredImage } from '../../support/messages.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

/** Deps that note what Meta is sent. */
function noting(): { deps: Deps; bodies: Record<string, unknown>[] } {
  const bodies: Record<string, unknown>[] = []
  const call = (request: GraphRequest) => {
    bodies.push(request.json as Record<string, unknown>) // sends have a body
    return w.deps.graph.call(request)
  }
  return { deps: { ...w.deps, graph: { ...w.deps.graph, call } }, bodies }
}

async function aQueuedFile(type: 'image' | 'document') {
  const to = w.aStranger()
  await w.writes(to)
  const media = await aStoredImage(w.deps, w.workspaceId)
  const file = { phone_number_id: w.phoneNumberId, to, media_type: type, media_id: media.id, caption: 'Look' }
  return { media, to, message: await queueMedia(w.deps, w.workspaceId, file) }
}

it('a file goes to Meta as a link that reads it, and that nothing else holds', async () => {
  const { message, to } = await aQueuedFile('image')
  const queued = JSON.stringify(w.queued)
  const { deps, bodies } = noting()
  await w.deliver(deps)
  expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
  expect(bodies).toMatchObject([
    { to, type: 'image', image: { caption: 'Look' }, biz_opaque_callback_data: message.id },
  ])
  const { link } = bodies[0]!['image'] as { link: string }
  const answer = await fetch(link)
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(aPng())
  const stored = await messageStore(w.deps.containers).find(w.workspaceId, message.id)
  const signature = new URL(link).searchParams.get('sig')!
  for (const text of [queued, JSON.stringify(stored), JSON.stringify(w.world.lines)]) {
    expect(text).not.toContain(signature)
    expect(text).not.toContain('sig=')
  }
})

it('a document has its file name', async () => {
  await aQueuedFile('document')
  const { deps, bodies } = noting()
  await w.deliver(deps)
  expect(bodies).toMatchObject([{ type: 'document', document: { caption: 'Look', filename: 'dot.png' } }])
})

it('a file that was deleted meanwhile fails the message', async () => {
  const { message, media } = await aQueuedFile('image')
  const store = mediaStore(w.deps.containers)
  const stored = await store.find(w.workspaceId, media.id)
  await store.replace(stored!, { ...media, deleted_at: new Date().toISOString() })
  await w.deliver()
  expect(await w.status(message.id)).toMatchObject({ status: 'failed', error: { code: 'media_not_found' } })
})
