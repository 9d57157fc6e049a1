import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { deleteCampaign } from '../../../shared/campaigns/delete.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { deletePhoneNumber } from '../../../shared/phone-numbers/delete.ts'
import { findPhoneNumber, listPhoneNumbers, resolvePhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { numberOwners } from '../../../shared/phone-numbers/owners.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { aMetaWorld, connectNumber, crash, interrupted, type MetaWorld } from '../../support/tenants.ts'

const notFound = { code: 'phone_number_not_found', status: 404 }
const taken = { code: 'phone_number_taken' }

describe('deleting a number', () => {
  let meta: MetaWorld
  let deps: Deps
  let metaId: string
  let workspaceId: WorkspaceId

  beforeAll(async () => {
    meta = await aMetaWorld()
    deps = meta.deps
  })
  beforeEach(async () => {
    metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
    workspaceId = aWorkspaceId()
  })
  afterAll(() => meta.close())

  it('takes it out of every read and list, and is 404 the second time', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await deletePhoneNumber(deps, workspaceId, id)
    for (const name of [id, metaId]) {
      await expect(findPhoneNumber(deps, workspaceId, name)).rejects.toMatchObject(notFound)
      await expect(updatePhoneNumber(deps, workspaceId, name, { displayName: 'x' })).rejects.toMatchObject(notFound)
      await expect(syncPhoneNumber(deps, workspaceId, name)).rejects.toMatchObject(notFound)
      await expect(deletePhoneNumber(deps, workspaceId, name)).rejects.toMatchObject(notFound)
    }
    const page = { limit: 10, offset: 0 }
    expect(await listPhoneNumbers(deps, [workspaceId], undefined, page)).toMatchObject({ items: [], total: 0 })
    expect(await numberOwners(deps).find(metaId)).toBeUndefined()
  })

  it('is told alike in a body for a deleted, a foreign and an unknown one', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await deletePhoneNumber(deps, workspaceId, id)
    const other = aWorkspaceId()
    const foreign = await connectNumber(meta, other, { metaId })
    const problems = { problems: [{ loc: ['body', 'phone_number_id'], msg: expect.any(String) as unknown }] }
    const told = new Set<string>()
    for (const ref of [id, foreign.id, metaId, '42']) {
      const error: unknown = await resolvePhoneNumber(deps, workspaceId, ref).catch((e: unknown) => e)
      expect(error).toMatchObject(problems)
      told.add(String(error))
    }
    expect(told.size).toBe(1)
    expect((await resolvePhoneNumber(deps, other, metaId)).id).toBe(foreign.id)
  })

  it('keeps no token', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await deletePhoneNumber(deps, workspaceId, id)
    const row = await phoneNumberStore(deps.containers).findAny(workspaceId, id)
    expect(row?.value).toMatchObject({ access_token: '', app_secret: null, deleted_at: expect.any(String) as unknown })
  })

  it('of another workspace is not found and stays', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    for (const name of [id, metaId]) {
      await expect(deletePhoneNumber(deps, aWorkspaceId(), name)).rejects.toMatchObject(notFound)
    }
    await expect(findPhoneNumber(deps, workspaceId, metaId)).resolves.toMatchObject({ id })
  })

  it.each(['the same', 'another'])('lets it be connected again in %s workspace, and it works', async (where) => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    await deletePhoneNumber(deps, workspaceId, id)
    const next = where === 'another' ? aWorkspaceId() : workspaceId
    const again = await connectNumber(meta, next, { metaId })
    expect(again.id).not.toBe(id)
    expect(await syncPhoneNumber(deps, next, metaId)).toMatchObject({ id: again.id, status: 'active' })
    await expect(findPhoneNumber(deps, workspaceId, id)).rejects.toMatchObject(notFound)
    expect(await numberOwners(deps).find(metaId)).toEqual({ workspaceId: next, phoneNumberId: again.id })
  })

  it('stopped half-way frees the number all the same, and asking again tidies up', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    const stopping = interrupted(deps, 'directory', 'remove', crash)
    await expect(deletePhoneNumber(stopping, workspaceId, id)).rejects.toThrow('killed')
    await expect(findPhoneNumber(deps, workspaceId, metaId)).rejects.toMatchObject(notFound)
    expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toBeDefined()
    await expect(deletePhoneNumber(deps, workspaceId, id)).rejects.toMatchObject(notFound)
    expect(await phoneNumberStore(deps.containers).findByMetaId(metaId)).toBeUndefined()
  })

  it('stopped half-way lets others connect it at once, and a later tidying leaves it to them', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    const stopping = interrupted(deps, 'directory', 'remove', crash)
    await expect(deletePhoneNumber(stopping, workspaceId, id)).rejects.toThrow('killed')
    const other = aWorkspaceId()
    const again = await connectNumber(meta, other, { metaId })
    await expect(deletePhoneNumber(deps, workspaceId, id)).rejects.toMatchObject(notFound)
    expect(await findPhoneNumber(deps, other, metaId)).toMatchObject({ id: again.id })
  })

  it('while others connect it leaves it with exactly one of them, or with none', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await connectNumber(meta, workspaceId, { metaId })
      const others = [aWorkspaceId(), aWorkspaceId(), workspaceId]
      const [deleted, ...results] = await Promise.allSettled([
        deletePhoneNumber(deps, workspaceId, id),
        ...others.map((other) => connectNumber(meta, other, { metaId })),
      ])
      expect(deleted.status).toBe('fulfilled')
      const winners = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      expect(winners.length).toBeLessThanOrEqual(1)
      for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(taken)
      const winner = winners[0] ?? (await connectNumber(meta, workspaceId, { metaId }))
      expect(await findPhoneNumber(deps, winner.workspace_id, metaId)).toEqual(winner)
      await deletePhoneNumber(deps, winner.workspace_id, winner.id)
    }
  })

  it('is not undone by a change at the same time', async () => {
    const { id } = await connectNumber(meta, workspaceId, { metaId })
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await deletePhoneNumber(deps, workspaceId, id)
    })
    await expect(updatePhoneNumber(slow, workspaceId, id, { displayName: 'x' })).rejects.toMatchObject(notFound)
    await expect(findPhoneNumber(deps, workspaceId, id)).rejects.toMatchObject(notFound)
  })
})

