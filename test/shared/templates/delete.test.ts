import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTemplate } from '../../../shared/templates/create.ts'
import { deleteTemplate } from '../../../shared/templates/delete.ts'
import { listTemplates } from '../../../shared/templates/find.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { submitTemplate } from '../../../shared/templates/submit.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { aNewTemplate } from './support.ts'
import { aTemplateWorld, type TemplateWorld } from './template-world.ts'

const DELETION = { path: 'message_templates', method: 'DELETE' }

let world: TemplateWorld
beforeAll(async () => {
  world = await aTemplateWorld()
})
beforeEach(() => {
  world.queued.splice(0)
  world.later(0)
})
afterEach(() => world.meta.control('DELETE', 'faults'))
afterAll(() => world.close())

function remove({ id }: Template, deps = world.deps): Promise<void> {
  return deleteTemplate(deps, world.workspaceId, id)
}

/** Herald's clock moves on: two requests are never at the same millisecond. */
function again(template: Template, changes = {}): Promise<Template> {
  world.later(1000)
  const same = aNewTemplate(world.number.id, { name: template.name, ...changes })
  return createTemplate(world.deps, world.workspaceId, same)
}

describe('deleting a template', () => {
  it('takes it away here at once, and at Meta in its own language only', async () => {
    const template = await world.approved()
    const spanish = await world.approved({ name: template.name, language: 'es' })
    await remove(template)
    expect(await world.found(template)).toBeUndefined()
    const { items } = await listTemplates(world.deps, world.workspaceId, {}, { limit: 100, offset: 0 })
    expect(items.map(({ id }) => id)).not.toContain(template.id)
    expect(await world.atMeta(template.name)).toHaveLength(2)
    await world.deliver()
    expect(await world.atMeta(template.name)).toMatchObject([{ language: 'es', id: spanish.meta_template_id }])
  })

  it('twice finds nothing the second time; its job twice does nothing the second time', async () => {
    const template = await world.approved()
    await remove(template)
    await expect(remove(template)).rejects.toMatchObject({ code: 'template_not_found' })
    const [job] = world.queued
    await submitTemplate(world.deps, job!)
    await submitTemplate(world.deps, job!)
    expect(await world.atMeta(template.name)).toEqual([])
  })

  it('at the same time by two is done once', async () => {
    const template = await world.approved()
    const results = await Promise.allSettled([remove(template), remove(template)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('is not for another workspace', async () => {
    const template = await world.approved()
    const foreign = deleteTemplate(world.deps, aWorkspaceId(), template.id)
    await expect(foreign).rejects.toMatchObject({ code: 'template_not_found' })
    expect(await world.found(template)).toEqual(template)
  })

  it('whose write never landed deletes nothing', async () => {
    const template = await world.approved()
    await expect(remove(template, interrupted(world.deps, 'core', 'replace', crash))).rejects.toThrow('killed')
    world.later(100_000)
    await world.deliver()
    expect(await world.atMeta(template.name)).toHaveLength(1)
    expect(await world.found(template)).toEqual(template)
  })

  it('goes on after the process died behind Meta’s answer, and where Meta has none any more', async () => {
    const template = await world.approved()
    await remove(template)
    const [job] = world.queued
    await expect(submitTemplate(interrupted(world.deps, 'core', 'replace', crash), job!)).rejects.toThrow('killed')
    expect(await world.atMeta(template.name)).toEqual([])
    await expect(submitTemplate(world.deps, job!)).resolves.toBeUndefined()
  })

  it('is delivered again while Meta is away', async () => {
    const template = await world.approved()
    await remove(template)
    const [job] = world.queued
    await world.meta.control('POST', 'faults', { match: DELETION, mode: { next: 1 }, effect: { kind: 'reset' } })
    await expect(submitTemplate(world.deps, job!)).rejects.toMatchObject({ code: 'meta_unavailable' })
    await submitTemplate(world.deps, job!)
    expect(await world.atMeta(template.name)).toEqual([])
  })

  it('of one that was never submitted asks Meta for nothing', async () => {
    const template = await world.created()
    await remove(template)
    await world.deliver()
    expect(await world.atMeta(template.name)).toEqual([])
  })

  it('while it is being submitted deletes what Meta takes', async () => {
    const template = await world.created()
    const slow = interrupted(world.deps, 'core', 'replace', async (call) => {
      if (call === 1) await remove(template)
    })
    await submitTemplate(slow, world.queued.shift()!)
    await world.deliver()
    expect(await world.atMeta(template.name)).toEqual([])
    expect(await world.found(template)).toBeUndefined()
  })

  it('after a submission whose answer was lost deletes what Meta took', async () => {
    const template = await world.created()
    const match = { method: 'POST', path: 'message_templates' }
    await world.meta.control('POST', 'faults', { match, mode: { next: 1 }, effect: { kind: 'answer_lost' } })
    await expect(submitTemplate(world.deps, world.queued.shift()!)).rejects.toThrow()
    expect(await world.atMeta(template.name)).toHaveLength(1)
    world.later(1000)
    await remove(template)
    await world.deliver()
    expect(await world.atMeta(template.name)).toEqual([])
  })
})

describe('the name of a deleted template', () => {
  it('is free again; the former one goes at Meta before the new one comes', async () => {
    const template = await world.created()
    await world.deliver()
    world.later(500)
    await remove(template)
    const components = { body: 'Something new.' }
    const next = await again(template, { components })
    expect(next).toMatchObject({ id: template.id, status: 'PENDING', meta_template_id: null })
    // The new one's job overtakes the deletion's.
    await submitTemplate(world.deps, world.queued.pop()!)
    await world.deliver()
    expect(await world.atMeta(template.name)).toMatchObject([{ components: [{ text: 'Something new.' }] }])
    expect(await world.now(next)).toMatchObject({ status: 'PENDING', components_sent: components })
    await expect(again(template)).rejects.toMatchObject({ code: 'template_exists' })
  })

  it('is blocked by Meta after an approved one: its words are the reason', async () => {
    const template = await world.approved()
    world.later(500)
    await remove(template)
    const next = await again(template)
    await world.deliver()
    const refused = await world.now(next)
    expect(refused).toMatchObject({ status: 'REJECTED', meta_template_id: null })
    expect(refused.rejection_reason).toContain('being deleted')
  })
})
