/** A deleted file is deleted at Meta as well, a while later, for every number that it was given for. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { cleanUpMedia } from '../../../shared/media/clean-up.ts'
import { copyFor } from '../../../shared/media/copies.ts'
import { deleteMedia } from '../../../shared/media/delete.ts'
import { findMedia } from '../../../shared/media/find.ts'
import { keepAtMeta } from '../../../shared/media/keep-at-meta.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { createPhoneNumber } from '../../../shared/phone-numbers/create.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { agedCopies, copiesOf, notingMeta } from '../../support/meta-copies.ts'
import { aStoredImage } from '../../support/messages.ts'

let w: CampaignWorld
let numbers: PhoneNumber[]
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  const { phone_number_id: metaId } = (await w.simulator.control('POST', 'phone-numbers', {})) as {
    phone_number_id: string
  }
  const { accessToken, wabaId } = w.simulator
  const second = await createPhoneNumber(w.deps, w.workspaceId, { metaId, accessToken, displayName: null, wabaId })
  numbers = [await findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId), second]
})
afterAll(() => w.close())
afterEach(async () => {
  await w.simulator.clearFaults()
  w.queued.splice(0)
})

/** With a copy for both numbers. */
async function aGivenFile(): Promise<Media> {
  const media = await aStoredImage(w.deps, w.workspaceId)
  for (const number of numbers) expect(await keepAtMeta(w.deps, media, number)).toEqual({ kind: 'kept' })
  return findMedia(w.deps, w.workspaceId, media.id)
}

async function filesAtMeta(): Promise<number> {
  return ((await w.simulator.control('GET', 'state')) as { media: number }).media
}

async function cleanUp(): Promise<void> {
  for (const message of w.taken('media-cleanup')) await cleanUpMedia(w.deps, message)
}

it('each number has a copy of its own, which no other number’s messages name', async () => {
  const media = await aGivenFile()
  const ids = numbers.map((number) => copyFor(media, number.id, new Date())?.id)
  expect(new Set(ids).size).toBe(2)
  expect(media.updated_at).toBe(media.created_at)
})

it('all copies go with the file, also when the clean-up runs twice', async () => {
  const before = await filesAtMeta()
  const media = await aGivenFile()
  expect(await filesAtMeta()).toBe(before + 2)
  await deleteMedia(w.deps, w.workspaceId, media.id)
  const [message] = w.queued
  expect(message).toMatchObject({ queue: 'media-cleanup', delaySeconds: 900 })
  await cleanUp()
  await cleanUpMedia(w.deps, message!.message as never)
  expect(await filesAtMeta()).toBe(before)
  expect(await copiesOf(w.deps, media)).toEqual([])
})

it('a file that is still there keeps its copies', async () => {
  const media = await aGivenFile()
  const before = await filesAtMeta()
  await cleanUpMedia(w.deps, { workspace_id: w.workspaceId, media_id: media.id, blob: media.blob })
  expect([await filesAtMeta(), (await copiesOf(w.deps, media)).length]).toEqual([before, 2])
})

it('Meta is asked again later where it could not be asked, and in the end left alone', async () => {
  const media = await aGivenFile()
  const before = await filesAtMeta()
  await deleteMedia(w.deps, w.workspaceId, media.id)
  await w.simulator.fault({ match: { method: 'DELETE' }, mode: { next: 1 }, effect: { kind: 'http', status: 503 } })
  await cleanUp()
  expect(await filesAtMeta()).toBe(before - 1)
  expect(w.queued).toMatchObject([{ queue: 'media-cleanup', message: { tries: 1 }, delaySeconds: 1800 }])
  await cleanUp()
  expect(await filesAtMeta()).toBe(before - 2)
  expect(w.queued).toEqual([])

  const other = await aGivenFile()
  await deleteMedia(w.deps, w.workspaceId, other.id)
  await w.simulator.fault({ match: { method: 'DELETE' }, effect: { kind: 'http', status: 503 } })
  for (let tries = 0; tries < 6; tries++) {
    expect(w.queued).toHaveLength(1)
    await cleanUp()
  }
  expect(w.queued).toEqual([])
  expect(w.world.lines).toContainEqual(expect.objectContaining({ event: 'media.left_at_meta', copies: 2 }))
})

it('copies that Meta has dropped are not asked about', async () => {
  const media = await aGivenFile()
  await agedCopies(w.deps, media, 31 * 24 * 3_600_000)
  await deleteMedia(w.deps, w.workspaceId, media.id)
  const meta = notingMeta(w.deps)
  for (const message of w.taken('media-cleanup')) await cleanUpMedia(meta.deps, message)
  expect([meta.removals, await copiesOf(w.deps, media)]).toEqual([0, []])
})
