/** Which workspace a Meta number belongs to, remembered for a while: every webhook asks. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { phoneNumberStore } from './store.ts'

const FRESH_FOR_MS = 60_000
const MOST_KEPT = 10_000

export interface NumberOwner {
  workspaceId: WorkspaceId
  phoneNumberId: string
}

export interface NumberOwners {
  find(metaId: string): Promise<NumberOwner | undefined>
}

export function numberOwners({ containers, now }: Pick<Deps, 'containers' | 'now'>): NumberOwners {
  const store = phoneNumberStore(containers)
  const known = new Map<string, { at: number; owner: NumberOwner }>()
  return {
    async find(metaId) {
      const at = now().getTime()
      const entry = known.get(metaId)
      if (entry && at - entry.at < FRESH_FOR_MS) return entry.owner
      const owner = await store.findByMetaId(metaId)
      if (known.size > MOST_KEPT) known.clear()
      // An unknown number is asked for again each time: it may be connected any moment.
      if (owner) known.set(metaId, { at, owner })
      return owner
    },
  }
}
