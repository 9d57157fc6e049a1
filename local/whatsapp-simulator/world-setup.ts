/** Makes a world: from the state file where there is one, otherwise with one WABA, one number and one token. */
import { randomBytes, randomInt } from 'node:crypto'
import { changedBehaviour, defaultBehaviour } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import { Contacts } from './contacts.ts'
import { aDelivery } from './delivery.ts'
import { Faults } from './faults.ts'
import { isObject } from './json.ts'
import type { Json } from './json.ts'
import { Ledger } from './ledger.ts'
import { Limits } from './limits.ts'
import { MediaShelf } from './media-shelf.ts'
import { Outbox } from './outbox.ts'
import { FileStore, noStore } from './store.ts'
import { scheduleReview } from './template-review.ts'
import { Templates } from './template-shelf.ts'
import { issueToken } from './tokens.ts'
import type { ValueUpdate } from './webhook-bodies.ts'
import { saveSettings } from './world.ts'
import type { PhoneNumber, Settings, Throughput, Token, Waba, World } from './world.ts'

export const firstWabaId = '102290000000001'
export const firstPhoneNumberId = '106540000000001'

export type WorldOptions = {
  state?: string
  webhookUrl?: string
  appId: string
  appSecret: string
  verifyToken: string
  seed?: number
  accessToken?: string
  throughput?: Throughput
  behaviour?: Partial<Behaviour>
}

export function openWorld(options: WorldOptions): World {
  const store = options.state === undefined ? noStore : new FileStore(options.state)
  const [storedSettings] = store.all('settings').filter(isObject)
  const settings = settingsOf(options, storedSettings)
  const [storedBehaviour] = store.all('behaviour').filter(isObject)
  const behaviour = changedBehaviour(changedBehaviour(defaultBehaviour, storedBehaviour ?? {}), options.behaviour ?? {})
  const made: { outbox?: Outbox } = {}
  const world: World = {
    app: { id: options.appId, secret: options.appSecret, verifyToken: options.verifyToken },
    url: '',
    settings,
    behaviour,
    wabas: new Map(),
    phoneNumbers: new Map(),
    tokens: new Map(),
    codes: new Map(),
    templates: new Templates(store),
    contacts: new Contacts(store),
    media: new MediaShelf(store, options.state === undefined ? undefined : `${options.state}.media`),
    limits: new Limits(),
    ledger: new Ledger(store),
    faults: new Faults(store, () => settings.seed),
    get outbox() {
      if (!made.outbox) throw new Error('The outbox is made right after the world')
      return made.outbox
    },
    store,
    handshake: 'no webhook URL',
    now: () => Date.now() + settings.clockOffsetMs,
  }
  made.outbox = new Outbox(world, aDelivery(options.appSecret))
  restore(world)
  populate(world, options)
  return world
}

/** What every world has; also what is left after a reset. */
export function populate(world: World, options: Pick<WorldOptions, 'accessToken' | 'throughput'>): void {
  const { wabas, tokens, settings } = world
  if (!wabas.has(firstWabaId)) addWaba(world, { id: firstWabaId })
  populateNumber(world, options.throughput)
  if (options.accessToken !== undefined) settings.firstToken = options.accessToken
  if (!tokens.has(settings.firstToken)) {
    settings.firstToken = issueToken(world, settings.firstToken === '' ? {} : { value: settings.firstToken }).value
  }
  saveSettings(world)
}

function populateNumber(world: World, throughput: WorldOptions['throughput']): void {
  const parts = throughput && { throughput }
  if (!world.phoneNumbers.has(firstPhoneNumberId)) {
    addPhoneNumber(world, { id: firstPhoneNumberId, displayPhoneNumber: '+1 555-000-1234', ...parts })
  }
  const number = world.phoneNumbers.get(firstPhoneNumberId)
  if (number && throughput) number.throughput = throughput
  // Meta's own condition for the upgrade.
  if (number && throughput === 'HIGH') number.tier = 'TIER_UNLIMITED'
}

export function addWaba(world: World, parts: Partial<Waba> & { id: string }): Waba {
  const waba: Waba = {
    name: 'Lucky Shrub',
    businessId: '506910000000001',
    subscribed: true,
    overrideUrl: null,
    ...parts,
  }
  world.wabas.set(waba.id, waba)
  world.store.put('waba', waba.id, waba)
  return waba
}

export function addPhoneNumber(
  world: World,
  parts: Partial<PhoneNumber> & { id: string; displayPhoneNumber: string },
): PhoneNumber {
  const number: PhoneNumber = {
    wabaId: firstWabaId,
    verifiedName: 'Lucky Shrub',
    qualityRating: 'GREEN',
    status: 'CONNECTED',
    throughput: 'STANDARD',
    tier: 'TIER_2K',
    pin: null,
    overrideUrl: null,
    onboardedAt: world.now(),
    ...parts,
  }
  world.phoneNumbers.set(number.id, number)
  world.store.put('phone_number', number.id, number)
  return number
}

function settingsOf({ seed, webhookUrl }: WorldOptions, stored: Json | undefined): Settings {
  const before = stored as Settings | undefined // only settings are stored under this kind
  const fresh: Settings = {
    clockOffsetMs: 0,
    // From the clock, so that a world without a past does not use the ids of an earlier one again.
    nextId: Math.floor(Date.now() / 1000) * 10_000,
    serial: randomBytes(4).toString('hex').toUpperCase(),
    firstToken: '',
    seed: randomInt(1, 2 ** 31),
    webhookUrl: null,
  }
  return { ...fresh, ...before, ...(seed !== undefined && { seed }), ...(webhookUrl !== undefined && { webhookUrl }) }
}

/** Nodes first, then everything that is still owed: unreported statuses, unsent events, running reviews. */
function restore(world: World): void {
  const { store, ledger, outbox, templates } = world
  // Each kind is written by its own type only.
  for (const waba of store.all('waba') as Waba[]) world.wabas.set(waba.id, waba)
  for (const number of store.all('phone_number') as PhoneNumber[]) world.phoneNumbers.set(number.id, number)
  for (const token of store.all('token') as Token[]) world.tokens.set(token.value, token)
  outbox.log.restore(ledger)
  for (const sent of ledger.entries({})) {
    sent.steps.forEach((step, index) => {
      if ((sent.settled & (1 << index)) === 0) outbox.addStatus({ kind: 'status', due: step.due, sent, step: index })
    })
  }
  for (const update of store.all('event') as ValueUpdate[]) outbox.restoreValue(update)
  for (const template of templates.all()) if (template.reviewAt !== null) scheduleReview(world, template)
}
