import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listTemplates } from '../../../shared/templates/find.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { syncTemplates, type SyncCounts } from '../../../shared/templates/sync.ts'
import { deleteTemplate } from '../../../shared/templates/delete.ts'
import { updateTemplate } from '../../../shared/templates/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { watched } from '../../support/every-endpoint.ts'
import { A_BODY, aName } from './support.ts'
import { aTemplateWorld, type TemplateWorld } from './template-world.ts'

let world: TemplateWorld
beforeAll(async () => {
  world = await aTemplateWorld()
})
beforeEach(async () => {
  world.queued.splice(0)
  world.later(0)
  await sync()
})
afterEach(() => world.meta.control('DELETE', 'faults'))
afterAll(() => world.close())

function sync(deps = world.deps): Promise<SyncCounts> {
  return syncTemplates(deps, world.workspaceId, world.number.id)
}

async function madeAtMeta(changes: Record<string, unknown> = {}) {
  const template = { name: aName(), language: 'en', category: 'UTILITY', components: [A_BODY], ...changes }
  const { id } = await world.meta.control('POST', 'templates', template)
  return { ...template, id: String(id) }
}

async function here(name: string): Promise<Template[]> {
  const page = { limit: 100, offset: 0 }
  return (await listTemplates(world.deps, world.workspaceId, {}, page)).items.filter(
    (template) => template.name === name,
  )
}

