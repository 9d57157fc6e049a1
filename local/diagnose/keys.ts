/** Do the keys that secrets are sealed with open, where Key Vault holds the one that wraps them? Nothing is written. */
import type { Deps } from '../../shared/deps.ts'
import { fine, found, type Finding } from './finding.ts'

const CURE =
  'check KEY_VAULT_KEY_ID, that no version of the key is disabled or deleted, and that this identity has Key Vault Crypto User'

export function checkKeys({ keyKeeper }: Pick<Deps, 'keyKeeper'>): Promise<Finding[]> {
  return found('Key Vault', CURE, async () => {
    const read = await keyKeeper.read()
    if (!read) return []
    const made =
      read.keys === 0 ? 'no data key yet: the first start makes one' : `${read.keys} data keys, all of them open`
    return [fine('Key Vault', `the key is there, version ${read.version}; ${made}`)]
  })
}
