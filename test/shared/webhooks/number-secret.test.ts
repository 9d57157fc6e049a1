import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { receiveWebhookEndpoint } from '../../../functions/webhooks/receive.ts'
import { blobService } from '../../../shared/azure/storage.ts'
import type { Deps } from '../../../shared/deps.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { deletePhoneNumber } from '../../../shared/phone-numbers/delete.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { sealAppSecret } from '../../../shared/phone-numbers/schema.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import type { Change, EventKind } from '../../../shared/webhooks/split.ts'
import { numberSecrets } from '../../../shared/webhooks/number-secrets.ts'
import { aPhoneNumber, aWorkspaceId } from '../../support/builders.ts'
import { aPost, signatureOf } from '../../support/webhooks.ts'
import { aWorld, type World } from '../../support/world.ts'

const aSecret = () => randomBytes(16).toString('hex')

interface Own {
  workspaceId: WorkspaceId
  metaId: string
  wabaId: string
  secret: string
}

let world: World
let now = Date.now()
let acme: Own
let globex: Own
beforeAll(async () => {
  world = await aWorld({ now: () => new Date(now) })
})
beforeEach(async () => {
  // Nothing that was asked before is still remembered.
  now += 60_000
  acme = await withOwnSecret()
  globex = await withOwnSecret()
})
afterAll(() => world.close())

async function withOwnSecret(secret = aSecret(), wabaId = String(++ids)): Promise<Own> {
  const { config, containers } = world.deps
  const workspaceId = aWorkspaceId()
  const metaId = String(++ids)
  const number = aPhoneNumber(workspaceId, { meta_id: metaId, waba_id: wabaId })
  const directory = phoneNumberDirectory(containers)
  await directory.claimNumber(metaId, { workspaceId, phoneNumberId: number.id, at: number.created_at })
  await directory.addToWaba(wabaId, workspaceId)
  await phoneNumberStore(containers).create({ ...number, app_secret: sealAppSecret(config, number, secret) })
  return { workspaceId, metaId, wabaId, secret }
}
let ids = 900_000_000

/** What an intake was given. */
function anIntake() {
  const taken: Partial<Record<EventKind, Change[]>> = {}
  return {
    taken,
    webhookIntake: {
      take: (kinds: ReadonlyMap<EventKind, Change[]>) => {
        for (const [kind, changes] of kinds) (taken[kind] ??= []).push(...changes)
        return Promise.resolve()
      },
    },
  }
}

const aStatus = ({ metaId }: Own) => ({
  field: 'messages',
  value: { metadata: { phone_number_id: metaId }, statuses: [{ id: `wamid.${metaId}`, status: 'sent' }] },
})

function bodyOf(entryId: string, ...changes: unknown[]): string {
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: entryId, time: 1, changes }] })
}

async function post(body: string, secret: string | null, changes: Partial<Deps> = {}) {
  const { taken, webhookIntake } = anIntake()
  const before = await parkedNames()
  const request = aPost(body, secret === null ? null : signatureOf(body, secret))
  const { status } = await handleRequest(receiveWebhookEndpoint, request, { ...world.deps, webhookIntake, ...changes })
  const added = (await parkedNames()).filter((name) => !before.includes(name))
  const parked = await Promise.all(added.map((name) => world.deps.blobs.get('webhook-parked', name)))
  // Written by `park` from changes.
  return { status, taken, parked: parked.flatMap((bytes) => JSON.parse(bytes.toString('utf8')) as Change[]) }
}

async function parkedNames(): Promise<string[]> {
  const names = []
  for await (const { name } of blobService(world.config).getContainerClient('webhook-parked').listBlobsFlat())
    names.push(name)
  return names
}

