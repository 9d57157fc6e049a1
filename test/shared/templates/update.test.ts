import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyTemplateStatus } from '../../../shared/templates/apply-status.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { submitTemplate } from '../../../shared/templates/submit.ts'
import { updateTemplate } from '../../../shared/templates/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { crash, interrupted } from '../../support/tenants.ts'
import { A_BODY } from './support.ts'
import { aTemplateWorld, type TemplateWorld } from './template-world.ts'

const NEW = { body: { text: 'Dear {{1}}, your order left us today.', example: { body_text: [['Ana']] } } }
const NEW_BODY = { type: 'BODY', ...NEW.body }

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

function edit(template: Template, components: unknown = NEW, deps = world.deps): Promise<Template> {
  return updateTemplate(deps, world.workspaceId, template.id, { components })
}

function setStatus(template: Template, status: 'PENDING' | 'DISABLED' | 'APPROVED', deps = world.deps) {
  return updateTemplate(deps, world.workspaceId, template.id, { status })
}

/** Calls for the template itself. */
function at({ meta_template_id }: Template, method: 'GET' | 'POST') {
  return { path: meta_template_id ?? '', method }
}

/** Everything of a PATCH before its write, and no more. */
async function stopped(template: Template, change: { components?: unknown; status?: 'PENDING' }): Promise<void> {
  const dying = interrupted(world.deps, 'core', 'replace', crash)
  await expect(updateTemplate(dying, world.workspaceId, template.id, change)).rejects.toThrow('killed')
}

function anEvent(template: Template, event: string, at = new Date()) {
  const { waba_id, name, language, meta_template_id } = template
  const ref = { wabaId: waba_id, name, language, metaTemplateId: meta_template_id ?? '', at: at.toISOString() }
  return applyTemplateStatus(world.deps, { ...ref, event, reason: null })
}

