/** A workspace with one thing of each kind, for requests with an Idempotency-Key: the clock of their records is the test's. */
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { monthlyTables } from '../../shared/azure/monthly-tables.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import type { Deps } from '../../shared/deps.ts'
import type { Endpoint } from '../../shared/http/endpoint.ts'
import { idempotencyRecords } from '../../shared/idempotency/records.ts'
import { aRequestOf, send, type Answered, type Asked, type Ids } from './every-endpoint.ts'
import { withQuickPasswords } from './members.ts'
import { approveTemplate, oneOfEach } from './one-of-each.ts'
import { aMetaWorld, aTenant, bearer, type MetaWorld, type Tenant } from './tenants.ts'

export const DAY_MS = 24 * 60 * 60 * 1000

export interface KeyedWorld {
  meta: MetaWorld
  acme: Tenant
  ids: Ids
  /** The first instance. */
  deps: Deps
  /** Of the records alone. */
  clock: { ms: number }
  /** As another process has them. */
  anInstance(base: Deps): Deps
  /** As the owner. */
  ask(given: Deps, endpoint: Endpoint, asked: Asked, key: string): Promise<Answered>
  /** A request that succeeds, with things of its own to act on. */
  aGoodRequest(endpoint: Endpoint): Promise<Asked>
  close(): Promise<void>
}

export const KEYED = ENDPOINTS.filter(({ idempotent }) => idempotent)

/** Those that succeed anywhere. A retry needs a campaign that came to rest: test/shared/campaigns/keyed-starts.test.ts. */
export const GENERIC = KEYED.filter(({ name }) => !name.endsWith('campaigns-retry'))

export async function aKeyedWorld(): Promise<KeyedWorld> {
  const meta = await aMetaWorld()
  const acme = await aTenant(meta.world)
  const ids = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  await approveTemplate(meta, acme.id, ids.template_id)
  const clock = { ms: Date.parse('2026-11-15T12:00:00Z') }
  const anInstance = (base: Deps): Deps => {
    const tables = monthlyTables(meta.world.config, 'idempotency')
    return { ...base, idempotency: idempotencyRecords({ tables, config: base.config, now: () => new Date(clock.ms) }) }
  }
  return {
    meta,
    acme,
    ids,
    deps: anInstance(withQuickPasswords(meta.world).deps),
    clock,
    anInstance,
    ask: (given, endpoint, asked, key) =>
      send(given, endpoint, asked, { ...bearer(acme.owner.token), 'idempotency-key': key }),
    aGoodRequest: (endpoint) => aGoodRequest({ meta, acme, ids }, endpoint),
    close: () => meta.close(),
  }
}

async function aGoodRequest(
  { meta, acme, ids }: Pick<KeyedWorld, 'meta' | 'acme' | 'ids'>,
  endpoint: Endpoint,
): Promise<Asked> {
  if (/campaigns-(start|execute)$/.test(endpoint.name)) {
    const { phone_number_id, template_id } = ids
    const campaign = { workspace_id: acme.id, phone_number_id, template_id, name: 'Own', variables: VARIABLES }
    return aRequestOf(endpoint, { ...ids, campaign_id: (await createCampaign(meta.deps, acme.id, campaign)).id })
  }
  const asked = aRequestOf(endpoint, ids)
  if (!endpoint.name.startsWith('phone-numbers-create')) return asked
  const metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  const body = { phone_number_id: metaId, access_token: meta.simulator.accessToken }
  return { ...asked, body: { workspace_id: acme.id, ...body } }
}

const VARIABLES = { 'body.1': { value: 'you' } }

/** As a process has them that is killed before it records its answer. */
export function killedBeforeRecord(base: Deps): Deps {
  return {
    ...base,
    idempotency: {
      async begin(request, fingerprint) {
        const run = await base.idempotency.begin(request, fingerprint)
        return 'answer' in run ? run : { ...run, keep: () => Promise.resolve(), giveBack: () => Promise.resolve() }
      },
    },
  }
}

export function endpointNamed(name: string): Endpoint {
  const found = ENDPOINTS.find((endpoint) => endpoint.name === name)
  if (!found) throw new Error(`There is no endpoint ${name}`)
  return found
}

export function parsed({ text }: Answered): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown> // all of these answer objects
}
