/**
 * Whatever a client sends to whichever endpoint, the answer is below 500, carries its request's id, and an error has one
 * of the two documented shapes. Requests are made from the endpoints' declarations and one good body for each.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { signUpEndpoint } from '../../functions/accounts/sign-up.ts'
import { listWorkspacesEndpoint } from '../../functions/workspaces/list.ts'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../local/identity-providers/server.ts'
import { atOnce } from '../../shared/at-once.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { createContact } from '../../shared/contacts/create.ts'
import type { Deps } from '../../shared/deps.ts'
import type { Endpoint } from '../../shared/http/endpoint.ts'
import { createSegment } from '../../shared/segments/change.ts'
import { createTemplate } from '../../shared/templates/create.ts'
import { createWorkspace } from '../../shared/workspaces/create.ts'
import { allReady } from '../support/all-ready.ts'
import { HEADERS, HOSTILE, ODD_QUERIES, RAW, TEXTS } from '../support/hostile-values.ts'
import { aBulkJob } from '../support/bulk.ts'
import { aRequestOf, send, shapeOf, type Answered, type Ids } from '../support/every-endpoint.ts'
import { aQueuedText, aStoredImage } from '../support/messages.ts'
import { shareOf } from '../support/share.ts'
import { anImport } from '../support/imports.ts'
import { aMember } from '../support/members.ts'
import { A_PASSWORD, aMetaWorld, aTenant, connectNumber, type MetaWorld, type Tenant } from '../support/tenants.ts'
import { anEndpointWithDelivery } from '../support/webhook-endpoints.ts'

/** Most of a request is waiting for a store. */
const AT_ONCE = 4

let meta: MetaWorld
let standIns: IdentityProviderStandIns
let deps: Deps
let acme: Tenant
let ids: Ids
let doomed: string
let signedIn: Record<string, string>

beforeAll(async () => {
  standIns = await startIdentityProviders()
  standIns.person()
  meta = await aMetaWorld({ env: standIns.settings })
  // Hashing a thousand passwords takes a minute; that it works with odd ones is tested beside it.
  const passwords = { hash: () => Promise.resolve('hash'), verify: () => Promise.resolve(false) }
  deps = { ...meta.deps, passwords, readiness: allReady }
  acme = await aTenant(meta.world)
  const { id: phone_number_id } = await connectNumber(meta, acme.id)
  const common = { workspace_id: acme.id, phone_number_id }
  const { id: template_id } = await createTemplate(deps, acme.id, {
    phoneNumberRef: phone_number_id,
    name: 'greeting',
    category: 'MARKETING',
    language: 'en',
    components: [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }],
  })
  const contact_id = (await createContact(deps, acme.id, { phone_number: '+12015550123' })).id
  const { id: member_id } = (await aMember(meta.world, acme.id, 'MEMBER')).member
  const owner = { userId: acme.owner.userId, email: acme.owner.email, memberships: [] }
  doomed = (await createWorkspace(deps, owner, { name: 'Doomed', plan: 'free' })).id
  const campaign_id = (await createCampaign(deps, acme.id, { ...common, name: 'Autumn' })).id
  const media_id = (await aStoredImage(deps, acme.id)).id
  const import_id = (await anImport(deps, acme.id)).id
  const { id: message_id, conversation_id } = await aQueuedText(deps, acme.id, phone_number_id)
  const more = { message_id, conversation_id, ...(await anEndpointWithDelivery(deps, acme.id)) }
  const segment_id = (await createSegment(deps, acme.id, { name: 'Regulars', filter: {} })).id
  const job_id = await aBulkJob(deps, acme.id)
  ids = { ...common, job_id, segment_id, template_id, contact_id, campaign_id, member_id, media_id, import_id, ...more }
  signedIn = { authorization: `Bearer ${acme.owner.token}` }
})
afterAll(async () => {
  await meta.close()
  await standIns.close()
})

/** The one that deletes a workspace gets another one to do it with. */
function idsFor({ name }: Endpoint): Ids {
  return name === 'workspaces-delete' ? { ...ids, workspace_id: doomed } : ids
}

const FastApiProblems = z.strictObject({
  detail: z
    .array(
      z.strictObject({
        loc: z.array(z.union([z.string(), z.number()])).min(1),
        msg: z.string().min(1),
        type: z.string().min(1),
      }),
    )
    .min(1),
})
const OtherError = z.looseObject({
  detail: z.string().min(1),
  code: z.string().regex(/^[a-z_]+$/),
  request_id: z.string().min(1),
})

/** A tenth of what a thousand values could take up: no small request makes a large answer. */
const LONGEST_ERROR = 64 * 1024

