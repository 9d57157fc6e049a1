/** The keys that secrets at rest are sealed with: new ones with the current key, and whatever was sealed before opens with its own. */
import { AppError } from '../errors.ts'

export interface SealingKey {
  /** Names it in each box that it sealed. */
  id: string
  key: Buffer
}

/** The id of TOKEN_ENCRYPTION_KEY, of which there is one. */
export const SETTING_KEY = 'setting'

export interface Keyring {
  /** Throws `storage_unavailable` as long as there is none. */
  current(): SealingKey
  /** Throws `storage_unavailable` where it is not here. */
  find(id: string): Buffer
  has(id: string): boolean
  /** Keys of the same id are replaced; none is taken away. */
  add(key: SealingKey): void
  makeCurrent(id: string): void
}

/** `fromSetting`: TOKEN_ENCRYPTION_KEY, where it is set. */
export function keyring(fromSetting: Buffer | undefined): Keyring {
  const keys = new Map<string, Buffer>()
  let currentId = SETTING_KEY
  if (fromSetting) keys.set(SETTING_KEY, fromSetting)

  function find(id: string): Buffer {
    const key = keys.get(id)
    if (key) return key
    const missing = id === SETTING_KEY ? 'TOKEN_ENCRYPTION_KEY' : `the data key of version ${id} of KEY_VAULT_KEY_ID`
    // The settings are not the caller's business; the log has the cause.
    throw new AppError('storage_unavailable', 'A stored secret cannot be opened at the moment: try again', {
      cause: new Error(`Secrets were sealed with ${missing}, which is not here`),
    })
  }

  return {
    current: () => ({ id: currentId, key: find(currentId) }),
    find,
    has: (id) => keys.has(id),
    add: ({ id, key }) => keys.set(id, key),
    makeCurrent: (id) => {
      currentId = id
    },
  }
}
