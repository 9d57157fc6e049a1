/** The stored templates, by id and by name, and the names that stay blocked after a deletion. */
import type { Store } from './store.ts'
import type { Template } from './template-types.ts'

const blockedMs = 30 * 24 * 3600 * 1000

export class Templates {
  #byId = new Map<string, Template>()
  #byName = new Map<string, Template>()
  #removedAt = new Map<string, number>()
  #store: Store

  constructor(store: Store) {
    this.#store = store
    for (const value of store.all('template')) this.#keep(value as Template) // only `put` writes these
    for (const value of store.all('template_removal')) {
      const { key, at } = value as { key: string; at: number } // only `remove` writes these
      this.#removedAt.set(key, at)
    }
  }

  get size(): number {
    return this.#byId.size
  }

  find(id: string): Template | undefined {
    return this.#byId.get(id)
  }

  named(wabaId: string, name: string, language: string): Template | undefined {
    return this.#byName.get(`${wabaId}/${name}/${language}`)
  }

  ofWaba(wabaId: string): Template[] {
    return this.all().filter((template) => template.wabaId === wabaId)
  }

  all(): Template[] {
    return [...this.#byId.values()]
  }

  put(template: Template): void {
    this.#keep(template)
    this.#store.put('template', template.id, template)
  }

  /** The name of an approved template cannot be used again for 30 days. */
  remove(template: Template, now: number): void {
    const key = keyOf(template)
    this.#byId.delete(template.id)
    this.#byName.delete(key)
    this.#store.remove('template', template.id)
    if (!template.wasApproved) return
    this.#removedAt.set(key, now)
    this.#store.put('template_removal', key, { key, at: now })
  }

  isBlocked(wabaId: string, name: string, language: string, now: number): boolean {
    const at = this.#removedAt.get(`${wabaId}/${name}/${language}`)
    return at !== undefined && now - at < blockedMs
  }

  clear(): void {
    this.#byId.clear()
    this.#byName.clear()
    this.#removedAt.clear()
  }

  #keep(template: Template): void {
    this.#byId.set(template.id, template)
    this.#byName.set(keyOf(template), template)
  }
}

function keyOf({ wabaId, name, language }: Template): string {
  return `${wabaId}/${name}/${language}`
}
