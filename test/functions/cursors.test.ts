/** Cursors that nobody was given: every list refuses them or answers from its caller's own workspace. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { aRequestOf, send, shapeOf, type Ids } from '../support/every-endpoint.ts'
import { oneOfEach } from '../support/one-of-each.ts'
import { aMetaWorld, aTenant, bearer, type MetaWorld, type Tenant } from '../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let mine: Ids
let theirs: Ids

beforeAll(async () => {
  meta = await aMetaWorld()
  const tenants = await Promise.all([aTenant(meta.world), aTenant(meta.world, 'Globex')])
  const otherNumber = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  acme = tenants[0]
  mine = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  theirs = await oneOfEach(meta, tenants[1].id, otherNumber)
})
afterAll(() => meta.close())

/** In the fields of both kinds of cursors. */
function forged(at: unknown, id: unknown, more: object = {}) {
  return { created_at: at, at, id, offset: 0, total: Number.MAX_SAFE_INTEGER, reach: 'inside', ...more }
}

const FORGED: [string, unknown][] = [
  ['of the end of time', forged('9999-12-31T23:59:59.999Z', 'ffffffff-ffff-ffff-ffff-ffffffffffff')],
  ['with SQL', forged("' OR 1=1 --", "') OR c.workspace_id != '")],
  ['with half a character', forged('\ud800', 'x')],
  ['with a null byte', forged('9999', '\0')],
  ['with another workspace', forged('9999', 'x', { workspace_id: 'theirs' })],
  ['with objects for texts', forged({ $gt: '' }, [])],
  ['with text without end', forged('9'.repeat(10_000), 'x')],
  ['without a total', forged('9999', 'x', { total: -1 })],
  ['that is null', null],
  ['that is a list', []],
]

const lists = ENDPOINTS.filter(({ query }) => 'cursor' in shapeOf(query))

describe.each(FORGED)('a cursor %s', (_what, cursor) => {
  it.each(lists.map((list) => [list.name, list] as const))('shows nothing of others in %s', async (_name, list) => {
    const asked = aRequestOf(list, mine)
    const encoded = Buffer.from(JSON.stringify(cursor)).toString('base64url')
    const query = { ...asked.query, cursor: encoded }
    const { status, text } = await send(meta.deps, list, { ...asked, query }, bearer(acme.owner.token))
    expect([200, 422], text).toContain(status)
    for (const id of Object.values(theirs)) expect(text).not.toContain(id)
  })
})
