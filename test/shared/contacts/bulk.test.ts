import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bulkEndpoint, bulkPreviewEndpoint, bulkProgressEndpoint } from '../../../functions/contacts/bulk.ts'
import { askForBulk, countChosen, findBulk } from '../../../shared/contacts/bulk/ask.ts'
import { runBulk } from '../../../shared/contacts/bulk/run.ts'
import { bulkResponse } from '../../../shared/contacts/bulk/api.ts'
import type { BulkJob } from '../../../shared/contacts/bulk/schema.ts'
import { exportContacts } from '../../../shared/contacts/export.ts'
import { listContacts } from '../../../shared/contacts/list.ts'
import { changeTags } from '../../../shared/contacts/tag.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { createSegment, updateSegment } from '../../../shared/segments/change.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { crash } from '../../support/tenants.ts'
import {
  aContact,
  aContactsWorld,
  allContacts,
  aPhone,
  importText,
  withContacts,
  type ContactsWorld,
} from './support.ts'

let at: ContactsWorld
let queued: { queue: string; message: unknown; delaySeconds: number | undefined }[]
beforeAll(async () => {
  at = await aContactsWorld({
    queues: {
      send(queue, message, options) {
        queued.push({ queue, message, delaySeconds: options?.delaySeconds })
        return Promise.resolve()
      },
    },
  })
  queued = []
})
afterAll(() => at.world.close())

async function aWorkspaceWith(count: number): Promise<WorkspaceId> {
  const workspace = aWorkspaceId()
  const rows = Array.from({ length: count }, (_, index) => `${aPhone(index)},${index % 2 === 0 ? 'even' : 'odd'}`)
  await importText(at.deps, workspace, ['phone,tags', ...rows].join('\n'))
  return workspace
}
const later = (): Deps => ({ ...at.deps, now: () => new Date(Date.now() + 5_000) })
const ask = (workspace: WorkspaceId, request: Parameters<typeof askForBulk>[2]) =>
  askForBulk(later(), workspace, request)
const run = async (workspace: WorkspaceId, id: string, deps: Deps = later()) => {
  await runBulk(deps, { workspace_id: workspace, job_id: id })
  return bulkResponse(await findBulk(at.deps, workspace, id))
}
const tagged = async (workspace: WorkspaceId, tags: string) => (await allContacts(at.deps, workspace, { tags })).length

it('tags, untags and deletes whom the filter describes, and nobody else; again changes nothing', async () => {
  const workspace = await aWorkspaceWith(60)
  const tag = await ask(workspace, { action: 'tag', tags: ['New'], filter: { tags: ['EVEN'] } })
  expect(tag).toMatchObject({ matched: 30, status: 'running' })
  const done = { status: 'done', matched: 30, changed: 30, unchanged: 0, left_alone: 0 }
  expect(await run(workspace, tag.id)).toMatchObject(done)
  expect(await run(workspace, tag.id)).toMatchObject(done)
  expect(await tagged(workspace, 'new')).toBe(30)
  const untag = await ask(workspace, { action: 'untag', tags: ['new', 'odd'], filter: { tags: ['new', 'odd'] } })
  expect(await run(workspace, untag.id, { ...later(), now: () => new Date(Date.now() + 9_000) })).toMatchObject({
    matched: 60,
  })
})

it('deletes, and tells those with the tag already apart', async () => {
  const workspace = await aWorkspaceWith(40)
  const same = await ask(workspace, { action: 'tag', tags: ['EVEN'], filter: {}, everyone: true })
  expect(await run(workspace, same.id)).toMatchObject({ matched: 40, changed: 20, unchanged: 20 })
  const other = await aWorkspaceWith(40)
  const gone = await ask(other, { action: 'delete', filter: { tags: ['odd'] } })
  expect(await run(other, gone.id)).toMatchObject({ changed: 20 })
  expect(await allContacts(at.deps, other)).toHaveLength(20)
  expect(await tagged(other, 'odd')).toBe(0)
})

it('leaves alone whoever was made or changed since it was asked for', async () => {
  const workspace = await aWorkspaceWith(10)
  const [first] = await allContacts(at.deps, workspace, { tags: 'even' })
  const job = await askForBulk(at.deps, workspace, { action: 'delete', filter: { tags: ['even'] } })
  await changeTags(later(), workspace, first!.id, { add: ['x'] })
  await aContact(later(), workspace, { phone: aPhone(500), tags: ['even'] })
  expect(await run(workspace, job.id)).toMatchObject({ matched: 5, changed: 4, left_alone: 1 })
  expect(await tagged(workspace, 'even')).toBe(2)
})

