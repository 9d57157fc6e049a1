/**
 * Keeps the keyring as Key Vault has it: for each version of the wrapping key there is one data key, which seals secrets. It is
 * stored wrapped, in one document with all others, and unwrapped once in each process.
 *
 * All processes have to know a data key before the first box is sealed with it: it is current only some time after it was
 * made, and every process looks for new ones more often than that.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import type { DocumentContainer, Stored } from '../azure/cosmos.ts'
import type { WrappingKey } from '../azure/key-vault.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Log } from '../log.ts'
import { SETTING_KEY, type Keyring, type SealingKey } from './keyring.ts'

const ENTRY_ID = 'sealing-keys'
const KEY_BYTES = 32
const FRESH_FOR_MS = 5 * 60_000
const AFTER_FAILURE_MS = 5_000
/** Three looks, of which two may fail. */
export const KNOWN_EVERYWHERE_MS = 15 * 60_000
/** A request that needs no key must not wait long for a vault that does not answer. */
const PATIENCE_MS = 5_000

const DataKey = z.object({
  /** The version of the wrapping key. */
  id: z.string(),
  wrapped: z.base64url(),
  created_at: z.string(),
})
type DataKey = z.output<typeof DataKey>

/** In `directory`, of which there are backups: with the same age as what the keys open. */
const SealingKeys = z.object({
  id: z.literal(ENTRY_ID),
  type: z.literal('sealing_keys'),
  v: z.literal(1),
  /** The oldest first. */
  keys: z.array(DataKey),
})
type SealingKeys = z.output<typeof SealingKeys>

export interface KeyKeeper {
  /** Looks for new keys, if that was not done lately. Never throws: what needs a key that is missing says so. */
  freshen(): Promise<void>
  /** Reads every key and makes none. Throws where that fails; undefined where there is no wrapping key. */
  read(): Promise<{ version: string; keys: number } | undefined>
}

interface KeeperDeps {
  keyring: Keyring
  /** Undefined: everything is sealed with TOKEN_ENCRYPTION_KEY. */
  wrappingKey: WrappingKey | undefined
  directory: DocumentContainer
  log: Log
  now: () => Date
}

export function keyKeeper({ wrappingKey, log, now, ...deps }: KeeperDeps, patienceMs = PATIENCE_MS): KeyKeeper {
  if (!wrappingKey) return { freshen: () => Promise.resolve(), read: () => Promise.resolve(undefined) }
  const loading = { ...deps, wrappingKey, log, now }
  let freshUntil = 0
  let isInTrouble = false
  let running: Promise<void> | undefined

  async function look(): Promise<void> {
    try {
      await load(loading, await withKeyFor(loading, await loading.wrappingKey.version()))
      freshUntil = now().getTime() + FRESH_FOR_MS
      isInTrouble = false
    } catch (error) {
      log.error('keys.not_read', { error })
      freshUntil = now().getTime() + AFTER_FAILURE_MS
      isInTrouble = true
    } finally {
      running = undefined
    }
  }

  return {
    async freshen() {
      if (now().getTime() < freshUntil) return
      running ??= look()
      // A vault that is in trouble is waited for once, whether it refuses or says nothing.
      if (isInTrouble) return
      const patience = new AbortController()
      const ranOut = sleep(patienceMs, true, { signal: patience.signal }).catch(() => false)
      if (await Promise.race([running, ranOut])) isInTrouble = true
      patience.abort()
    },
    async read() {
      const version = await wrappingKey.version()
      const keys = (await storedKeys(loading))?.value.keys ?? []
      await load(loading, keys)
      return { version, keys: keys.length }
    },
  }
}

type LoadDeps = KeeperDeps & { wrappingKey: WrappingKey }

/** Throws where a key is missing in the end: the others are used nevertheless. */
async function load({ keyring, wrappingKey, now }: LoadDeps, keys: DataKey[]): Promise<void> {
  const missing = keys.filter(({ id }) => !keyring.has(id))
  const unwrapped = await Promise.allSettled(missing.map((key) => unwrap(wrappingKey, key)))
  for (const outcome of unwrapped) if (outcome.status === 'fulfilled') keyring.add(outcome.value)
  const usable = keys.filter(({ id }) => keyring.has(id))
  keyring.makeCurrent(currentOf(usable, keyring, now()))
  const failed = unwrapped.filter((outcome) => outcome.status === 'rejected')
  const [first] = failed
  if (first) throw new Error(`${failed.length} data keys do not unwrap`, { cause: first.reason })
}

async function unwrap(wrappingKey: WrappingKey, { id, wrapped }: DataKey): Promise<SealingKey> {
  const key = await wrappingKey.unwrap(id, Buffer.from(wrapped, 'base64url'))
  if (key.length !== KEY_BYTES) throw new Error(`The data key of version ${id} has ${key.length} bytes`)
  return { id, key }
}

/** All data keys, the one for this version of the wrapping key among them. Whoever stores it first has made it. */
function withKeyFor(deps: LoadDeps, version: string): Promise<DataKey[]> {
  const { directory, wrappingKey, now, log } = deps
  return retryingConflicts(async () => {
    const stored = await storedKeys(deps)
    const before = stored?.value.keys ?? []
    if (before.some(({ id }) => id === version)) return before
    const wrapped = (await wrappingKey.wrap(version, randomBytes(KEY_BYTES))).toString('base64url')
    const keys = [...before, { id: version, wrapped, created_at: now().toISOString() }]
    const entry: SealingKeys = { id: ENTRY_ID, type: 'sealing_keys', v: 1, keys }
    await (stored ? directory.replace(stored, entry, ENTRY_ID) : directory.create(entry, ENTRY_ID))
    log.info('keys.made', { version })
    return keys
  })
}

function storedKeys({ directory }: LoadDeps): Promise<Stored<SealingKeys> | undefined> {
  return directory.read(ENTRY_ID, ENTRY_ID, (document) => SealingKeys.parse(document))
}

/** The newest that every process knows. Of a first key there is nothing to wait for, unless TOKEN_ENCRYPTION_KEY seals meanwhile. */
function currentOf(keys: DataKey[], keyring: Keyring, now: Date): string {
  const known = keys.filter(({ created_at }) => Date.parse(created_at) <= now.getTime() - KNOWN_EVERYWHERE_MS)
  const [first] = keys
  const before = keyring.has(SETTING_KEY) ? SETTING_KEY : first?.id
  return known.at(-1)?.id ?? before ?? SETTING_KEY
}
