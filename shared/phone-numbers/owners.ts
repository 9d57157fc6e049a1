/** Which workspace a Meta number belongs to: every webhook asks. */
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
  /** Asks the store: what people write is nobody's but the present owner's. */
  findNow(metaId: string): Promise<NumberOwner | undefined>
  /** As it was a minute ago at most: for what else names the thing it is about, as statuses do. */
  find(metaId: string): Promise<NumberOwner | undefined>
}

export function numberOwners({ containers, now }: Pick<Deps, 'containers' | 'now'>): NumberOwners {
  const store = phoneNumberStore(containers)
  const known = new Map<string, { at: number; owner: NumberOwner }>()
  const findNow = async (metaId: string): Promise<NumberOwner | undefined> => {
    const at = now().getTime()
    const owner = await store.findByMetaId(metaId)
    if (known.size > MOST_KEPT) known.clear()
    // An unknown number is asked for again each time: it may be connected any moment.
    if (owner) known.set(metaId, { at, owner })
    else known.delete(metaId)
    return owner
  }
  return {
    findNow,
    find(metaId) {
      const entry = known.get(metaId)
      const isFresh = entry !== undefined && now().getTime() - entry.at < FRESH_FOR_MS
      return isFresh ? Promise.resolve(entry.owner) : findNow(metaId)
    },
  }
}