it('goes on where it was killed, counts each contact once, and stands two workers at once', async () => {
  const workspace = await aWorkspaceWith(250)
  const job = await ask(workspace, { action: 'tag', tags: ['new'], filter: {}, everyone: true })
  const killed = withContacts(later(), 'batch', (call) => {
    if (call === 2) crash()
  })
  await expect(run(workspace, job.id, killed)).rejects.toThrow('killed')
  expect(await findBulk(at.deps, workspace, job.id)).toMatchObject({ status: 'running', changed: 99 })
  await Promise.all([run(workspace, job.id), run(workspace, job.id)])
  expect(await findBulk(at.deps, workspace, job.id)).toMatchObject({ status: 'done', changed: 250, unchanged: 0 })
})

it('queues its first step before it is stored, and takes steps for a bounded time only', async () => {
  const workspace = await aWorkspaceWith(1)
  queued.length = 0
  const failing = withContacts(at.deps, 'create', crash)
  await expect(askForBulk(failing, workspace, { action: 'delete', filter: { tags: ['odd'] } })).rejects.toThrow(
    'killed',
  )
  expect(queued).toMatchObject([
    { queue: 'contact-jobs', delaySeconds: 1 },
    { queue: 'contact-jobs', delaySeconds: 60, message: { is_watch: true } },
  ])
  await runBulk(at.deps, {
    workspace_id: workspace,
    job_id: (await ask(aWorkspaceId(), { action: 'delete', filter: { tags: ['x'] } })).id,
  })
})

it('is asked for and followed by its id, in its workspace only; what means everybody has to say so', async () => {
  const body = { workspace_id: at.acme, filter: { tags: ['x'] } }
  expect(await at.call(bulkPreviewEndpoint, { json: body })).toMatchObject({ status: 200, body: { count: 0 } })
  const asked = await at.call(bulkEndpoint, { json: { ...body, action: 'untag', tags: ['y'] } })
  expect(asked.status).toBe(202)
  const params = { job_id: (asked.body as { id: string }).id }
  expect(await at.call(bulkProgressEndpoint, { params })).toMatchObject({ status: 200, body: { status: 'running' } })
  const theirs = await ask(at.globex, { action: 'delete', filter: { tags: ['x'] } })
  expect(await at.call(bulkProgressEndpoint, { params: { job_id: theirs.id } })).toMatchObject({ status: 404 })
  for (const [wrong, field] of [
    [{ action: 'delete', filter: {} }, 'filter'],
    [{ action: 'tag', filter: { tags: ['x'] } }, 'tags'],
    [{ action: 'delete', filter: { tags: ['x'] }, tags: ['y'] }, 'tags'],
  ] as const) {
    const answer = await at.call(bulkEndpoint, { json: { workspace_id: at.acme, ...wrong } })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', field] }] } })
  }
})

describe('a job whose step was lost', () => {
  /** What its watch finds and does so many minutes after it was asked for. */
  async function watch(job: BulkJob, minutes: number, deps: Deps = at.deps) {
    queued.length = 0
    const now = () => new Date(Date.parse(job.asked_at) + minutes * 60_000)
    const step = { workspace_id: job.workspace_id, job_id: job.id }
    await runBulk({ ...deps, now }, { ...step, is_watch: true })
    const steps = queued.filter(({ message }) => !('is_watch' in (message as object)))
    for (const { message } of steps) expect(message).toEqual(step)
    return { steps: steps.length, looks: queued.length - steps.length }
  }
  const failing = () => withContacts(later(), 'batch', crash)

  it('because it failed too often is woken, goes on where it was, and is watched to its end', async () => {
    const workspace = await aWorkspaceWith(120)
    const job = await ask(workspace, { action: 'tag', tags: ['new'], filter: {}, everyone: true })
    const dies = withContacts(later(), 'batch', (call) => {
      if (call > 1) crash()
    })
    for (let delivery = 1; delivery <= 5; delivery++) {
      await expect(run(workspace, job.id, delivery === 1 ? dies : failing())).rejects.toThrow('killed')
    }
    expect(await watch(job, 1)).toEqual({ steps: 0, looks: 1 })
    expect(await watch(job, 3)).toEqual({ steps: 1, looks: 1 })
    // It has been woken: the next look leaves it the time to come on.
    expect(await watch(job, 4)).toEqual({ steps: 0, looks: 1 })
    const after = { ...at.deps, now: () => new Date(Date.parse(job.asked_at) + 300_000) }
    expect(await run(workspace, job.id, after)).toMatchObject({ status: 'done', changed: 120, unchanged: 0 })
    expect(await watch(job, 6)).toEqual({ steps: 0, looks: 0 })
  })

  it('is given up where it never comes on, with what it has done; a step that comes late does nothing', async () => {
    const workspace = await aWorkspaceWith(3)
    const job = await ask(workspace, { action: 'delete', filter: { tags: ['even'] } })
    for (let minutes = 3; minutes <= 15; minutes += 3) expect(await watch(job, minutes)).toEqual({ steps: 1, looks: 1 })
    expect(await watch(job, 18)).toEqual({ steps: 0, looks: 1 })
    const given = bulkResponse(await findBulk(at.deps, workspace, job.id))
    expect(given).toMatchObject({ status: 'failed', matched: 2, changed: 0, left_alone: 0 })
    expect(given.finished_at).not.toBeNull()
    expect(await watch(job, 20)).toEqual({ steps: 0, looks: 0 })
    expect(await run(workspace, job.id)).toMatchObject({ status: 'failed', changed: 0 })
    expect(await allContacts(at.deps, workspace)).toHaveLength(3)
  })

  it('is looked at again where it cannot be looked at, and where it comes on at this moment', async () => {
    const workspace = await aWorkspaceWith(1)
    const job = await ask(workspace, { action: 'delete', filter: { tags: ['even'] } })
    expect(await watch(job, 3, withContacts(at.deps, 'read', crash))).toEqual({ steps: 0, looks: 1 })
    const meanwhile = withContacts(at.deps, 'replace', async () => {
      await run(workspace, job.id)
    })
    expect(await watch(job, 3, meanwhile)).toEqual({ steps: 0, looks: 1 })
    expect(await findBulk(at.deps, workspace, job.id)).toMatchObject({ status: 'done', changed: 1 })
  })
})