function expectGood({ status, headers, text }: Answered, what: string): void {
  const said = `${what}: ${status} ${text.slice(0, 500)}`
  expect(status, said).toBeLessThan(500)
  expect(headers['x-request-id'], said).toMatch(/^[\w.-]{1,64}$/)
  // Nothing that somebody else wrote is ever taken for a page or a script.
  expect(headers['x-content-type-options'], said).toBe('nosniff')
  // The API document and its page are the same for everybody.
  const isDocument = text.startsWith('{"openapi"') || text.startsWith('<!doctype html>')
  if (!isDocument) expect(headers['cache-control'], said).toBe('no-store')
  if (status < 400) return
  expect(text.length, said).toBeLessThan(LONGEST_ERROR)
  const body: unknown = JSON.parse(text)
  const shape = status === 422 ? FastApiProblems : OtherError
  expect(shape.safeParse(body).success, said).toBe(true)
  if (status !== 422) expect(body).toMatchObject({ request_id: headers['x-request-id'] })
}

/** The body with `value` in the place of each of its parts, its own root included. */
function* replaced(body: unknown, value: unknown): Generator<[path: string, body: unknown]> {
  yield ['', value]
  if (typeof body !== 'object' || body === null) return
  for (const [key, part] of Object.entries(body)) {
    for (const [path, inside] of replaced(part, value)) {
      const copy = (Array.isArray(body) ? [...(body as unknown[])] : { ...body }) as Record<string, unknown>
      copy[key] = inside
      yield [`.${key}${path}`, copy]
    }
  }
}

const all = ENDPOINTS.map((endpoint): [string, Endpoint] => [endpoint.name, endpoint])
/** Those inside a workspace's path take the same bodies with the same handlers as their twins. */
const isTwin = (name: string) => name.startsWith('workspace-campaigns-') || name.endsWith('-of-workspace')
const withBody = all.filter(([name, { body }]) => body !== undefined && !isTwin(name))

describe.each(withBody.map(([name, endpoint], row) => ({ name, endpoint, row })))('the body of $name', (one) => {
  const { endpoint } = one
  it.each(HOSTILE.map(([what, value], row) => ({ what, value, row })))(
    'may have $what in any place',
    async ({ what, value, row }) => {
      const good = aRequestOf(endpoint, idsFor(endpoint))
      await atOnce(AT_ONCE, shareOf(replaced(good.body, value), row), async ([path, body]) => {
        const content = JSON.stringify(body)
        expectGood(await send(deps, endpoint, { ...good, body: content }, signedIn), `${what} in ${path}`)
      })
    },
  )

  it('may have fields that nobody knows', async () => {
    const good = aRequestOf(endpoint, idsFor(endpoint))
    await atOnce(AT_ONCE, shareOf(HOSTILE, one.row), async ([what, value]) => {
      const body = { ...(good.body as object), surprise: value }
      expectGood(await send(deps, endpoint, { ...good, body }, signedIn), what)
    })
  })
})

const reads = ([name, { body, form }]: [string, Endpoint]) =>
  body !== undefined || form !== undefined || name === 'webhook-receive'
const reading = all.filter(reads)
const others = all.filter((one) => !reads(one))

describe.each(RAW.map(([what, body], row) => ({ what, body, row })))('a body of $what', ({ what, body, row }) => {
  it('is answered by every endpoint that reads one', async () => {
    await atOnce(AT_ONCE, shareOf(reading, row), async ([name, endpoint]) => {
      const answer = await send(deps, endpoint, { ...aRequestOf(endpoint, idsFor(endpoint)), body }, signedIn)
      expectGood(answer, `${name} with ${what}`)
    })
  })
})

it('a body is no matter where none is asked for', async () => {
  await atOnce(AT_ONCE, others, async ([name, endpoint]) => {
    const body = randomBytes(10_000)
    expectGood(await send(deps, endpoint, { ...aRequestOf(endpoint, idsFor(endpoint)), body }, signedIn), name)
  })
})

const withForm = all.filter(([, { form }]) => form !== undefined)

