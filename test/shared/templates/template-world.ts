/**
 * A world with a connected number whose templates live at a simulated Meta. Queue messages stay in the test's hands:
 * it delivers them when, and as often as, it likes.
 */
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import type { QueueMessage } from '../../../shared/queue/messages.ts'
import { createTemplate, type NewTemplate } from '../../../shared/templates/create.ts'
import type { Template } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { submitTemplate } from '../../../shared/templates/submit.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMetaWorld, connectNumber, type MetaWorld } from '../../support/tenants.ts'
import { aNewTemplate } from './support.ts'

export type Submission = QueueMessage<'template-submissions'>

export interface TemplateWorld {
  meta: MetaWorld
  deps: Deps
  workspaceId: WorkspaceId
  number: PhoneNumber
  /** Template jobs that were queued and not delivered yet. */
  queued: Submission[]
  /** Moves the clock of Herald, not Meta's. */
  later(ms: number): void
  /** Delivers every job once, those they queue too. */
  deliver(): Promise<void>
  created(changes?: Partial<NewTemplate>): Promise<Template>
  /** Submitted, and approved at Meta; Herald was told. */
  approved(changes?: Partial<NewTemplate>): Promise<Template>
  /** What Meta decides about it; Herald is not told. */
  decide(template: Template, event: Record<string, unknown>): Promise<unknown>
  now(template: Template): Promise<Template>
  /** Undefined where a reader finds nothing. */
  found(template: Template): Promise<Template | undefined>
  atMeta(name: string): Promise<Record<string, unknown>[]>
  /** Another workspace's number of the same account. */
  another(): Promise<{ workspaceId: WorkspaceId; number: PhoneNumber }>
  close(): Promise<void>
}

export async function aTemplateWorld(): Promise<TemplateWorld> {
  let shift = 0
  const meta = await aMetaWorld({ now: () => new Date(Date.now() + shift) })
  await meta.control('PATCH', 'behaviour', { review_ms: 36_000_000 })
  const queued: Submission[] = []
  const queues: Deps['queues'] = {
    send: (queue, message) => {
      if (queue === 'template-submissions') queued.push(message as Submission)
      return Promise.resolve()
    },
  }
  const deps: Deps = { ...meta.deps, queues }
  const workspaceId = aWorkspaceId()
  const number = await connectNumber(meta, workspaceId)
  const store = templateStore(deps.containers)
  const found = async ({ workspace_id, id }: Template) => (await store.find(workspace_id, id))?.value

  const world: TemplateWorld = {
    meta,
    deps,
    workspaceId,
    number,
    queued,
    found,
    later(ms) {
      shift = ms
    },
    async deliver() {
      for (let message = queued.shift(); message; message = queued.shift()) await submitTemplate(deps, message)
    },
    created: (changes) => createTemplate(deps, workspaceId, aNewTemplate(number.id, changes)),
    async approved(changes) {
      const template = await world.created(changes)
      await world.deliver()
      await world.decide(await world.now(template), { event: 'APPROVED' })
      await submitTemplate(deps, {
        workspace_id: workspaceId,
        template_id: template.id,
        queued_at: template.created_at,
        refresh: true,
      })
      return world.now(template)
    },
    decide: ({ meta_template_id }, event) => meta.control('POST', `templates/${String(meta_template_id)}/event`, event),
    async now(template) {
      return (await found(template))!
    },
    async atMeta(name) {
      const { url, accessToken, wabaId } = meta.simulator
      const headers = { authorization: `Bearer ${accessToken}` }
      const answer = await fetch(`${url}/v26.0/${wabaId}/message_templates?limit=1000&name=${name}`, { headers })
      const { data } = (await answer.json()) as { data: Record<string, unknown>[] }
      return data.filter((template) => template['name'] === name)
    },
    async another() {
      const id = aWorkspaceId()
      const { phone_number_id } = await meta.control('POST', 'phone-numbers', {})
      return { workspaceId: id, number: await connectNumber(meta, id, { metaId: String(phone_number_id) }) }
    },
    close: () => meta.close(),
  }
  return world
}