describe('a body that the app of a number signs', () => {
  it('is taken for that number, and refused with any other secret', async () => {
    const body = bodyOf(acme.wabaId, aStatus(acme))
    const { status, taken, parked } = await post(body, acme.secret)
    expect(status).toBe(200)
    expect(taken.statuses).toEqual([{ entry_id: null, entry_time: 1, ...aStatus(acme) }])
    expect(parked).toEqual([])
    for (const secret of [globex.secret, aSecret(), '', null]) {
      expect(await post(body, secret)).toMatchObject({ status: 401, taken: {}, parked: [] })
    }
  })

  it('speaks for no other number: what it says of one is kept, and not believed', async () => {
    const body = bodyOf(acme.wabaId, aStatus(acme), aStatus(globex))
    const { status, taken, parked } = await post(body, acme.secret)
    expect(status).toBe(200)
    expect(taken.statuses).toHaveLength(1)
    expect(taken.statuses).toMatchObject([aStatus(acme)])
    expect(parked).toMatchObject([aStatus(globex)])
  })

  it('speaks for every number that has its secret, whoever they belong to', async () => {
    const initech = await withOwnSecret(acme.secret)
    const { taken, parked } = await post(bodyOf('1', aStatus(globex), aStatus(initech), aStatus(acme)), acme.secret)
    expect(taken.statuses).toMatchObject([aStatus(initech), aStatus(acme)])
    expect(parked).toMatchObject([aStatus(globex)])
  })

  it('speaks for the account of its number, and proves no other account', async () => {
    const template = { field: 'message_template_status_update', value: { event: 'PAUSED' } }
    expect((await post(bodyOf(acme.wabaId, template), acme.secret)).taken.account).toMatchObject([template])
    expect(await post(bodyOf(globex.wabaId, template), acme.secret)).toMatchObject({ status: 401, taken: {} })
    const both = JSON.stringify({
      entry: [
        { id: acme.wabaId, changes: [template] },
        { id: globex.wabaId, changes: [template] },
      ],
    })
    const { taken, parked } = await post(both, acme.secret)
    expect([taken.account, parked]).toMatchObject([[{ entry_id: acme.wabaId }], [{ entry_id: globex.wabaId }]])
  })

  it('speaks for an account that others use too only if they all gave the same secret', async () => {
    const shared = await withOwnSecret(acme.secret, acme.wabaId)
    const template = { field: 'message_template_status_update', value: { event: 'PAUSED' } }
    expect((await post(bodyOf(acme.wabaId, template), acme.secret)).status).toBe(200)
    await updatePhoneNumber(world.deps, shared.workspaceId, shared.metaId, { appSecret: '' })
    now += 60_000
    expect((await post(bodyOf(acme.wabaId, template), acme.secret)).status).toBe(401)
    const { taken, parked } = await post(bodyOf(acme.wabaId, aStatus(acme), template), acme.secret)
    // The number is proven, and its account is not.
    expect(taken).toMatchObject({ statuses: [{ entry_id: null, ...aStatus(acme) }] })
    expect(parked).toMatchObject([template])
  })

  it.each([
    ['names another account in its value', 'account_update', () => ({ waba_info: { waba_id: globex.wabaId } })],
    ['may be about more than its account', 'account_alerts', () => ({ entity_id: globex.wabaId })],
    ['is no change we know', 'something_new', () => ({})],
  ])('is not believed where an event %s', async (_what, field, value) => {
    const { status, taken, parked } = await post(bodyOf(acme.wabaId, { field, value: value() }), acme.secret)
    expect([status, taken]).toEqual([200, {}])
    expect(parked).toMatchObject([{ field }])
  })

  it('counts no more once the secret is changed, taken away, or the number gone', async () => {
    const body = bodyOf(acme.wabaId, aStatus(acme))
    const next = aSecret()
    await updatePhoneNumber(world.deps, acme.workspaceId, acme.metaId, { appSecret: next })
    expect((await post(body, next)).status).toBe(200)
    expect((await post(body, acme.secret)).status).toBe(401)
    await updatePhoneNumber(world.deps, acme.workspaceId, acme.metaId, { appSecret: '' })
    now += 60_000
    expect((await post(body, next)).status).toBe(401)
    const globexBody = bodyOf(globex.wabaId, aStatus(globex))
    expect((await post(globexBody, globex.secret)).status).toBe(200)
    await deletePhoneNumber(world.deps, globex.workspaceId, globex.metaId)
    now += 60_000
    expect((await post(globexBody, globex.secret)).status).toBe(401)
  })

  it('leaves this server’s own app its word for the number', async () => {
    const body = bodyOf(globex.wabaId, aStatus(acme), { field: 'something_new', value: {} })
    const { status, taken, parked } = await post(body, world.deps.config.meta.appSecrets[0]!)
    expect(status).toBe(200)
    expect(taken).toMatchObject({ statuses: [aStatus(acme)], account: [{ field: 'something_new' }] })
    expect(parked).toEqual([])
  })

  it('is not parsed before its signature holds', async () => {
    const body = bodyOf(acme.wabaId, aStatus(acme))
    const parse = JSON.parse
    const parsed: string[] = []
    JSON.parse = (...parameters: Parameters<typeof parse>) => {
      parsed.push(parameters[0])
      return parse(...parameters) as unknown
    }
    try {
      expect((await post(body, globex.secret)).status).toBe(401)
    } finally {
      JSON.parse = parse
    }
    expect(parsed).not.toContain(body)
  })
})

