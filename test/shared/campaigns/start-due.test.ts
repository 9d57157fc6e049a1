import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../../shared/campaigns/pause.ts'
import { startDueCampaigns } from '../../../shared/campaigns/start-due.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { sweepCampaigns } from '../../../shared/campaigns/sweep.ts'
import { updateCampaign } from '../../../shared/campaigns/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { AppError } from '../../../shared/errors.ts'
import { newCampaignId } from '../../../shared/ids.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { aTenant, crash, interrupted } from '../../support/tenants.ts'

const MADE = Date.parse('2026-11-23T08:00:00Z')
const DUE = '2026-11-24T09:00:00.000Z'

let w: CampaignWorld
let deps: Deps
let now = new Date(MADE)
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 3 })
  deps = { ...w.deps, now: () => now }
})
beforeEach(() => {
  now = new Date(MADE)
})
afterEach(async () => {
  w.queued.splice(0)
  for (const { id } of await campaignStore(deps).due(new Date('2100-01-01')))
    await cancelCampaign(deps, w.workspaceId, id)
  w.queued.splice(0)
})
afterAll(() => w.close())

const read = async (id: string) => (await campaignStore(deps).get(w.workspaceId, id)).value
const isAt = (minutes: number) => {
  now = new Date(Date.parse(DUE) + minutes * 60_000)
}

async function aScheduled(variables = { 'body.1': { value: 'you' } }): Promise<string> {
  const ids = { workspace_id: w.workspaceId, phone_number_id: w.phoneNumberId, template_id: w.templateId }
  const input = { ...ids, name: 'Autumn', variables, scheduled_at: DUE }
  return (await createCampaign(deps, w.workspaceId, input)).id
}

/** The world's time stands still elsewhere: everything that is queued is done, and the campaign comes to rest. */
async function done(id: string) {
  await w.settle()
  return w.counters(id)
}

describe('a campaign whose time has come', () => {
  it('is started by the timer, not before, and sends to everybody once', async () => {
    const id = await aScheduled()
    isAt(-1)
    expect(await startDueCampaigns(deps)).toBe(0)
    isAt(0.5)
    expect(await startDueCampaigns(deps)).toBe(1)
    expect(await read(id)).toMatchObject({ status: 'SENDING', in_motion: true, scheduled_at: DUE })
    expect(await startDueCampaigns(deps)).toBe(0)
    expect(w.taken('campaign-planning')).toHaveLength(1)
    await sweepLater()
    expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3, total_contacts: 3 })
  })

  it('is started once by two timers at the same time', async () => {
    const id = await aScheduled()
    isAt(1)
    const started = await Promise.all(Array.from({ length: 4 }, () => startDueCampaigns(deps)))
    expect(started.reduce((sum, count) => sum + count, 0)).toBe(1)
    const { execution_id } = await read(id)
    const steps = w.taken('campaign-planning')
    expect(steps.filter((step) => step.execution_id === execution_id)).toHaveLength(1)
    for (const step of steps) await w.deps.queues.send('campaign-planning', step)
    expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3 })
  })

  it('is started once by a timer and a person at the same time', async () => {
    const id = await aScheduled()
    isAt(1)
    const both = await Promise.allSettled([startDueCampaigns(deps), executeCampaign(deps, w.workspaceId, id)])
    const byTimer = both[0].status === 'fulfilled' && both[0].value === 1
    expect(byTimer).toBe(both[1].status === 'rejected')
    expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3 })
  })

  it('starts at once when a person wants it so, and not again at its time', async () => {
    const id = await aScheduled()
    await executeCampaign(deps, w.workspaceId, id)
    isAt(1)
    expect(await startDueCampaigns(deps)).toBe(0)
    await pauseCampaign(deps, w.workspaceId, id)
    expect(await startDueCampaigns(deps)).toBe(0)
    expect(await read(id)).toMatchObject({ status: 'SCHEDULED', started_at: new Date(MADE).toISOString() })
  })

  it('does not start while it is paused, nor after a cancel', async () => {
    const paused = await aScheduled()
    await pauseCampaign(deps, w.workspaceId, paused)
    await cancelCampaign(deps, w.workspaceId, await aScheduled())
    isAt(1)
    expect(await startDueCampaigns(deps)).toBe(0)
    expect(await read(paused)).toMatchObject({ status: 'SCHEDULED', pause_reason: null, started_at: null })
  })
})

describe('a start that is too late', () => {
  it('is made within the hour', async () => {
    const id = await aScheduled()
    isAt(60)
    expect(await startDueCampaigns(deps)).toBe(1)
    expect(await read(id)).toMatchObject({ status: 'SENDING' })
  })

  it('is not made after that: the campaign is kept back and says why', async () => {
    const id = await aScheduled()
    isAt(60.1)
    expect(await startDueCampaigns(deps)).toBe(0)
    const kept = await read(id)
    expect(kept).toMatchObject({
      status: 'SCHEDULED',
      paused_at: now.toISOString(),
      started_at: null,
      in_motion: false,
    })
    expect(kept.pause_reason).toBe(
      `Its time was ${DUE}, and it could not be started within 60 minutes of that. Start it by hand, or choose another time`,
    )
    expect(await w.counters(id)).toMatchObject({ state: 'paused', total_contacts: 3 })
    expect(w.queued).toEqual([])
    await executeCampaign(deps, w.workspaceId, id)
    expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3, pause_reason: null })
  })

  it('goes by the setting of the workspace', async () => {
    const { id: workspaceId } = await aTenant(w.world)
    await updateWorkspace(deps, workspaceId, 'OWNER', { settings: { late_start_minutes: 5 } })
    const campaign = await read(await aScheduled())
    const own = { ...campaign, id: newCampaignId(workspaceId, now), workspace_id: workspaceId }
    await campaignStore(deps).create(own)
    isAt(6)
    expect(await startDueCampaigns(deps)).toBe(1)
    const kept = (await campaignStore(deps).get(workspaceId, own.id)).value
    expect(kept.pause_reason).toContain('within 5 minutes')
  })
})

