import { afterAll, beforeAll, expect, it } from 'vitest'
import { bulkEndpoint, bulkPreviewEndpoint, bulkProgressEndpoint } from '../../../functions/contacts/bulk.ts'
import { askForBulk, findBulk } from '../../../shared/contacts/bulk/ask.ts'
import { runBulk } from '../../../shared/contacts/bulk/run.ts'
import { bulkResponse } from '../../../shared/contacts/bulk/api.ts'
import { changeTags } from '../../../shared/contacts/tag.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
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
let queued: string[]
beforeAll(async () => {
  at = await aContactsWorld({
    queues: {
      send(queue) {
        queued.push(queue)
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
  expect(queued).toEqual(['contact-jobs'])
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