describe('looking for a number’s secret', () => {
  function counting() {
    const asked: string[] = []
    const findNow = (metaId: string) => {
      asked.push(metaId)
      return world.deps.numberOwners.findNow(metaId)
    }
    const numberOwners = { ...world.deps.numberOwners, findNow }
    return { asked, deps: { numberSecrets: numberSecrets({ ...world.deps, numberOwners }) } }
  }

  it('asks no store for a body that cannot be signed, nor for one that the server’s own app signs', async () => {
    const { asked, deps } = counting()
    const body = bodyOf(acme.wabaId, aStatus(acme))
    for (const header of [null, '', 'sha256=', `sha256=${'0'.repeat(63)}`, `sha1=${'0'.repeat(64)}`]) {
      const answer = await handleRequest(receiveWebhookEndpoint, aPost(body, header), { ...world.deps, ...deps })
      expect(answer.status).toBe(401)
    }
    await post(body, world.deps.config.meta.appSecrets[0]!, deps)
    expect(asked).toEqual([])
  })

  it('asks about four numbers of a body at most, and not again for a while', async () => {
    const { asked, deps } = counting()
    const strangers = Array.from({ length: 20 }, (_, at) => aStatus({ ...acme, metaId: `77${at}` }))
    for (let time = 0; time < 3; time++)
      expect((await post(bodyOf('1', ...strangers), aSecret(), deps)).status).toBe(401)
    expect(asked).toHaveLength(4)
  })

  it('answers 503 when strangers name more numbers than can be looked for, and knows its own meanwhile', async () => {
    const { asked, deps } = counting()
    const mine = bodyOf(acme.wabaId, aStatus(acme))
    expect((await post(mine, acme.secret, deps)).status).toBe(200)
    const statuses: number[] = []
    for (let at = 0; at < 40; at++) {
      const strangers = [1, 2, 3].map((each) => aStatus({ ...acme, metaId: `88${at}000${each}` }))
      statuses.push((await post(bodyOf('1', ...strangers), aSecret(), deps)).status)
    }
    expect([...new Set(statuses)]).toEqual([401, 503])
    expect(asked.length).toBeLessThanOrEqual(52)
    expect((await post(mine, acme.secret, deps)).status).toBe(200)
    now += 1000
    expect((await post(bodyOf('1', aStatus({ ...acme, metaId: '99' })), aSecret(), deps)).status).toBe(401)
  })

  it('answers 503, and not 401, while the store cannot be asked', async () => {
    const broken = {
      findNow: () => Promise.reject(new Error('no store today')),
      find: () => Promise.resolve(undefined),
    }
    const deps = { numberSecrets: numberSecrets({ ...world.deps, numberOwners: broken }) }
    expect((await post(bodyOf(acme.wabaId, aStatus(acme)), acme.secret, deps)).status).toBe(503)
  })
})
