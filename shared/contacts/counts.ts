/**
 * How many contacts a workspace has, for its quota. Far from the limit an answer is good for a minute, in which this
 * process adds what it creates itself; close to it every question is asked anew. So the limit can be passed by what is
 * created at that very moment, and by what other instances create within a minute beyond the margin; by no more.
 */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { contactStore } from './store.ts'

export interface ContactCounts {
  /** How many of `wanted` may be created under `limit`. They count as created from here on. */
  room(workspaceId: WorkspaceId, limit: number, wanted: number): Promise<number>
}

const GOOD_FOR_MS = 60_000
/** Of the limit. */
const MARGIN = 0.05
const MOST_KNOWN = 10_000

export function contactCounts({ containers, now }: Pick<Deps, 'containers' | 'now'>): ContactCounts {
  const known = new Map<WorkspaceId, { count: number; untilMs: number }>()
  return {
    async room(workspaceId, limit, wanted) {
      const recent = known.get(workspaceId)
      if (recent && now().getTime() < recent.untilMs && recent.count + wanted <= limit * (1 - MARGIN)) {
        recent.count += wanted
        return wanted
      }
      const count = await countContacts({ containers }, workspaceId)
      const room = Math.max(0, Math.min(wanted, limit - count))
      if (known.size >= MOST_KNOWN) known.clear()
      known.set(workspaceId, { count: count + room, untilMs: now().getTime() + GOOD_FOR_MS })
      return room
    },
  }
}

/** Deleted ones not. One query. */
export function countContacts({ containers }: Pick<Deps, 'containers'>, workspaceId: WorkspaceId): Promise<number> {
  return contactStore(containers).count(workspaceId, [])
}
