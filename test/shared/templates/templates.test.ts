import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { applyTemplateStatus, type TemplateEvent } from '../../../shared/templates/apply-status.ts'
import { createTemplate } from '../../../shared/templates/create.ts'
import { findTemplate } from '../../../shared/templates/find.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { submitTemplate } from '../../../shared/templates/submit.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMetaWorld, connectNumber, crash, interrupted, type MetaWorld } from '../../support/tenants.ts'
import { A_BODY, aName, aNewTemplate } from './support.ts'

type Submission = QueueMessage<'template-submissions'>

let meta: MetaWorld
let deps: Deps
let queued: { message: Submission; delaySeconds: number | undefined }[]
let workspaceId: WorkspaceId
let number: PhoneNumber
let later = 0

beforeAll(async () => {
  meta = await aMetaWorld({ now: () => new Date(Date.now() + later) })
  await meta.control('PATCH', 'behaviour', { review_ms: 3_600_000 })
  // Queue messages are looked at here instead of by a host.
  const queues: Deps['queues'] = {
    send: (_queue, message, options) => {
      queued.push({ message: message as Submission, delaySeconds: options?.delaySeconds })
      return Promise.resolve()
    },
  }
  deps = { ...meta.deps, queues }
})
beforeEach(async () => {
  queued = []
  later = 0
  workspaceId = aWorkspaceId()
  const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
  number = await connectNumber(meta, workspaceId, { metaId: String(phone_number_id) })
})
afterEach(() => meta.control('DELETE', 'faults'))
afterAll(() => meta.close())

async function created(changes: Parameters<typeof aNewTemplate>[1] = {}): Promise<[Template, Submission]> {
  const template = await createTemplate(deps, workspaceId, aNewTemplate(number.id, changes))
  return [template, queued.at(-1)!.message]
}

function current(template: Template): Promise<Template> {
  return findTemplate(deps, template.workspace_id, template.id)
}

async function atMeta(name: string): Promise<Record<string, unknown>[]> {
  const { url, accessToken, wabaId } = meta.simulator
  const headers = { authorization: `Bearer ${accessToken}` }
  const answer = await fetch(`${url}/v26.0/${wabaId}/message_templates?limit=1000&name=${name}`, { headers })
  const { data } = (await answer.json()) as { data: Record<string, unknown>[] }
  return data.filter((template) => template['name'] === name)
}

function anEvent(template: Template, changes: Partial<TemplateEvent> = {}): TemplateEvent {
  const { waba_id, name, language, meta_template_id } = template
  return {
    wabaId: waba_id,
    name,
    language,
    event: 'APPROVED',
    reason: 'NONE',
    metaTemplateId: meta_template_id ?? '1315500000000001',
    at: new Date().toISOString(),
    ...changes,
  }
}

describe('making a template', () => {
  it('keeps it pending, and queues its submission before it is written', async () => {
    const stopping = interrupted(deps, 'core', 'create', crash)
    await expect(createTemplate(stopping, workspaceId, aNewTemplate(number.id))).rejects.toThrow('killed')
    expect(queued).toHaveLength(1)
    const [template, submission] = await created({ phoneNumberRef: number.meta_id })
    expect(template).toMatchObject({ status: 'PENDING', meta_template_id: null, phone_number_id: number.id })
    expect(await current(template)).toEqual(template)
    expect(submission).toMatchObject({ workspace_id: workspaceId, template_id: template.id })
    expect(queued[1]?.delaySeconds).toBeGreaterThan(0)
  })

  it('is refused for a name and language in use, also for two at once', async () => {
    const [template] = await created({ name: 'welcome' })
    const again = { code: 'template_exists', details: { template_id: template.id } }
    await expect(created({ name: 'welcome' })).rejects.toMatchObject(again)
    await expect(created({ name: 'welcome', language: 'es' })).resolves.toBeDefined()
    const name = aName()
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => created({ name })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is possible in two workspaces that share an account', async () => {
    const [template] = await created()
    const other = aWorkspaceId()
    const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
    const { id } = await connectNumber(meta, other, { metaId: String(phone_number_id) })
    const twin = await createTemplate(deps, other, aNewTemplate(id, { name: template.name }))
    expect(twin.id).not.toBe(template.id)
  })

  it('needs a number of this workspace that has a business account', async () => {
    const foreign = createTemplate(deps, aWorkspaceId(), aNewTemplate(number.id))
    await expect(foreign).rejects.toMatchObject({ problems: [{ loc: ['body', 'phone_number_id'] }] })
    const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
    const { id } = await connectNumber(meta, workspaceId, { metaId: String(phone_number_id), wabaId: null })
    await expect(created({ phoneNumberRef: id })).rejects.toThrow('business_id')
  })

  it('queues nothing that is refused', async () => {
    await expect(created({ components: { body: 'Hi {{1}}.' } })).rejects.toMatchObject({ code: 'validation_failed' })
    expect(queued).toEqual([])
  })
})

