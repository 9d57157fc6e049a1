/** The people on the other side: who they are, whose window is open, who stopped marketing. */
import type { Behaviour } from './behaviour.ts'
import type { Json } from './json.ts'
import { chance, hashOf } from './random.ts'
import type { Store } from './store.ts'

const dayMs = 24 * 3600 * 1000
const names = [
  'Sample Customer',
  'José Sample',
  'Ana Example',
  'Zoë Muster',
  'Łucja Próba',
  '山田 花子',
  'Sam Placeholder',
  'Ravi 👍',
]
const bsuidPattern = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/
// Separates these draws from those of `fate.ts`.
const purpose = { known: 101, username: 102, name: 103, missing: 104, hidden: 105, digits: 106 }

type StoredWindow = { phoneNumberId: string; user: string; at: number }

export class Contacts {
  #windows = new Map<string, number>()
  #stopped = new Set<string>()
  #store: Store

  constructor(store: Store) {
    this.#store = store
    for (const value of store.all('window')) {
      const { phoneNumberId, user, at } = value as StoredWindow // only `heardFrom` writes these
      this.#windows.set(`${phoneNumberId}/${user}`, at)
    }
    for (const value of store.all('preference')) this.#stopped.add(String(value))
  }

  /** The user wrote at this time: 24 hours of any kind of message. */
  heardFrom(phoneNumberId: string, user: string, at: number): void {
    const key = `${phoneNumberId}/${user}`
    this.#windows.set(key, at)
    this.#store.put('window', key, { phoneNumberId, user, at } satisfies StoredWindow)
  }

  closeWindow(phoneNumberId: string, user: string): void {
    const key = `${phoneNumberId}/${user}`
    this.#windows.delete(key)
    this.#store.remove('window', key)
  }

  isWindowOpen(phoneNumberId: string, user: string, now: number): boolean {
    const at = this.#windows.get(`${phoneNumberId}/${user}`)
    return at !== undefined && now - at < dayMs
  }

  setMarketing(wabaId: string, user: string, value: 'stop' | 'resume'): void {
    const key = `${wabaId}/${user}`
    if (value === 'stop') {
      this.#stopped.add(key)
      this.#store.put('preference', key, key)
    } else {
      this.#stopped.delete(key)
      this.#store.remove('preference', key)
    }
  }

  hasStoppedMarketing(wabaId: string, user: string): boolean {
    return this.#stopped.has(`${wabaId}/${user}`)
  }

  clear(): void {
    this.#windows.clear()
    this.#stopped.clear()
  }
}

export function isBsuid(text: string): boolean {
  return bsuidPattern.test(text)
}

/** What a webhook tells about a user; which parts it leaves out is the same for a user every time. */
export type Person = {
  waId: string | undefined
  userId: string | undefined
  hidesPhone: boolean
  /** The element of `contacts[]`. */
  contact: Json
}

/** `user` is a phone number in digits or a business-scoped id. */
export function personOf(behaviour: Behaviour, seed: number, user: string): Person {
  const hash = hashOf(seed, user)
  const is = (question: number, share: number): boolean => chance(hash, question) < share
  const waId = isBsuid(user) ? undefined : user
  const ownId = is(purpose.known, behaviour.bsuid) ? `US.${scopedDigits(hash)}` : undefined
  const userId = waId === undefined ? user : ownId
  const username = is(purpose.username, behaviour.usernames) ? userId : undefined
  const name = names[Math.floor(chance(hash, purpose.name) * names.length)] ?? 'Sample Customer'
  const contact: Json = {}
  if (!is(purpose.missing, behaviour.missing_profiles)) contact['profile'] = profileOf(name, username)
  if (waId !== undefined) contact['wa_id'] = waId
  if (userId !== undefined) contact['user_id'] = userId
  return { waId, userId, hidesPhone: userId !== undefined && is(purpose.hidden, behaviour.hidden_phones), contact }
}

function profileOf(name: string, usernameFrom: string | undefined): Json {
  return usernameFrom === undefined ? { name } : { name, username: `@user.${usernameFrom.slice(-6)}` }
}

function scopedDigits(hash: number): string {
  const high = String(hash).padStart(10, '0')
  const low = String(Math.floor(chance(hash, purpose.digits) * 1e8)).padStart(8, '0')
  return `13${high}${low}`
}
