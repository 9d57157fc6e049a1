/** What exists in the simulated platform, and the one object through which all parts reach it. */
import type { Behaviour } from './behaviour.ts'
import type { Contacts } from './contacts.ts'
import type { Faults } from './faults.ts'
import type { Ledger } from './ledger.ts'
import type { Limits } from './limits.ts'
import type { MediaShelf } from './media-shelf.ts'
import type { Outbox } from './outbox.ts'
import type { Store } from './store.ts'
import type { Templates } from './template-shelf.ts'

export type Throughput = 'STANDARD' | 'HIGH'

export type Waba = {
  id: string
  name: string
  businessId: string
  subscribed: boolean
  /** Set by `POST /{waba}/subscribed_apps`: webhooks of this WABA go there instead. */
  overrideUrl: string | null
}

export type PhoneNumber = {
  id: string
  wabaId: string
  displayPhoneNumber: string
  verifiedName: string
  qualityRating: string
  status: string
  throughput: Throughput
  tier: string
  pin: string | null
  overrideUrl: string | null
  onboardedAt: number
}

export type Token = {
  value: string
  /** null: every WABA. */
  wabaIds: string[] | null
  scopes: string[]
  type: 'SYSTEM_USER' | 'USER'
  issuedAt: number
  /** 0: never. */
  expiresAt: number
  userId: string
}

export type App = { id: string; secret: string; verifyToken: string }

export type Settings = {
  seed: number
  webhookUrl: string | null
  clockOffsetMs: number
  nextId: number
  /** Eight hex digits of this world: message ids of two worlds never meet in one database. */
  serial: string
  /** The system user's token that every world comes with. */
  firstToken: string
}

export type World = {
  readonly app: App
  /** Where this simulator is reached; known once it listens. */
  url: string
  readonly settings: Settings
  behaviour: Behaviour
  readonly wabas: Map<string, Waba>
  readonly phoneNumbers: Map<string, PhoneNumber>
  readonly tokens: Map<string, Token>
  /** Embedded Signup codes: each lives 30 seconds. */
  readonly codes: Map<string, { wabaIds: string[] | null; expiresAt: number }>
  readonly templates: Templates
  readonly contacts: Contacts
  readonly media: MediaShelf
  readonly limits: Limits
  readonly ledger: Ledger
  readonly faults: Faults
  readonly outbox: Outbox
  readonly store: Store
  /** The state of the verification handshake, for the summary. */
  handshake: string
  readonly now: () => number
}

/** `15550001234` for `+1 555-000-1234`. */
export function digitsOf(phone: string): string {
  return phone.replace(/\D/g, '')
}

export function saveSettings({ store, settings }: Pick<World, 'settings' | 'store'>): void {
  store.put('settings', 'settings', settings)
}

/** A number that this world has not used for anything else. */
export function nextNumber(world: Pick<World, 'settings' | 'store'>): number {
  world.settings.nextId += 1
  saveSettings(world)
  return world.settings.nextId
}

/** A fresh id in the manner of Meta: decimal, 17 digits and odd, so that a reader who makes it a double loses digits. */
export function newId(world: Pick<World, 'settings' | 'store'>): string {
  return `1${String(nextNumber(world)).padStart(15, '0')}1`
}
