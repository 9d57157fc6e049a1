/**
 * Takes over what the WhatsApp Business Accounts of a workspace have: what is unknown here is made, what changed is
 * changed, what is gone there is marked. What is under way here is left alone, and what was taken out of use or
 * deleted here stays so. Few requests: one query for all that is known, a page of Meta's list for every 100, and
 * batches.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { listPhoneNumbers, resolvePhoneNumber, wabaIdOf } from '../phone-numbers/find.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import { metaFailure } from '../whatsapp/refusal.ts'
import { callForPage, toPage, type MetaTemplate } from './find-at-meta.ts'
import type { Template } from './schema.ts'
import { templateStore } from './store.ts'
import { changeFor, goneAtMeta, type SyncChange } from './sync-change.ts'
import { writeChanges } from './sync-write.ts'

export type SyncDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'now' | 'log'>

export interface SyncCounts {
  created: number
  updated: number
  unchanged: number
  removed: number
  /** How many Meta has. */
  total: number
}

/** Accounts have 6,000 templates at most. */
const MOST_PAGES = 100
const MOST_NUMBERS = 100

export async function syncTemplates(
  deps: SyncDeps,
  workspaceId: WorkspaceId,
  phoneNumberRef: string | undefined,
): Promise<SyncCounts> {
  const sum: SyncCounts = { created: 0, updated: 0, unchanged: 0, removed: 0, total: 0 }
  for (const number of await numbersToAsk(deps, workspaceId, phoneNumberRef)) {
    const counts = await syncAccount(deps, number)
    for (const key of COUNTS) sum[key] += counts[key]
  }
  deps.log.info('templates.synced', { workspace_id: workspaceId, ...sum })
  return sum
}

const COUNTS = ['created', 'updated', 'unchanged', 'removed', 'total'] as const

interface AskedNumber {
  number: PhoneNumber
  wabaId: string
}

/** One number for each account: the one that was named, or the first of every account. */
async function numbersToAsk(deps: SyncDeps, workspaceId: WorkspaceId, ref: string | undefined): Promise<AskedNumber[]> {
  if (ref !== undefined) {
    const number = await resolvePhoneNumber(deps, workspaceId, ref)
    return [{ number, wabaId: wabaIdOf(number) }]
  }
  const { items } = await listPhoneNumbers(deps, [workspaceId], undefined, { limit: MOST_NUMBERS, offset: 0 })
  const first = new Map<string, PhoneNumber>()
  for (const number of items) {
    if (number.waba_id !== null && !first.has(number.waba_id)) first.set(number.waba_id, number)
  }
  return [...first].map(([wabaId, number]) => ({ number, wabaId }))
}

async function syncAccount(deps: SyncDeps, { number, wabaId }: AskedNumber): Promise<SyncCounts> {
  const { workspace_id: workspaceId } = number
  // Before Meta is asked: what changes here meanwhile is noticed when it is written over.
  const known = await templateStore(deps.containers).ofAccount(workspaceId, wabaId)
  const askedAt = deps.now()
  const found = await allAtMeta(deps, wabaId, tokenOf(deps.config, number))
  const byKey = new Map<string, Stored<Template>>(known.map((stored) => [keyOf(stored.value), stored]))
  const changes: SyncChange[] = found.flatMap((template) => {
    const change = changeFor({ number, wabaId, askedAt }, byKey.get(keyOf(template)), template)
    return change ? [change] : []
  })
  const atMeta = new Set(found.map(keyOf))
  const gone = known.flatMap((stored) => {
    const change = atMeta.has(keyOf(stored.value)) ? undefined : goneAtMeta(stored, askedAt)
    return change ? [change] : []
  })
  const done = await writeChanges(deps, number, [...changes, ...gone])
  return { ...done, unchanged: found.length - done.created - done.updated, total: found.length }
}

async function allAtMeta(deps: SyncDeps, wabaId: string, token: string): Promise<MetaTemplate[]> {
  const all = new Map<string, MetaTemplate>()
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await callForPage(deps, wabaId, { token, after })
    if (answer.kind !== 'ok') throw metaFailure(answer, () => 'Check the access token of this phone number')
    const list = toPage(answer.body)
    // Once each, though a list that grows while it is read may show one twice.
    for (const template of list.templates) all.set(keyOf(template), template)
    after = list.after
    if (after === undefined) return [...all.values()]
  }
  throw new AppError('meta_unavailable', `Meta's list of templates did not end after ${MOST_PAGES} pages`)
}

function keyOf({ name, language }: Pick<Template, 'name' | 'language'>): string {
  return `${name}\n${language}`
}