describe('a start that is refused', () => {
  it('keeps the campaign back with the reason, once, until another time is given', async () => {
    const id = await aScheduled()
    await withTemplate('PAUSED', async () => {
      isAt(1)
      expect(await startDueCampaigns(deps)).toBe(0)
    })
    const kept = await read(id)
    expect(kept.pause_reason).toBe(
      'Not started at its time: template_id: the template is PAUSED; only an APPROVED one can be sent',
    )
    isAt(2)
    expect(await startDueCampaigns(deps)).toBe(0)
    expect(await read(id)).toEqual(kept)
    await updateCampaign(deps, w.workspaceId, id, { scheduled_at: '2026-11-24T10:00:00Z' })
    isAt(61)
    expect(await startDueCampaigns(deps)).toBe(1)
  })

  it('names the number that was disabled', async () => {
    const id = await aScheduled()
    const store = phoneNumberStore(deps.containers)
    const stored = (await store.find(w.workspaceId, w.phoneNumberId))!
    const disabled = await store.replace(stored, { ...stored.value, status: 'disabled' })
    isAt(1)
    await startDueCampaigns(deps)
    await store.replace(disabled, stored.value)
    expect((await read(id)).pause_reason).toContain('the number is disabled')
  })

  it('does not keep the others waiting', async () => {
    const [broken, fine] = [await aScheduled(), await aScheduled()]
    isAt(1)
    const failing = interrupted(deps, 'core', 'replace', (call) => (call === 1 ? crash() : undefined))
    expect(await startDueCampaigns(failing)).toBe(1)
    const states = [(await read(broken)).status, (await read(fine)).status]
    expect(states.sort()).toEqual(['SCHEDULED', 'SENDING'])
  })
})

describe('a scheduled start that stops half-way', () => {
  it.each(['query', 'read', 'replace'] as const)('at any %s is made up for a minute later, once', async (method) => {
    for (let step = 1; step <= 6; step++) {
      const id = await aScheduled()
      isAt(1)
      const dying = interrupted(deps, 'core', method, (call) => (call >= step ? crash() : undefined))
      await startDueCampaigns(dying).catch(() => undefined)
      isAt(2)
      await startDueCampaigns(deps)
      expect(await read(id), `${method} ${step}`).toMatchObject({ status: 'SENDING' })
      expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3 })
      now = new Date(MADE)
    }
  })

  it('at the queue is made up for too, and a storage that is down is no reason to keep it back', async () => {
    const id = await aScheduled()
    isAt(1)
    const send = () => Promise.reject(new AppError('storage_unavailable', 'The queue is away'))
    expect(await startDueCampaigns({ ...deps, queues: { send } })).toBe(0)
    expect(await read(id)).toMatchObject({ status: 'SCHEDULED', paused_at: null })
    expect(await startDueCampaigns(deps)).toBe(1)
  })

  it('after the write, with its first step lost, is woken by the sweeper', async () => {
    const id = await aScheduled()
    isAt(1)
    await startDueCampaigns(deps)
    w.taken('campaign-planning')
    await sweepLater()
    expect(await done(id)).toMatchObject({ status: 'COMPLETED', sent_count: 3 })
  })

  it('while it is kept back is kept back a minute later', async () => {
    const id = await aScheduled()
    isAt(90)
    await startDueCampaigns(interrupted(deps, 'core', 'replace', crash))
    expect(await read(id)).toMatchObject({ paused_at: null })
    await startDueCampaigns(deps)
    expect((await read(id)).pause_reason).toContain('within 60 minutes')
  })

  it('is not kept back if a person gave it another time at that moment', async () => {
    const id = await aScheduled()
    isAt(90)
    const later = '2026-11-25T09:00:00.000Z'
    const racing = interrupted(deps, 'core', 'replace', async (call) => {
      if (call === 1) await updateCampaign(deps, w.workspaceId, id, { scheduled_at: later })
    })
    await startDueCampaigns(racing)
    expect(await read(id)).toMatchObject({ status: 'SCHEDULED', paused_at: null, scheduled_at: later })
  })
})

async function sweepLater(): Promise<void> {
  const later = new Date(now.getTime() + 120_000)
  await sweepCampaigns({ ...deps, now: () => later })
}

async function withTemplate(status: 'PAUSED', work: () => Promise<void>): Promise<void> {
  const store = templateStore(deps.containers)
  const stored = (await store.find(w.workspaceId, w.templateId))!
  const changed = await store.replace(stored, { ...stored.value, status })
  await work()
  await store.replace(changed, stored.value)
}