describe('a sync', () => {
  it('takes over what is unknown here, in every language, and nothing the second time', async () => {
    const { name, id } = await madeAtMeta()
    await madeAtMeta({ name, language: 'es_MX', status: 'PAUSED' })
    const first = await sync()
    expect(first).toMatchObject({ created: 2, updated: 0, removed: 0 })
    const [en] = (await here(name)).filter(({ language }) => language === 'en')
    expect(en).toMatchObject({
      status: 'APPROVED',
      category: 'UTILITY',
      meta_template_id: id,
      phone_number_id: world.number.id,
      components: [A_BODY],
      components_sent: [A_BODY],
      rejection_reason: null,
    })
    expect((await here(name)).map(({ status }) => status).sort()).toEqual(['APPROVED', 'PAUSED'])
    expect(await sync()).toEqual({ created: 0, updated: 0, removed: 0, unchanged: first.total, total: first.total })
  })

  it('takes over status, category and words that changed at Meta', async () => {
    const template = await world.approved({ category: 'UTILITY' })
    await world.decide(template, { event: 'PAUSED', new_category: 'MARKETING' })
    expect(await sync()).toMatchObject({ updated: 1 })
    expect(await world.now(template)).toMatchObject({ status: 'PAUSED' })
  })

  it('marks what is gone at Meta, and takes it back when it is there again', async () => {
    const { name } = await madeAtMeta()
    await sync()
    const [template] = await here(name)
    world.later(120_000)
    const { url, accessToken, wabaId } = world.meta.simulator
    const headers = { authorization: `Bearer ${accessToken}` }
    await fetch(`${url}/v26.0/${wabaId}/message_templates?name=${name}`, { method: 'DELETE', headers })
    expect(await sync()).toMatchObject({ removed: 1 })
    expect(await world.now(template!)).toMatchObject({ status: 'DELETED' })
    expect(await sync()).toMatchObject({ removed: 0, updated: 0 })
  })

  it('leaves alone what was never submitted, and what is under way', async () => {
    const edited = await world.approved()
    const local = await world.created()
    const components = { body: 'Another text.' }
    const pending = await updateTemplate(world.deps, world.workspaceId, edited.id, { components })
    expect(await sync()).toMatchObject({ updated: 0, removed: 0 })
    expect([await world.now(local), await world.now(edited)]).toEqual([local, pending])
  })

  it('does not bring back what was taken out of use or deleted here', async () => {
    const [disabled, deleted] = [await world.approved(), await world.approved()]
    const off = await updateTemplate(world.deps, world.workspaceId, disabled.id, { status: 'DISABLED' })
    await deleteTemplate(world.deps, world.workspaceId, deleted.id)
    expect(await sync()).toMatchObject({ created: 0, removed: 0 })
    expect((await world.now(disabled)).status).toBe(off.status)
    expect(await world.found(deleted)).toBeUndefined()
  })

  it('keeps parts that Herald does not know as Meta wrote them', async () => {
    const carousel = { type: 'CAROUSEL', cards: [{ components: [] }] }
    const { name } = await madeAtMeta({ category: 'MARKETING', components: [A_BODY, carousel] })
    await sync()
    expect(await here(name)).toMatchObject([
      { components: [A_BODY], components_sent: [A_BODY, carousel], special_parts: ['CAROUSEL'] },
    ])
    expect(await sync()).toMatchObject({ updated: 0 })
  })

  it('at the same time as others makes no twins, and all find the same', async () => {
    const names = (await Promise.all(Array.from({ length: 5 }, () => madeAtMeta()))).map(({ name }) => name)
    const all = await Promise.all([sync(), sync(), sync()])
    expect(all.reduce((sum, { created }) => sum + created, 0)).toBe(5)
    for (const name of names) expect(await here(name)).toHaveLength(1)
  })

  it('that loses against an event does not undo it', async () => {
    const template = await world.approved()
    await world.decide(template, { event: 'PAUSED' })
    const racing = interrupted(world.deps, 'core', 'batch', async (call) => {
      if (call > 1) return
      await world.decide(template, { event: 'UNPAUSE' })
      await updateTemplate(world.deps, world.workspaceId, template.id, { status: 'DISABLED' })
    })
    await sync(racing)
    expect(await world.now(template)).toMatchObject({ status: 'DISABLED', is_disabled_here: true })
  })

  it('that was stopped half-way is completed by the next one', async () => {
    const { name } = await madeAtMeta()
    await expect(sync(interrupted(world.deps, 'core', 'batch', crash))).rejects.toThrow('killed')
    expect(await here(name)).toEqual([])
    expect(await sync()).toMatchObject({ created: 1 })
  })

  it('takes few requests for many templates', async () => {
    for (let made = 0; made < 150; made++) await madeAtMeta()
    const seen = watched(world.deps)
    expect(await sync(seen.deps)).toMatchObject({ created: 150 })
    expect(seen.done.filter((call) => call === 'core.batch').length).toBeLessThanOrEqual(2)
    expect(seen.done.filter((call) => call === 'graph.call').length).toBeLessThanOrEqual(4)
  })
})

describe('a sync of a workspace', () => {
  it('asks for every account once, and sees no other workspace’s', async () => {
    const { workspaceId, number } = await world.another()
    const { name } = await madeAtMeta()
    const counts = await syncTemplates(world.deps, workspaceId, undefined)
    expect(counts.created).toBe(counts.total)
    expect(await here(name)).toEqual([])
    await expect(syncTemplates(world.deps, world.workspaceId, number.id)).rejects.toMatchObject({
      problems: [{ loc: ['body', 'phone_number_id'] }],
    })
  })

  it('without a number has nothing to take over', async () => {
    const nothing = { created: 0, updated: 0, unchanged: 0, removed: 0, total: 0 }
    expect(await syncTemplates(world.deps, aWorkspaceId(), undefined)).toEqual(nothing)
  })

  it('tells that Meta refuses or cannot be reached', async () => {
    const match = { path: 'message_templates' }
    await world.meta.control('POST', 'faults', { match, mode: { next: 1 }, effect: { kind: 'graph_error', code: 190 } })
    await expect(sync()).rejects.toMatchObject({ code: 'meta_refused' })
    await world.meta.control('POST', 'faults', { match, mode: { next: 1 }, effect: { kind: 'http', status: 503 } })
    await expect(sync()).rejects.toMatchObject({ code: 'meta_unavailable' })
  })
})
