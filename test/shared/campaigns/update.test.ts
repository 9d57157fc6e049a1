import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { deleteCampaign } from '../../../shared/campaigns/delete.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { CampaignStatus } from '../../../shared/campaigns/schema.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import { updateCampaign } from '../../../shared/campaigns/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import { connectNumber, crash, interrupted } from '../../support/tenants.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
let deps: Deps
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 3 })
  deps = w.deps
})
afterEach(() => w.queued.splice(0))
afterAll(() => w.close())

const notFound = { code: 'campaign_not_found', status: 404 }
const notSendable = { code: 'campaign_not_sendable', status: 409 }
const read = async (id: string) => (await campaignStore(deps).get(w.workspaceId, id)).value
const update = (id: string, changes: Parameters<typeof updateCampaign>[3], by: Deps = deps) =>
  updateCampaign(by, w.workspaceId, id, changes)

describe('changing a campaign', () => {
  it('renames it in any state; nothing given changes nothing', async () => {
    const id = await w.aCampaign()
    expect(await update(id, { name: 'Winter' })).toMatchObject({ name: 'Winter', status: 'DRAFT' })
    const before = await read(id)
    expect(await update(id, {})).toEqual(before)
    expect(await update(id, { name: null, status: null, variables: null })).toEqual(before)
    expect(await update(id, { name: 'Winter', status: 'DRAFT' })).toEqual(before)
    await executeCampaign(deps, w.workspaceId, id)
    expect(await update(id, { name: 'Spring' })).toMatchObject({ name: 'Spring', status: 'SENDING' })
    await cancelCampaign(deps, w.workspaceId, id)
    expect(await update(id, { name: 'Summer' })).toMatchObject({ name: 'Summer', status: 'CANCELLED' })
  })

  it('starts, pauses, resumes and cancels it by its status, together with a name', async () => {
    const id = await w.aCampaign()
    const started = await update(id, { name: 'Winter', status: 'SENDING' })
    expect(started).toMatchObject({ name: 'Winter', status: 'SENDING', in_motion: true })
    expect(w.taken('campaign-planning')).toHaveLength(1)
    expect(await update(id, { status: 'SENDING' })).toEqual(started)
    expect(w.queued).toEqual([])
    expect(await update(id, { name: 'A', status: 'SCHEDULED' })).toMatchObject({ name: 'A', status: 'SCHEDULED' })
    expect(await update(id, { name: 'B', status: 'SENDING' })).toMatchObject({ name: 'B', paused_at: null })
    expect(await update(id, { name: 'C', status: 'CANCELLED' })).toMatchObject({ name: 'C', status: 'CANCELLED' })
    expect((await read(id)).name).toBe('C')
  })

  it('answers 409 for every other status, and then the name stays too', async () => {
    const id = await w.aCampaign()
    for (const status of CampaignStatus.options.filter((one) => !['DRAFT', 'SENDING', 'CANCELLED'].includes(one))) {
      await expect(update(id, { name: 'x', status }), status).rejects.toMatchObject(notSendable)
    }
    await cancelCampaign(deps, w.workspaceId, id)
    for (const status of CampaignStatus.options.filter((one) => one !== 'CANCELLED')) {
      await expect(update(id, { name: 'x', status }), status).rejects.toMatchObject(notSendable)
    }
    expect(await read(id)).toMatchObject({ name: 'Autumn', status: 'CANCELLED' })
  })

  it('that cannot be started is not renamed either', async () => {
    const { id } = await createCampaign(deps, w.workspaceId, {
      workspace_id: w.workspaceId,
      phone_number_id: w.phoneNumberId,
      name: 'Autumn',
    })
    const starting = update(id, { name: 'Winter', status: 'SENDING' })
    await expect(starting).rejects.toMatchObject({ problems: [{ loc: ['body', 'template_id'] }] })
    expect(await read(id)).toMatchObject({ name: 'Autumn', status: 'DRAFT' })
    const variables = { 'body.1': { value: 'you' } }
    const whole = await update(id, { template_id: w.templateId, variables, status: 'SENDING' })
    expect(whole).toMatchObject({ template_id: w.templateId, variables, status: 'SENDING' })
  })

  it('takes number, template and variables while it is a draft, and checks them as at the start', async () => {
    const id = await w.aCampaign()
    const variables = { 'body.1': { value: 'you' } }
    expect(await update(id, { variables })).toMatchObject({ variables })
    expect(await update(id, { phone_number_id: w.simulator.phoneNumberId })).toMatchObject({
      phone_number_id: w.phoneNumberId,
    })
    const wrong: [Parameters<typeof updateCampaign>[3], string][] = [
      [{ phone_number_id: newId('phoneNumber', w.workspaceId) }, 'phone_number_id'],
      [{ phone_number_id: '42' }, 'phone_number_id'],
      [{ template_id: newUuid() }, 'template_id'],
      [{ variables: {} }, 'variables'],
      [{ variables: { 'body.9': { value: 'x' }, ...variables } }, 'variables'],
    ]
    for (const [changes, field] of wrong) {
      const problem = { problems: [{ loc: expect.arrayContaining(['body', field]) as unknown }] }
      await expect(update(id, { name: 'x', ...changes }), field).rejects.toMatchObject(problem)
    }
    expect(await read(id)).toMatchObject({ name: 'Autumn', variables })
  })

  it('takes them no more once it started, unless they are the same', async () => {
    const id = await w.aCampaign()
    await executeCampaign(deps, w.workspaceId, id)
    const { variables, template_id } = await read(id)
    expect(await update(id, { name: 'x', variables, template_id })).toMatchObject({ name: 'x' })
    const changing = update(id, { name: 'y', variables: { 'body.1': { value: 'other' } } })
    await expect(changing).rejects.toMatchObject({ code: 'campaign_not_editable', status: 409 })
    expect(await read(id)).toMatchObject({ name: 'x', variables })
  })

  it('does not change the parts of one that is started at the same moment', async () => {
    const id = await w.aCampaign()
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await executeCampaign(deps, w.workspaceId, id)
    })
    const changing = update(id, { variables: { 'body.1': { value: 'other' } } }, slow)
    await expect(changing).rejects.toMatchObject({ code: 'campaign_not_editable' })
    expect(await read(id)).toMatchObject({ variables: { 'body.1': { field: 'name' } }, status: 'SENDING' })
  })

  it('of two starts at once makes one, and of a rename meanwhile loses nothing', async () => {
    const id = await w.aCampaign()
    const results = await Promise.allSettled([
      update(id, { status: 'SENDING' }),
      update(id, { status: 'SENDING' }),
      update(id, { name: 'Winter' }),
    ])
    expect(results[2].status).toBe('fulfilled')
    expect((await read(id)).name).toBe('Winter')
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject(notSendable)
  })

  it('stopped before its write has changed nothing', async () => {
    const id = await w.aCampaign()
    const stopping = interrupted(deps, 'core', 'replace', crash)
    await expect(update(id, { name: 'x', status: 'SENDING' }, stopping)).rejects.toThrow('killed')
    expect(await read(id)).toMatchObject({ name: 'Autumn', status: 'DRAFT' })
    // What was queued for it does nothing.
    await w.settle()
    expect(w.queued).toEqual([])
    expect(await read(id)).toMatchObject({ status: 'DRAFT' })
  })

  it('of another workspace is not found', async () => {
    const id = await w.aCampaign()
    await expect(updateCampaign(deps, aWorkspaceId(), id, { name: 'x' })).rejects.toMatchObject(notFound)
    await expect(deleteCampaign(deps, aWorkspaceId(), id)).rejects.toMatchObject(notFound)
    expect(await read(id)).toMatchObject({ name: 'Autumn' })
  })

  it('pairs no number with a template of another account, and any with a number of unknown account', async () => {
    const wabaId = ((await w.simulator.control('POST', 'wabas', {})) as { waba_id: string }).waba_id
    const number = async (waba: string) =>
      ((await w.simulator.control('POST', 'phone-numbers', { waba_id: waba })) as { phone_number_id: string })
        .phone_number_id
    const other = await connectNumber(w, w.workspaceId, { metaId: await number(wabaId), wabaId })
    const id = await w.aCampaign()
    const problem = { problems: [{ loc: ['body', 'template_id'] }] }
    await expect(update(id, { phone_number_id: other.id })).rejects.toMatchObject(problem)
    await expect(w.aCampaign(undefined, other.id)).rejects.toMatchObject(problem)
    const unknown = await connectNumber(w, w.workspaceId, { metaId: await number(w.simulator.wabaId), wabaId: null })
    await expect(update(id, { phone_number_id: unknown.id })).resolves.toMatchObject({ phone_number_id: unknown.id })
  })
})