describe('a number that a campaign uses', () => {
  let w: CampaignWorld
  beforeAll(async () => {
    w = await aCampaignWorld({ contacts: 3 })
  })
  afterAll(() => w.close())

  const inUse = { code: 'phone_number_in_use', status: 409 }
  const status = async (id: string) => (await campaignStore(w.deps).get(w.workspaceId, id)).value

  it('pauses it with a reason when it is disabled, also after a crash in between', async () => {
    const { deps, workspaceId, phoneNumberId } = w
    const [first, second] = [await w.aCampaign(), await w.aCampaign()]
    for (const id of [first, second]) await executeCampaign(deps, workspaceId, id)
    const stopping = interrupted(deps, 'core', 'query', crash)
    await expect(updatePhoneNumber(stopping, workspaceId, phoneNumberId, { status: 'disabled' })).rejects.toThrow()
    expect(await status(first)).toMatchObject({ status: 'SENDING' })
    await updatePhoneNumber(deps, workspaceId, phoneNumberId, { status: 'disabled' })
    for (const id of [first, second]) {
      const reason = 'The phone number is disabled'
      expect(await status(id)).toMatchObject({ status: 'SCHEDULED', pause_reason: reason, in_motion: false })
    }
    await expect(executeCampaign(deps, workspaceId, first)).rejects.toMatchObject({ code: 'phone_number_not_active' })
    await updatePhoneNumber(deps, workspaceId, phoneNumberId, { status: 'active' })
    await expect(executeCampaign(deps, workspaceId, first)).resolves.toMatchObject({ status: 'SENDING' })
    for (const id of [first, second]) await cancelCampaign(deps, workspaceId, id)
    await w.settle()
  })

  it('cannot be deleted while one sends, is paused or is being cancelled; afterwards it can', async () => {
    const { deps, workspaceId, phoneNumberId } = w
    const remove = () => deletePhoneNumber(deps, workspaceId, phoneNumberId)
    const draft = await w.aCampaign()
    const id = await w.aCampaign()
    await executeCampaign(deps, workspaceId, id)
    await expect(remove()).rejects.toMatchObject(inUse)
    await pauseCampaign(deps, workspaceId, id)
    await expect(remove()).rejects.toMatchObject(inUse)
    await cancelCampaign(deps, workspaceId, id)
    await expect(remove()).rejects.toMatchObject(inUse)
    await w.settle()
    await remove()
    await expect(executeCampaign(deps, workspaceId, draft)).rejects.toMatchObject({ code: 'phone_number_not_active' })
    await deleteCampaign(deps, workspaceId, draft)
  })

  it('pauses one that was started at the moment of the deletion', async () => {
    const { deps, workspaceId, simulator } = w
    const number = await connectNumber(w, workspaceId, { metaId: simulator.phoneNumberId })
    const id = await w.aCampaign(undefined, number.id)
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await executeCampaign(deps, workspaceId, id)
    })
    await deletePhoneNumber(slow, workspaceId, number.id)
    expect(await status(id)).toMatchObject({ status: 'SCHEDULED', pause_reason: 'The phone number was deleted' })
  })
})
