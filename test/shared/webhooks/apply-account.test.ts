import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobService } from '../../../shared/azure/storage.ts'
import type { Deps } from '../../../shared/deps.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { normalLanguage } from '../../../shared/templates/languages.ts'
import { templateId, type Template } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { splitBody, type Change } from '../../../shared/webhooks/split.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { interrupted } from '../../support/tenants.ts'
import { sample, sampleNames } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'
import { aTemplate } from '../templates/support.ts'

let world: World
let wabas = 300_000_000_000_000
let wabaId: string
beforeAll(async () => {
  world = await aWorld()
})
beforeEach(() => {
  wabaId = String(++wabas)
})
afterAll(() => world.close())

/** The template a sample tells about, in a workspace that uses the account. */
async function theTemplateOf(change: Change, workspaceId = aWorkspaceId()): Promise<Template> {
  const value = change.value as Record<string, unknown>
  const name = String(value['message_template_name'])
  const language = normalLanguage(String(value['message_template_language']))
  const template = aTemplate({
    id: templateId(workspaceId, wabaId, name, language),
    workspace_id: workspaceId,
    waba_id: wabaId,
    name,
    language,
    meta_template_id: String(value['message_template_id']),
    category: 'UTILITY',
  })
  await phoneNumberDirectory(world.deps.containers).addToWaba(wabaId, workspaceId)
  await templateStore(world.deps.containers).create(template)
  return template
}

async function now({ workspace_id, id }: Template): Promise<Template> {
  return (await templateStore(world.deps.containers).find(workspace_id, id))!.value
}

/** A sample's change, told about this test's account. */
function aChange(name: string, changes: Partial<Change> = {}): Change {
  const [change] = splitBody(sample(name))?.get('account') ?? []
  return { ...change!, entry_id: wabaId, entry_time: 1_790_000_000, ...changes }
}

const RECEIVED_AT = '2026-11-20T12:00:00.000Z'
function apply(changes: unknown[], deps: Deps = world.deps): Promise<void> {
  return applyAccountEvents(deps, { received_at: RECEIVED_AT, changes })
}

async function parkedBy(work: () => Promise<unknown>): Promise<unknown[]> {
  const names = async () => {
    const found = []
    for await (const { name } of blobService(world.config).getContainerClient('webhook-parked').listBlobsFlat())
      found.push(name)
    return found
  }
  const before = await names()
  await work()
  const added = (await names()).filter((name) => !before.includes(name))
  const bodies = await Promise.all(added.map((name) => world.deps.blobs.get('webhook-parked', name)))
  // `park` keeps lists of changes.
  return bodies.flatMap((body) => JSON.parse(body.toString('utf8')) as unknown[])
}