describe('deleting a campaign', () => {
  const remove = (id: string, by: Deps = deps) => deleteCampaign(by, w.workspaceId, id)
  const running = { code: 'campaign_running', status: 409 }

  it('is refused while it sends and while its cancel goes on; then it is gone for every verb', async () => {
    const id = await w.aCampaign()
    await executeCampaign(deps, w.workspaceId, id)
    await expect(remove(id)).rejects.toMatchObject(running)
    await cancelCampaign(deps, w.workspaceId, id)
    await expect(remove(id)).rejects.toMatchObject(running)
    await w.settle()
    await remove(id)
    const verbs = [
      remove(id),
      update(id, { name: 'x' }),
      ...[executeCampaign, pauseCampaign, cancelCampaign].map((verb) => verb(deps, w.workspaceId, id)),
    ]
    for (const verb of verbs) await expect(verb).rejects.toMatchObject(notFound)
  })

  it('leaves what is queued for it without effect, and the sweeper asleep', async () => {
    const id = await w.aCampaign()
    await executeCampaign(deps, w.workspaceId, id)
    await w.settle(2)
    await pauseCampaign(deps, w.workspaceId, id)
    await remove(id)
    const sent = (await w.simulator.ledger()).accepted
    await w.settle()
    expect((await w.simulator.ledger()).accepted).toBe(sent)
    await sweepCampaigns({ ...deps, now: () => new Date(Date.now() + 3_600_000) })
    expect(JSON.stringify(w.queued)).not.toContain(id)
  })

  it('keeps its facts: a status that comes later finds its place', async () => {
    const id = await w.aCampaign()
    await executeCampaign(deps, w.workspaceId, id)
    await w.settle()
    await remove(id)
    const status = { page: 0, position: 1, kind: 'read', at: 1_800_000_000, code: 0 } as const
    await expect(deps.facts.write(w.workspaceId, id, [{ status }])).resolves.toBeUndefined()
    expect(await deps.containers.core.read(id, w.workspaceId, (document) => document)).toMatchObject({
      value: { status: 'COMPLETED', counters: { sent: 3 }, deleted_at: expect.any(String) as unknown },
    })
  })

  it('of one that is started at the same moment is refused', async () => {
    const id = await w.aCampaign()
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await executeCampaign(deps, w.workspaceId, id)
    })
    await expect(remove(id, slow)).rejects.toMatchObject(running)
    expect(await read(id)).toMatchObject({ status: 'SENDING' })
  })
})