describe.each(withForm)('the form of %s', (_name, endpoint) => {
  it('may have anything in any field, as text and as a file', async () => {
    await atOnce(AT_ONCE, HOSTILE.entries(), async ([row, [what, value]]) => {
      const content = typeof value === 'string' ? value : JSON.stringify(value)
      const good = aRequestOf(endpoint, ids)
      for (const field of shareOf([...Object.keys(good.form ?? {}), 'surprise'], row)) {
        for (const given of [
          content,
          { content, filename: 'a.txt' },
          { content, filename: 'a.csv', type: 'text/csv' },
        ]) {
          const form = { ...good.form, [field]: given }
          expectGood(await send(deps, endpoint, { ...good, form }, signedIn), `${what} in ${field}`)
        }
      }
    })
  })

  it('may have any text as the name and type of a file', async () => {
    await atOnce(AT_ONCE, TEXTS, async ([what, text]) => {
      const good = aRequestOf(endpoint, ids)
      for (const file of [
        { content: 'x', filename: text },
        { content: 'x', filename: 'a.txt', type: text },
      ]) {
        expectGood(await send(deps, endpoint, { ...good, form: { ...good.form, file } }, signedIn), what)
      }
    })
  })

  it.each(RAW)('may be %s instead', async (what, body) => {
    const headers = { ...signedIn, 'content-type': 'multipart/form-data; boundary=b' }
    for (const content of [body, Buffer.concat([Buffer.from('--b\r\n'), Buffer.from(body)])]) {
      expectGood(await send(deps, endpoint, { ...aRequestOf(endpoint, ids), body: content }, headers), what)
    }
  })
})

describe.each(all.map(([name, endpoint], row) => ({ name, endpoint, row })))(
  'the address of $name',
  ({ endpoint, row }) => {
    it.each(queryFields(endpoint))('may have anything as the query field %s', async (field) => {
      const good = aRequestOf(endpoint, idsFor(endpoint))
      await atOnce(AT_ONCE, shareOf([...TEXTS.map(([, text]) => text), ...ODD_QUERIES], row), async (value) => {
        const query = new URLSearchParams({ ...good.query, [field]: value })
        expectGood(await send(deps, endpoint, { ...good, query }, signedIn), `${field}=${value.slice(0, 50)}`)
      })
    })

    it('may have fields twice, and fields that nobody knows', async () => {
      const good = aRequestOf(endpoint, idsFor(endpoint))
      const unknown = {
        __proto__x: '1',
        constructor: 'a\u0000b',
        '': '',
        'hub.mode': 'subscribe',
        'hub.challenge': '1',
      }
      const twice: [string, string][] = [
        ...new URLSearchParams({ ...good.query, ...unknown }),
        ['__proto__', '1'],
        ['__proto__', '2'],
      ]
      for (const field of queryFields(endpoint)) twice.push([field, 'x'], [field, '1'])
      expectGood(await send(deps, endpoint, { ...good, query: twice }, signedIn), 'twice')
    })

    it('may have anything in its path', async () => {
      const good = aRequestOf(endpoint, idsFor(endpoint))
      for (const field of Object.keys(shapeOf(endpoint.params))) {
        await atOnce(AT_ONCE, shareOf(TEXTS, row), async ([what, text]) => {
          const params = { ...good.params, [field]: text }
          expectGood(await send(deps, endpoint, { ...good, params }, signedIn), `${field} with ${what}`)
        })
      }
    })
  },
)

/** Those it declares, and those it reads without: Meta's have dots in their names. */
function queryFields({ name, query }: Endpoint): string[] {
  const own = name === 'webhook-verify' ? ['hub.mode', 'hub.verify_token', 'hub.challenge'] : []
  return [...Object.keys(shapeOf(query)), ...own]
}

it.each(HEADERS.map((headers, row) => ({ shown: JSON.stringify(headers).slice(0, 60), headers, row })))(
  'every endpoint answers a request with $shown',
  async ({ headers, row }) => {
    const isCredential = 'authorization' in headers || 'x-api-key' in headers
    await atOnce(AT_ONCE, shareOf(all, row), async ([name, endpoint]) => {
      const answer = await send(
        deps,
        endpoint,
        aRequestOf(endpoint, idsFor(endpoint)),
        isCredential ? headers : { ...signedIn, ...headers },
      )
      expectGood(answer, name)
      if (isCredential && endpoint.allow !== 'anyone') expect(answer, name).toMatchObject({ status: 401 })
    })
  },
)

it('takes passwords of any characters, as they are', async () => {
  for (const password of ['a\u0000bcdefgh', '        ', '\u{1f600}'.repeat(200), 'é'.repeat(8)]) {
    const { params, query, body } = aRequestOf(signUpEndpoint, ids)
    const answer = await send(meta.deps, signUpEndpoint, { params, query, body: { ...(body as object), password } }, {})
    expect(answer).toMatchObject({ status: 200 })
  }
})

it('logs no secret, number or address, whatever was sent', async () => {
  expectGood(await send(deps, listWorkspacesEndpoint, { params: {}, query: {}, body: undefined }, signedIn), 'list')
  const log = JSON.stringify(meta.world.lines)
  expect(log).toContain('http.answered')
  expect(log).not.toContain('http.failed')
  const secrets = [acme.owner.token, acme.owner.email, A_PASSWORD, meta.simulator.accessToken, '5550123', 'EAAmadeup']
  for (const secret of secrets) expect(log).not.toContain(secret)
})
