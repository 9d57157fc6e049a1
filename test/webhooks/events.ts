/** Made-up events of several workspaces, and what is to be stored once all of them were told, in any order. */
import { recipientMessageId } from '../../shared/ids.ts'
import type { Random } from '../simulation/random.ts'
import type { Tenant } from './proof-world.ts'

export interface Event {
  tenant: Tenant
  /** `statuses` or `messages` of a change. */
  part: Record<string, unknown[]>
}

export interface Expected {
  counts: { sent: number; delivered: number; read: number; failed: number }
  /** When each inbound message was written, by its wamid. */
  inbound: Map<string, number>
  /** What nobody can apply: it has to be kept. */
  odd: Set<string>
}

const PAGE = 100
const JOURNEYS = [
  ['sent', 'delivered', 'read'],
  ['sent', 'delivered'],
  ['sent'],
  ['sent', 'failed'],
  ['read'],
  ['failed'],
] as const
const BASE = 1_790_000_000

/** `count` different events, and one more of every five of them. */
export function madeUp(tenants: Tenant[], count: number, random: Random): { events: Event[]; expected: Expected[] } {
  const expected = tenants.map((): Expected => ({ counts: none(), inbound: new Map(), odd: new Set() }))
  const events: Event[] = []
  for (let made = 0; events.length < count; made++) {
    const at = random.between(0, tenants.length - 1)
    const [tenant, its] = [tenants[at], expected[at]]
    if (!tenant || !its) throw new RangeError('There is no such tenant')
    const kind = random.next()
    if (kind < 0.4) events.push(...ofRecipient(tenant, its, made, random))
    else if (kind < 0.98) events.push(ofPerson(tenant, its, made, random))
    else events.push(odd(tenant, its, made))
  }
  return { events, expected }
}

const none = () => ({ sent: 0, delivered: 0, read: 0, failed: 0 })

function ofRecipient(tenant: Tenant, { counts }: Expected, made: number, random: Random): Event[] {
  const kinds = random.pick(JOURNEYS)
  const last = kinds.at(-1)
  if (last === 'failed') counts.failed++
  else counts.sent++
  if (last === 'delivered' || last === 'read') counts.delivered++
  if (last === 'read') counts.read++
  const address = { campaignId: tenant.campaignId, page: Math.floor(made / PAGE), position: made % PAGE }
  return kinds.map((status, step) => ({
    tenant,
    part: {
      statuses: [
        {
          id: `wamid.S${made}`,
          status,
          timestamp: String(BASE + made + step),
          biz_opaque_callback_data: recipientMessageId(address),
          ...(status === 'failed' ? { errors: [{ code: 131026 }] } : {}),
        },
      ],
    },
  }))
}

function ofPerson(tenant: Tenant, { inbound }: Expected, made: number, random: Random): Event {
  const from = `1201555${String(random.between(100, 180)).padStart(4, '0')}`
  const id = `wamid.M${made}.`
  const at = BASE + random.between(0, 100_000)
  inbound.set(id, at)
  const text = { body: `Hello, this is number ${made}` }
  return { tenant, part: { messages: [{ from, id, timestamp: String(at), type: 'text', text }] } }
}

function odd(tenant: Tenant, expected: Expected, made: number): Event {
  const id = `wamid.O${made}.`
  expected.odd.add(id)
  return { tenant, part: { statuses: [{ id, status: 'evaporated', timestamp: 'soon' }] } }
}

/** Bodies of several events each, of whatever tenants, as Meta joins them. */
export function bodiesOf(events: Event[], random: Random): string[] {
  const all = shuffled([...events, ...events.filter(() => random.chance(0.25))], random)
  const bodies: string[] = []
  while (all.length > 0) {
    const entry = all.splice(0, random.chance(0.004) ? 300 : random.between(1, 6)).map(({ tenant, part }) => {
      const metadata = { display_phone_number: '15550100001', phone_number_id: tenant.metaId }
      const value = { messaging_product: 'whatsapp', metadata, ...part }
      return { id: '102290000000100', time: BASE, changes: [{ field: 'messages', value }] }
    })
    bodies.push(JSON.stringify({ object: 'whatsapp_business_account', entry }))
  }
  return bodies
}

function shuffled<T>(items: T[], random: Random): T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
