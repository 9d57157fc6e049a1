/** Uploads and deletions that are stopped between their steps leave neither a file without a document nor one with a dead link. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blobService, queueService } from '../../../shared/azure/storage.ts'
import type { Deps } from '../../../shared/deps.ts'
import { cleanUpMedia } from '../../../shared/media/clean-up.ts'
import { deleteMedia } from '../../../shared/media/delete.ts'
import { findMedia, mediaOrNone } from '../../../shared/media/find.ts'
import { receiveMedia } from '../../../shared/media/receive.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { uploadMedia } from '../../../shared/media/upload.ts'
import { QUEUE_MESSAGES } from '../../../shared/queue/messages.ts'
import { aRequest } from '../../support/edge.ts'
import { aForm, FORM_HEADERS, uploadFields } from '../../support/media-samples.ts'
import { aTenant, crash, interrupted, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let acme: Tenant
beforeAll(async () => {
  world = await aWorld()
  acme = await aTenant(world)
})
afterAll(() => world.close())

async function upload(deps: Deps): Promise<Media> {
  const request = aRequest({ headers: FORM_HEADERS, body: aForm(uploadFields(acme.id)) })
  const { file } = await receiveMedia(deps, request, { named: acme.id, authorize: () => Promise.resolve(acme.id) })
  return uploadMedia(deps, acme.id, { file, uploadedBy: null })
}

function blobNames(): Promise<string[]> {
  const blobs = blobService(world.config).getContainerClient('media').listBlobsFlat()
  return Array.fromAsync(blobs, ({ name }) => name)
}

/** What is queued for later, handled now. */
async function handleQueued(deps: Deps = world.deps): Promise<number> {
  const sent = queued.splice(0)
  for (const message of sent) {
    await cleanUpMedia(deps, QUEUE_MESSAGES['media-cleanup'].parse(message))
    await cleanUpMedia(deps, QUEUE_MESSAGES['media-cleanup'].parse(message))
  }
  return sent.length
}

const queued: unknown[] = []

/** Deps that note what they queue. */
function noting(deps: Deps): Deps {
  const send: Deps['queues']['send'] = async (queue, message, options) => {
    expect(options?.delaySeconds).toBe(900)
    await deps.queues.send(queue, message, options)
    queued.push(message)
  }
  return { ...deps, queues: { send } }
}

it('a clean-up after a finished upload leaves it as it is', async () => {
  const deps = noting(world.deps)
  const media = await upload(deps)
  expect(await handleQueued()).toBe(1)
  expect(await findMedia(deps, acme.id, media.id)).toEqual(media)
  expect(await blobNames()).toContain(media.blob)
  const { approximateMessagesCount } = await queueService(world.config).getQueueClient('media-cleanup').getProperties()
  expect(approximateMessagesCount).toBe(1)
})

it('an upload that stops behind its blob is cleaned up', async () => {
  const before = await blobNames()
  const deps = interrupted(noting(world.deps), 'core', 'create', crash)
  await expect(upload(deps)).rejects.toThrow(/killed/)
  expect(await blobNames()).toHaveLength(before.length + 1)
  expect(await handleQueued()).toBe(1)
  expect(await blobNames()).toEqual(before)
})

it('an upload that cannot queue its clean-up leaves nothing', async () => {
  const before = await blobNames()
  await expect(upload({ ...world.deps, queues: { send: () => Promise.reject(new Error('down')) } })).rejects.toThrow(
    'down',
  )
  expect(await blobNames()).toEqual(before)
})

it('a deletion that stops behind its document is finished later', async () => {
  const media = await upload(world.deps)
  const deps = noting({ ...world.deps, blobs: { ...world.deps.blobs, remove: crash } })
  await expect(deleteMedia(deps, acme.id, media.id)).rejects.toThrow(/killed/)
  expect(await mediaOrNone(deps, acme.id, media.id)).toBeUndefined()
  expect(await blobNames()).toContain(media.blob)
  await handleQueued()
  expect(await blobNames()).not.toContain(media.blob)
})

it('a deletion that stops ahead of its document deletes nothing, and can be asked for again', async () => {
  const media = await upload(world.deps)
  const deps = interrupted(noting(world.deps), 'core', 'replace', crash)
  await expect(deleteMedia(deps, acme.id, media.id)).rejects.toThrow(/killed/)
  await handleQueued()
  expect(await findMedia(deps, acme.id, media.id)).toEqual(media)
  expect(await blobNames()).toContain(media.blob)
  await deleteMedia(world.deps, acme.id, media.id)
  await expect(deleteMedia(world.deps, acme.id, media.id)).rejects.toMatchObject({ code: 'media_not_found' })
})

it('of two deletions at the same time one is told that there is nothing', async () => {
  const media = await upload(world.deps)
  const both = await Promise.allSettled([1, 2].map(() => deleteMedia(world.deps, acme.id, media.id)))
  expect(both.map(({ status }) => status)).toContain('fulfilled')
  for (const one of both) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'media_not_found' })
  expect(await blobNames()).not.toContain(media.blob)
})
