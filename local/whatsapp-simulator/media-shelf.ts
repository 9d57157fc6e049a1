/** Uploaded and received files: bytes in memory, or next to the state file. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from './store.ts'

export type Medium = {
  id: string
  phoneNumberId: string
  wabaId: string
  mimeType: string
  sha256Hex: string
  size: number
  /** Uploads live 30 days, what users sent 7. */
  expiresAt: number
}

export class MediaShelf {
  #media = new Map<string, Medium>()
  #bytes = new Map<string, Buffer>()
  #store: Store
  #folder: string | undefined

  constructor(store: Store, folder: string | undefined) {
    this.#store = store
    this.#folder = folder
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
    for (const value of store.all('media')) {
      const medium = value as Medium // only `add` writes these
      this.#media.set(medium.id, medium)
    }
  }

  get size(): number {
    return this.#media.size
  }

  find(id: string, now: number): Medium | undefined {
    const medium = this.#media.get(id)
    return medium && medium.expiresAt > now ? medium : undefined
  }

  bytesOf(id: string): Buffer | undefined {
    if (this.#folder === undefined) return this.#bytes.get(id)
    const file = join(this.#folder, id)
    return existsSync(file) ? readFileSync(file) : undefined
  }

  /** The bytes first: a record without its file would be a promise that cannot be kept. */
  add(medium: Medium, bytes: Buffer): void {
    if (this.#folder === undefined) this.#bytes.set(medium.id, bytes)
    else writeFileSync(join(this.#folder, medium.id), bytes)
    this.#media.set(medium.id, medium)
    this.#store.put('media', medium.id, medium)
  }

  remove(id: string): void {
    this.#media.delete(id)
    this.#bytes.delete(id)
    this.#store.remove('media', id)
    if (this.#folder !== undefined) rmSync(join(this.#folder, id), { force: true })
  }

  clear(): void {
    for (const id of [...this.#media.keys()]) this.remove(id)
  }
}