describe('account events', () => {
  it.each([
    ['template-status-approved', 'APPROVED'],
    ['template-status-rejected', 'REJECTED'],
    ['template-status-paused', 'PAUSED'],
    ['template-status-disabled', 'DISABLED'],
  ])('as in the sample %s make the template %s, in the category Meta decided on', async (name, status) => {
    const change = aChange(name)
    const template = await theTemplateOf(change)
    expect(await parkedBy(() => apply([change]))).toEqual([])
    const category = (change.value as { message_template_category: string }).message_template_category
    expect(await now(template)).toMatchObject({ status, category, status_at: '2026-09-21T14:13:20.000Z' })
  })

  it('tell the quality, under whatever name of a field', async () => {
    const change = aChange('template-quality-update')
    const template = await theTemplateOf(change)
    const score = (change.value as { new_quality_score: string }).new_quality_score
    expect(await parkedBy(() => apply([change, { ...change, field: 'message_template_status_update' }]))).toEqual([])
    expect(await now(template)).toMatchObject({ status: 'PENDING', quality_score: score })
    const older = { ...(change.value as object), new_quality_score: 'OLD' }
    await apply([{ ...change, entry_time: 1_700_000_000, value: older }])
    expect(await now(template)).toMatchObject({ quality_score: score })
  })

  it('tell the category that Meta moved the template to, and nothing yet where it is only announced', async () => {
    const notice = aChange('template-category-update-impending')
    const template = await theTemplateOf(notice)
    expect(await parkedBy(() => apply([notice]))).toEqual([])
    expect(await now(template)).toMatchObject({ category: 'UTILITY' })
    const value = { ...(notice.value as object), new_category: 'MARKETING', correct_category: undefined }
    await apply([{ ...notice, entry_time: 1_790_086_400, value }])
    await apply([notice])
    expect(await now(template)).toMatchObject({ category: 'MARKETING' })
  })

  it('about words that were changed at Meta make Herald ask for them, once they differ', async () => {
    const change = aChange('template-components-update')
    const template = await theTemplateOf(change)
    const asked: unknown[] = []
    const queues: Deps['queues'] = {
      send: (_queue, message) => {
        asked.push(message)
        return Promise.resolve()
      },
    }
    await apply([change], { ...world.deps, queues })
    expect(asked).toMatchObject([{ template_id: template.id, refresh: true }])
    const same = { ...(change.value as object), message_template_title: undefined, message_template_footer: undefined }
    const text = (template.components[0] as { text: string }).text
    await apply([{ ...change, value: { ...same, message_template_element: text } }], { ...world.deps, queues })
    expect(asked).toHaveLength(1)
  })

  it('change nothing the second time', async () => {
    const change = aChange('template-status-rejected')
    const template = await theTemplateOf(change)
    await apply([change])
    const once = await now(template)
    expect(await parkedBy(() => apply([change, change]))).toEqual([])
    expect(await now(template)).toEqual(once)
  })

  it('reach the template in every workspace that uses the account, and in no other', async () => {
    const change = aChange('template-status-approved')
    const [one, two] = [await theTemplateOf(change), await theTemplateOf(change)]
    const other = wabaId
    wabaId = String(++wabas)
    const foreign = await theTemplateOf(change)
    await apply([{ ...change, entry_id: other }])
    expect([await now(one), await now(two), await now(foreign)].map(({ status }) => status)).toEqual([
      'APPROVED',
      'APPROVED',
      'PENDING',
    ])
  })

  it('that Herald does not act on are kept, every sample of them', async () => {
    const isOfAccount = (name: string) => splitBody(sample(name))?.has('account') === true
    const names = sampleNames().filter((name) => isOfAccount(name) && !name.startsWith('template-status'))
    const changes = names.map((name) => aChange(name))
    expect(names.length).toBeGreaterThan(20)
    expect(await parkedBy(() => apply(changes))).toEqual(changes)
  })

  it('of an unknown account, template, word or shape are kept, and their neighbours are applied', async () => {
    const good = aChange('template-status-approved')
    const template = await theTemplateOf(good)
    const value = good.value as Record<string, unknown>
    const odd = [
      { ...good, entry_id: '404' },
      { ...good, entry_id: null },
      { ...good, value: { ...value, message_template_name: 'nobody_has_this' } },
      { ...good, value: { ...value, event: 'LEVITATED' } },
      { ...good, value: { ...value, message_template_id: null } },
      { ...good, value: null },
    ]
    const mixed = [...odd.slice(0, 3), good, ...odd.slice(3)]
    expect(await parkedBy(() => apply(mixed))).toEqual(odd)
    expect((await now(template)).status).toBe('APPROVED')
  })

  it.each([1e15, -5, 0, 1_790_000_000_000, 4_000_000_000])(
    'with the impossible time %d count as of when they came',
    async (entry_time) => {
      const change = aChange('template-status-approved', { entry_time })
      const template = await theTemplateOf(change)
      await apply([change])
      expect(await now(template)).toMatchObject({ status: 'APPROVED', status_at: RECEIVED_AT })
    },
  )

  it('of which one fails are all applied but that one, which is tried again', async () => {
    const names = ['template-status-approved', 'template-status-rejected', 'template-status-paused']
    const changes = names.map((name) => aChange(name))
    const templates: Template[] = []
    const workspaceId = aWorkspaceId()
    for (const change of changes) templates.push(await theTemplateOf(change, workspaceId))
    const failing = interrupted(world.deps, 'core', 'replace', (call) => {
      if (call === 1) throw new Error('the store is down')
    })
    const unknown = aChange('account-alerts')
    const rest = await parkedBy(() =>
      expect(apply([...changes, unknown], failing)).rejects.toMatchObject({ cause: { message: 'the store is down' } }),
    )
    expect(rest).toEqual([unknown])
    const states = async () => (await Promise.all(templates.map(now))).map(({ status }) => status)
    expect(await states()).toEqual(['PENDING', 'REJECTED', 'PAUSED'])
    await apply(changes)
    expect(await states()).toEqual(['APPROVED', 'REJECTED', 'PAUSED'])
  })
})

describe('what cannot be parked', () => {
  it('is not lost: the queue message comes again', async () => {
    const blobs = { ...world.deps.blobs, put: () => Promise.reject(new Error('no blobs')) }
    const message = { received_at: RECEIVED_AT, changes: [aChange('account-alerts')] }
    await expect(applyAccountEvents({ ...world.deps, blobs }, message)).rejects.toThrow('no blobs')
  })
})
