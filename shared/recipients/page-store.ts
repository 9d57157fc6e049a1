/** Pages, the plan and the conductor's place of a campaign: one partition of the `pages` container. */
import * as z from 'zod'
import type { BatchOperation, Document, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { Page, pageId } from './page.ts'

/** How far planning has come. Written in the same batch as the pages it counts. */
export const Plan = z.object({
  id: z.literal('plan'),
  pk: z.string(),
  type: z.literal('plan'),
  v: z.literal(1),
  /** Contact id the next step reads after; null before the first. */
  cursor: z.string().nullable(),
  pages: z.int(),
  total: z.int(),
  done: z.boolean(),
  /** When the audience began to be frozen: opt-outs stored since are looked up before sending. */
  started_at: z.string(),
  updated_at: z.string(),
})
export type Plan = z.output<typeof Plan>

/** A plan that has not begun. */
export function newPlan({ workspace_id, id }: { workspace_id: WorkspaceId; id: string }, now: Date): Plan {
  const at = now.toISOString()
  const pk = pagePartition(workspace_id, id)
  return {
    id: 'plan',
    pk,
    type: 'plan',
    v: 1,
    cursor: null,
    pages: 0,
    total: 0,
    done: false,
    started_at: at,
    updated_at: at,
  }
}

/** The conductor's place in one execution of a campaign. */
export const Conductor = z.object({
  id: z.literal('conductor'),
  pk: z.string(),
  type: z.literal('conductor'),
  v: z.literal(1),
  execution_id: z.string(),
  /** Only the message of this turn moves on; a second chain of turns stops by itself. */
  turn: z.int(),
  /** Pages below this number were queued in this execution. */
  released: z.int(),
  settled: z.int(),
  /** All that was planned, once planning is done: it changes no more. */
  planned: z.object({ pages: z.int(), total: z.int() }).optional(),
  /** When `settled` last grew or pages were last released. */
  progress_at: z.string(),
  /** Its next turn, where that is long after this one. */
  asleep_until: z.string().optional(),
  /** The counts when failures were last looked at: see judge-failures.ts. */
  judged: z.object({ attempts: z.int(), failures: z.record(z.string(), z.int()) }).optional(),
  updated_at: z.string(),
})
export type Conductor = z.output<typeof Conductor>

export interface PageStore {
  page(workspaceId: WorkspaceId, campaignId: string, number: number): Promise<Stored<Page> | undefined>
  replacePage(stored: Stored<Page>, next: Page): Promise<Stored<Page>>
  plan(workspaceId: WorkspaceId, campaignId: string): Promise<Stored<Plan> | undefined>
  /** New pages and the plan that counts them, together or not at all. Throws `conflict` if another worker planned first. */
  savePlan(before: Stored<Plan> | undefined, plan: Plan, pages: Page[]): Promise<void>
  conductor(workspaceId: WorkspaceId, campaignId: string): Promise<Stored<Conductor> | undefined>
  saveConductor(before: Stored<Conductor> | undefined, next: Conductor): Promise<void>
}

export function pagePartition(workspaceId: WorkspaceId, campaignId: string): string {
  return `${workspaceId}:${campaignId}`
}

export function pageStore({ containers: { pages } }: Pick<Deps, 'containers'>): PageStore {
  return {
    page: (workspaceId, campaignId, number) =>
      pages.read(pageId(number), pagePartition(workspaceId, campaignId), (document) => Page.parse(document)),
    replacePage: (stored, next) => pages.replace(stored, { ...next, version: stored.value.version + 1 }, next.pk),
    plan: (workspaceId, campaignId) =>
      pages.read('plan', pagePartition(workspaceId, campaignId), (document) => Plan.parse(document)),
    savePlan: (before, plan, added) => {
      const operations: BatchOperation<Document>[] = added.map((document) => ({ kind: 'create', document }))
      operations.unshift(
        before ? { kind: 'replace', document: plan, etag: before.etag } : { kind: 'create', document: plan },
      )
      return pages.batch(operations, plan.pk)
    },
    conductor: (workspaceId, campaignId) =>
      pages.read('conductor', pagePartition(workspaceId, campaignId), (document) => Conductor.parse(document)),
    saveConductor: async (before, next) => {
      await (before ? pages.replace(before, next, next.pk) : pages.create(next, next.pk))
    },
  }
}