describe('a segment', () => {
  const regulars = (workspace: WorkspaceId) =>
    createSegment(at.deps, workspace, { name: 'Regulars', filter: { tags: ['even'] } })

  it('says whom it is for, as it was when it was asked for, with the filter or without', async () => {
    const workspace = await aWorkspaceWith(20)
    const segment = await regulars(workspace)
    expect(await countChosen(at.deps, workspace, { segment: segment.id })).toBe(10)
    const both = { segment: segment.id.toUpperCase(), filter: { tags: ['odd'] } }
    expect(await countChosen(at.deps, workspace, both)).toBe(0)
    const job = await ask(workspace, { action: 'tag', tags: ['new'], segment: segment.id })
    await updateSegment(at.deps, workspace, segment.id, { filter: { tags: ['odd'] } })
    expect(await run(workspace, job.id)).toMatchObject({ segment: segment.id, matched: 10, changed: 10 })
    expect(await tagged(workspace, 'even')).toBe(10)
    expect((await allContacts(at.deps, workspace, { tags: 'new,odd', tags_match: 'all' })).length).toBe(0)
  })

  it('of another workspace, or deleted, is none', async () => {
    const workspace = await aWorkspaceWith(2)
    const { id } = await regulars(at.globex)
    const asked = ask(workspace, { action: 'delete', segment: id })
    await expect(asked).rejects.toMatchObject({ problems: [{ loc: ['body', 'segment'] }] })
    expect(await allContacts(at.deps, workspace)).toHaveLength(2)
  })

  it('filters the list, page by page, and the export', async () => {
    const workspace = await aWorkspaceWith(20)
    const { id: segment } = await regulars(workspace)
    const query = { segment, tags_match: 'any', limit: 4, offset: 0 } as const
    const first = await listContacts(at.deps, workspace, query)
    const rest = await listContacts(at.deps, workspace, { ...query, limit: 10, cursor: first.next_cursor ?? '' })
    const found = [...first.data, ...rest.data]
    expect({ total: first.total, pages: [first.data.length, rest.data.length] }).toEqual({ total: 10, pages: [4, 6] })
    expect(found.every(({ tags }) => tags.includes('even'))).toBe(true)
    expect(await allContacts(at.deps, workspace, { segment, tags: 'odd' })).toEqual([])
    expect(await allContacts(at.deps, workspace, { segment, search: found[0]!.wa_id! })).toHaveLength(1)
    const file = await exportContacts(at.deps, workspace, { segment, tags_match: 'any', details: false }, 'csv')
    const lines = Buffer.concat(await Array.fromAsync(file))
      .toString('utf8')
      .trim()
      .split('\r\n')
    expect(lines).toHaveLength(11)
    const none = allContacts(at.deps, at.globex, { segment })
    await expect(none).rejects.toMatchObject({ problems: [{ loc: ['query', 'segment'] }] })
  })
})