describe('submitting', () => {
  it('hands the template to Meta and notes its id and category', async () => {
    const [template, submission] = await created({ name: aName('promo'), category: 'UTILITY' })
    await submitTemplate(deps, submission)
    const [known] = await atMeta(template.name)
    expect(known).toMatchObject({ status: 'PENDING', components: [A_BODY], parameter_format: 'POSITIONAL' })
    expect(await current(template)).toMatchObject({ status: 'PENDING', meta_template_id: known?.['id'] })
  })

  it('says when variables are named', async () => {
    const example = { body_text_named_params: [{ param_name: 'name', example: 'Ana' }] }
    const [template, submission] = await created({ components: { body: { text: 'Hi {{name}}!', example } } })
    await submitTemplate(deps, submission)
    expect((await atMeta(template.name))[0]).toMatchObject({ parameter_format: 'NAMED' })
  })

  it('takes authentication templates', async () => {
    const buttons = [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }]
    const components = { body: { add_security_recommendation: true }, buttons }
    const [template, submission] = await created({ category: 'AUTHENTICATION', components })
    await submitTemplate(deps, submission)
    expect(await current(template)).toMatchObject({
      status: 'PENDING',
      meta_template_id: expect.any(String) as unknown,
    })
  })

  it('twice, and at the same time, makes one template', async () => {
    const [template, submission] = await created()
    await Promise.all([submitTemplate(deps, submission), submitTemplate(deps, submission)])
    await submitTemplate(deps, submission)
    const known = await atMeta(template.name)
    expect(known).toHaveLength(1)
    expect(await current(template)).toMatchObject({ status: 'PENDING', meta_template_id: known[0]?.['id'] })
  })

  it('again after the process died behind Meta’s answer finds what Meta has', async () => {
    const [template, submission] = await created()
    await expect(submitTemplate(interrupted(deps, 'core', 'replace', crash), submission)).rejects.toThrow('killed')
    expect(await current(template)).toMatchObject({ meta_template_id: null })
    await submitTemplate(deps, submission)
    const [known] = await atMeta(template.name)
    expect(await current(template)).toMatchObject({ status: 'PENDING', meta_template_id: known?.['id'] })
  })

  it('again after Meta’s answer was lost finds what Meta has', async () => {
    const [template, submission] = await created()
    const match = { method: 'POST', path: 'message_templates' }
    await meta.control('POST', 'faults', { match, mode: { next: 1 }, effect: { kind: 'answer_lost' } })
    await expect(submitTemplate(deps, submission)).rejects.toMatchObject({ code: 'meta_unavailable' })
    await submitTemplate(deps, submission)
    expect(await current(template)).toMatchObject({ meta_template_id: (await atMeta(template.name))[0]?.['id'] })
  })

  it('never takes another template of the same name for its own', async () => {
    const [template, submission] = await created()
    const components = [{ type: 'BODY', text: 'Something else.' }]
    await meta.control('POST', 'templates', { name: template.name, language: 'en', category: 'UTILITY', components })
    await submitTemplate(deps, submission)
    const refused = await current(template)
    expect(refused).toMatchObject({ status: 'REJECTED', meta_template_id: null })
    expect(refused.rejection_reason).toContain('choose another name')
  })

  it('takes a template with the same content, and its review, for its own', async () => {
    const [template, submission] = await created()
    const same = { name: template.name, language: 'en', category: 'UTILITY', components: [A_BODY] }
    const { id } = await meta.control('POST', 'templates', same)
    await submitTemplate(deps, submission)
    expect(await current(template)).toMatchObject({ status: 'APPROVED', meta_template_id: id })
  })

  it('keeps Meta’s reason when Meta refuses it', async () => {
    const [template, submission] = await created()
    const effect = { kind: 'graph_error', code: 100, subcode: 2388293, details: 'Too many variables' }
    await meta.control('POST', 'faults', { match: { path: 'message_templates' }, effect })
    await submitTemplate(deps, submission)
    expect(await current(template)).toMatchObject({ status: 'REJECTED', meta_template_id: null })
    expect((await current(template)).rejection_reason).toBeTruthy()
  })

  it.each([
    ['is overloaded', { kind: 'graph_error', code: 131016 }],
    ['answers with a gateway’s page', { kind: 'http', status: 503 }],
    ['hangs up', { kind: 'reset' }],
  ])('is delivered again while Meta %s', async (_what, effect) => {
    const [template, submission] = await created()
    await meta.control('POST', 'faults', { match: { path: 'message_templates' }, effect })
    await expect(submitTemplate(deps, submission)).rejects.toMatchObject({ code: 'meta_unavailable' })
    expect(await current(template)).toEqual(template)
  })

  it('is asked for every few minutes while Meta is away for longer than a queue delivers, and for a day at most', async () => {
    const [template, submission] = await created()
    await meta.control('POST', 'faults', {
      match: { path: 'message_templates' },
      effect: { kind: 'http', status: 503 },
    })
    later = 90_000
    await submitTemplate(deps, submission)
    expect(queued.at(-1)).toMatchObject({ message: submission, delaySeconds: 300 })
    expect(await current(template)).toEqual(template)
    later = 25 * 3600 * 1000
    await submitTemplate(deps, submission)
    expect(await current(template)).toMatchObject({ status: 'REJECTED' })
  })

  it('waits for minutes when Meta counts too many calls', async () => {
    const [template, submission] = await created()
    const effect = { kind: 'graph_error', code: 80007 }
    await meta.control('POST', 'faults', { match: { path: 'message_templates' }, effect })
    await submitTemplate(deps, submission)
    expect(queued.at(-1)).toMatchObject({ message: submission, delaySeconds: 300 })
    expect(await current(template)).toEqual(template)
  })

  it('before the template is written is delivered again, and given up once it cannot be written any more', async () => {
    const stopping = interrupted(deps, 'core', 'create', crash)
    await expect(createTemplate(stopping, workspaceId, aNewTemplate(number.id))).rejects.toThrow('killed')
    const submission = queued[0]!.message
    await expect(submitTemplate(deps, submission)).rejects.toMatchObject({ code: 'template_not_found' })
    later = 100_000
    await expect(submitTemplate(deps, submission)).resolves.toBeUndefined()
  })
})