describe('an edit', () => {
  it('makes the template pending, gives back the form it was sent in, and reaches the template at Meta', async () => {
    const template = await world.approved()
    const edited = await edit(template)
    expect(edited).toMatchObject({ id: template.id, status: 'PENDING', components: [NEW_BODY], components_sent: NEW })
    await world.deliver()
    const [known, ...others] = await world.atMeta(template.name)
    expect(others).toEqual([])
    expect(known).toMatchObject({ id: template.meta_template_id, status: 'PENDING', components: [NEW_BODY] })
    expect(await world.now(template)).toMatchObject({ status: 'PENDING', components: [NEW_BODY] })
    await anEvent(template, 'APPROVED', new Date(Date.now() + 1000))
    expect(await world.now(template)).toMatchObject({ status: 'APPROVED', components: [NEW_BODY] })
  })

  it('that Meta refuses leaves the approved version, with Meta’s words', async () => {
    const template = await world.approved()
    await edit(template)
    await world.deliver()
    await world.decide(template, { event: 'APPROVED' })
    await anEvent(template, 'APPROVED', new Date(Date.now() + 1000))
    // The second one of a day.
    await edit(await world.now(template), { body: 'Another text.' })
    await world.deliver()
    const after = await world.now(template)
    expect(after).toMatchObject({ status: 'APPROVED', components: [NEW_BODY], components_sent: NEW })
    expect(after.rejection_reason).toContain('once in 24 hours')
    expect(after).not.toHaveProperty('task')
  })

  it('of a template that is gone at Meta finds that out', async () => {
    const template = await world.approved()
    await world.meta.control('POST', 'faults', {
      match: at(template, 'POST'),
      effect: { kind: 'graph_error', code: 100, subcode: 33 },
    })
    const gone = { match: at(template, 'GET'), effect: { kind: 'graph_error', code: 100, subcode: 33 } }
    await edit(template)
    await world.meta.control('POST', 'faults', gone)
    await world.deliver()
    expect(await world.now(template)).toMatchObject({ status: 'DELETED' })
  })

  it('of what Meta refused when it was submitted is submitted anew', async () => {
    const effect = { kind: 'graph_error', code: 100, subcode: 2388293, details: 'Too many variables' }
    await world.meta.control('POST', 'faults', { match: { path: 'message_templates' }, mode: { next: 1 }, effect })
    const template = await world.created()
    await world.deliver()
    expect(await world.now(template)).toMatchObject({ status: 'REJECTED', meta_template_id: null })
    await edit(template)
    await world.deliver()
    const [known] = await world.atMeta(template.name)
    expect(await world.now(template)).toMatchObject({ status: 'PENDING', meta_template_id: known?.['id'] })
    expect(known).toMatchObject({ components: [NEW_BODY] })
  })

  it('twice, at the same time and again, is one edit', async () => {
    const template = await world.approved()
    await edit(template)
    const [job] = world.queued
    await Promise.all([submitTemplate(world.deps, job!), submitTemplate(world.deps, job!)])
    await submitTemplate(world.deps, job!)
    expect(await world.now(template)).toMatchObject({
      status: 'PENDING',
      components: [NEW_BODY],
      rejection_reason: null,
    })
  })

  it('is refused while another one is under way, also for two at once', async () => {
    const template = await world.approved()
    const results = await Promise.allSettled([edit(template), edit(template, { body: 'Something else.' })])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(edit(template)).rejects.toMatchObject({ code: 'template_not_editable' })
    await world.deliver().catch(() => undefined)
    const pending = await world.now(template)
    await expect(edit(pending)).rejects.toMatchObject({ code: 'template_not_editable' })
  })

  it('whose write never landed changes nothing, here or at Meta', async () => {
    const template = await world.approved()
    await stopped(template, { components: NEW })
    const [job] = world.queued
    await expect(submitTemplate(world.deps, job!)).rejects.toMatchObject({ code: 'template_not_found' })
    world.later(100_000)
    await submitTemplate(world.deps, job!)
    expect(await world.now(template)).toEqual(template)
    expect((await world.atMeta(template.name))[0]).toMatchObject({ status: 'APPROVED', components: [A_BODY] })
  })

  it.each([
    ['after the process died behind Meta’s answer', undefined],
    ['after Meta’s answer was lost', { kind: 'answer_lost' }],
  ])('again %s recognises what Meta took', async (_what, effect) => {
    const template = await world.approved()
    await edit(template)
    const [job] = world.queued
    if (effect) await world.meta.control('POST', 'faults', { match: at(template, 'POST'), mode: { next: 1 }, effect })
    const dying = effect ? world.deps : interrupted(world.deps, 'core', 'replace', crash)
    await expect(submitTemplate(dying, job!)).rejects.toThrow()
    await submitTemplate(world.deps, job!)
    expect(await world.now(template)).toMatchObject({
      status: 'PENDING',
      components: [NEW_BODY],
      rejection_reason: null,
    })
  })

  it('learns of a review that ends before it is noted', async () => {
    const template = await world.approved()
    await edit(template)
    const slow = interrupted(world.deps, 'core', 'replace', async (call) => {
      if (call > 1) return
      await world.decide(template, { event: 'APPROVED' })
      await anEvent(template, 'APPROVED', new Date(Date.now() + 1000))
    })
    await submitTemplate(slow, world.queued[0]!)
    expect(await world.now(template)).toMatchObject({ status: 'APPROVED', components: [NEW_BODY] })
  })

  it('is not approved by the event that approved the version before', async () => {
    const template = await world.approved()
    const at = new Date(Date.now() + 1000)
    await anEvent(template, 'PAUSED', at)
    await edit(template)
    await anEvent(template, 'PAUSED', at)
    await anEvent(template, 'APPROVED', new Date(at.getTime() - 1000))
    expect(await world.now(template)).toMatchObject({ status: 'PENDING' })
  })

  it('is given up after a day without Meta, and the version before it is back', async () => {
    const template = await world.approved()
    await edit(template)
    await world.meta.control('POST', 'faults', { match: at(template, 'POST'), effect: { kind: 'http', status: 503 } })
    const [job] = world.queued.splice(0)
    world.later(120_000)
    await submitTemplate(world.deps, job!)
    expect(world.queued).toEqual([job])
    world.later(25 * 3600 * 1000)
    await submitTemplate(world.deps, job!)
    const after = await world.now(template)
    expect(after).toMatchObject({ status: 'APPROVED', components: [A_BODY] })
    expect(after.rejection_reason).toContain('could not be reached')
  })

  it('is checked like a new template, and is nobody else’s', async () => {
    const template = await world.approved()
    await expect(edit(template, { body: 'Hi {{1}}.' })).rejects.toMatchObject({ code: 'validation_failed' })
    const foreign = updateTemplate(world.deps, aWorkspaceId(), template.id, { components: NEW })
    await expect(foreign).rejects.toMatchObject({ code: 'template_not_found' })
    expect(world.queued).toEqual([])
    expect(await updateTemplate(world.deps, world.workspaceId, template.id, { status: null })).toEqual(template)
  })
})

