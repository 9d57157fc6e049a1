/** The folder that `npm start` keeps everything in: one launcher at a time, and what it holds can be forgotten. */
import { mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { STATE } from './parts.ts'
import { SETTINGS_FILE } from './settings.ts'

const LOCK = 'lock'
export const LOG_FILE = join('logs', 'functions.log')
const PREVIOUS_LOG_FILE = join('logs', 'functions.previous.log')

/** What SQLite writes beside a database. */
const SQLITE_FILES = ['', '-wal', '-shm', '-journal']

/**
 * Throws a sentence if another launcher uses the folder: two would destroy each other's state. The operating system ends
 * the lock with the process, however that ends.
 */
export function lockState(folder: string): void {
  mkdirSync(join(folder, 'logs'), { recursive: true })
  const lock = new DatabaseSync(join(folder, LOCK), { timeout: 0 })
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new Error(`Another npm start is using ${folder}. Stop that one first.`, { cause })
  }
  held.push(lock)
}

/** Never read: it only keeps the locks from being collected, which would release them. */
const held: DatabaseSync[] = []

/** Removes what the launcher and its parts wrote, and nothing else. The caller holds the lock. */
export async function forgetState(folder: string): Promise<void> {
  const databases = [STATE.cosmos, STATE.whatsapp].flatMap((name) => SQLITE_FILES.map((suffix) => `${name}${suffix}`))
  const names = [STATE.azurite, ...databases, `${STATE.whatsapp}.media`, SETTINGS_FILE, LOG_FILE, PREVIOUS_LOG_FILE]
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

/** The last run's log stays readable for one more run. */
export async function freshLogFile(folder: string): Promise<string> {
  const path = join(folder, LOG_FILE)
  try {
    await rename(path, join(folder, PREVIOUS_LOG_FILE))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return path
}