describe('a status event', () => {
  it('reaches the template of every workspace of the account, whatever way the language is written', async () => {
    const [template, submission] = await created({ language: 'en_US' })
    await submitTemplate(deps, submission)
    const event = anEvent(await current(template), { language: 'en-US', category: 'MARKETING' })
    expect(await applyTemplateStatus(deps, event)).toBe('applied')
    expect(await current(template)).toMatchObject({ status: 'APPROVED', category: 'MARKETING', rejection_reason: null })
  })

  it('applied again changes nothing', async () => {
    const [template] = await created()
    const event = anEvent(template, { event: 'REJECTED', reason: 'PROMOTIONAL' })
    expect(await applyTemplateStatus(deps, event)).toBe('applied')
    const once = await current(template)
    expect(once).toMatchObject({ status: 'REJECTED', rejection_reason: 'PROMOTIONAL' })
    expect(await applyTemplateStatus(deps, event)).toBe('unchanged')
    expect(await current(template)).toEqual(once)
  })

  it('that is older than what is known changes nothing', async () => {
    const [template] = await created()
    const [early, late] = [Date.now(), Date.now() + 2000].map((at) => new Date(at).toISOString())
    await applyTemplateStatus(deps, anEvent(template, { event: 'PAUSED', at: late! }))
    expect(await applyTemplateStatus(deps, anEvent(template, { event: 'APPROVED', at: early! }))).toBe('unchanged')
    expect(await current(template)).toMatchObject({ status: 'PAUSED' })
  })

  it('that overtakes Meta’s answer to the submission is not undone by it', async () => {
    const [template, submission] = await created()
    const slow = interrupted(deps, 'core', 'replace', async (call) => {
      if (call > 1) return
      const [known] = await atMeta(template.name)
      await applyTemplateStatus(deps, anEvent(template, { metaTemplateId: String(known?.['id']) }))
    })
    await submitTemplate(slow, submission)
    expect(await current(template)).toMatchObject({ status: 'APPROVED' })
  })

  it('many at once end with the latest', async () => {
    const [template] = await created()
    const start = Date.now()
    const words = ['APPROVED', 'PAUSED', 'REINSTATED', 'DISABLED']
    const events = words.map((event, index) =>
      anEvent(template, { event, at: new Date(start + index * 1000).toISOString() }),
    )
    await Promise.all(events.reverse().map((event) => applyTemplateStatus(deps, event)))
    expect(await current(template)).toMatchObject({ status: 'DISABLED' })
  })

  it('for an unknown template, account or word is not known', async () => {
    const [template] = await created()
    const unknown = [{ name: 'nobody' }, { wabaId: '42' }, { language: 'xx' }, { event: 'SPLENDID' }]
    for (const changes of unknown) expect(await applyTemplateStatus(deps, anEvent(template, changes))).toBe('unknown')
    expect(await current(template)).toEqual(template)
  })
})

it('sends its submission through the real queue', async () => {
  const template = await createTemplate(meta.deps, workspaceId, aNewTemplate(number.id))
  const { QueueServiceClient } = await import('@azure/storage-queue')
  const connection = meta.world.env['AzureWebJobsStorage'] ?? ''
  const queue = QueueServiceClient.fromConnectionString(connection).getQueueClient('template-submissions')
  const deadline = Date.now() + 10_000
  let text: string | undefined
  while (text === undefined && Date.now() < deadline) {
    text = (await queue.receiveMessages()).receivedMessageItems[0]?.messageText
    if (text === undefined) await sleep(50)
  }
  const message: unknown = JSON.parse(Buffer.from(text ?? '', 'base64').toString('utf8'))
  expect(message).toMatchObject({ workspace_id: workspaceId, template_id: template.id })
})