describe('DISABLED', () => {
  it('takes a template out of use, whatever Meta says of it, until it is handed in again', async () => {
    const template = await world.approved()
    expect(await setStatus(template, 'DISABLED')).toMatchObject({ status: 'DISABLED', is_disabled_here: true })
    await anEvent(template, 'APPROVED', new Date(Date.now() + 2000))
    expect(await world.now(template)).toMatchObject({ status: 'DISABLED' })
    const again = await setStatus(template, 'DISABLED')
    expect(again).toEqual(await world.now(template))
    expect(world.queued).toEqual([])

    await world.decide(template, { event: 'PAUSED' })
    expect(await setStatus(template, 'PENDING')).toMatchObject({ status: 'PENDING' })
    await world.deliver()
    const back = await world.now(template)
    expect(back).toMatchObject({ status: 'PAUSED' })
    expect(back.is_disabled_here).toBeUndefined()
  })

  it('stops a submission that has not begun, and PENDING lets it go', async () => {
    const template = await world.created()
    await setStatus(template, 'DISABLED')
    await world.deliver()
    expect(await world.atMeta(template.name)).toEqual([])
    await setStatus(template, 'PENDING')
    await world.deliver()
    expect(await world.atMeta(template.name)).toHaveLength(1)
    expect((await world.now(template)).meta_template_id).not.toBeNull()
  })

  it('is no time for an edit, unless it is taken back with it', async () => {
    const template = await world.approved()
    await setStatus(template, 'DISABLED')
    await expect(edit(template)).rejects.toMatchObject({ code: 'template_not_editable' })
    const both = { components: NEW, status: 'PENDING' as const }
    await updateTemplate(world.deps, world.workspaceId, template.id, both)
    await world.deliver()
    expect((await world.atMeta(template.name))[0]).toMatchObject({ components: [NEW_BODY] })
    const contradiction = updateTemplate(world.deps, world.workspaceId, template.id, { ...both, status: 'DISABLED' })
    await expect(contradiction).rejects.toMatchObject({ problems: [{ loc: ['body', 'status'] }] })
  })
})

describe('PENDING', () => {
  it('submits what Meta rejected again', async () => {
    const template = await world.approved()
    await world.decide(template, { event: 'REJECTED', reason: 'PROMOTIONAL' })
    await anEvent(template, 'REJECTED', new Date(Date.now() + 1000))
    await setStatus(template, 'PENDING')
    await world.deliver()
    expect((await world.atMeta(template.name))[0]).toMatchObject({ status: 'PENDING' })
    expect(await world.now(template)).toMatchObject({ status: 'PENDING', rejection_reason: null })
  })

  it('whose write never landed does nothing', async () => {
    const template = await world.approved()
    await setStatus(template, 'DISABLED')
    await stopped(template, { status: 'PENDING' })
    world.later(100_000)
    await world.deliver()
    expect(await world.now(template)).toMatchObject({ status: 'DISABLED' })
  })

  it('is not for an approved one, and nobody approves here', async () => {
    const template = await world.approved()
    const refused = { code: 'template_status_not_settable' }
    await expect(setStatus(template, 'PENDING')).rejects.toMatchObject(refused)
    await expect(setStatus(template, 'APPROVED')).rejects.toMatchObject(refused)
    expect(await world.now(template)).toEqual(template)
  })
})
