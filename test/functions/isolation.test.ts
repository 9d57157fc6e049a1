/**
 * One workspace never reads, writes or even learns of anything of another one, whatever id stands in whatever place.
 * Places are found in the declarations of the endpoints.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { getContactEndpoint } from '../../functions/contacts/get.ts'
import { listContactsEndpoint } from '../../functions/contacts/list.ts'
import { getPhoneNumberEndpoint } from '../../functions/phone-numbers/get.ts'
import { listPhoneNumbersEndpoint } from '../../functions/phone-numbers/list.ts'
import { getTemplateEndpoint } from '../../functions/templates/get.ts'
import { getWorkspaceEndpoint } from '../../functions/workspaces/get.ts'
import { atOnce } from '../../shared/at-once.ts'
import { newCampaignId, newId, recipientMessageId, type IdKind } from '../../shared/ids.ts'
import { memberId } from '../../shared/workspaces/schema.ts'
import { aRequestOf, at, idPositions, send, watched, type Ids, type Position } from '../support/every-endpoint.ts'
import { shareOf } from '../support/share.ts'
import { oneOfEach, oneOfEachDeleted } from '../support/one-of-each.ts'
import { aMetaWorld, aPerson, aTenant, bearer, connectNumber, type MetaWorld, type Tenant } from '../support/tenants.ts'

/** Most of a request is waiting for a store. */
const AT_ONCE = 4

let meta: MetaWorld
let acme: Tenant
let globex: Tenant
let mine: Ids
let theirs: Ids
let theirMetaId: string
/** Things that acme had. */
let deleted: Partial<Ids>
/** Headers of those who belong to acme alone, and of somebody who belongs to nothing. */
let callers: Record<'owner' | 'API key' | 'stranger', Record<string, string>>

beforeAll(async () => {
  meta = await aMetaWorld()
  ;[acme, globex] = await Promise.all([aTenant(meta.world), aTenant(meta.world, 'Globex')])
  theirMetaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  mine = await oneOfEach(meta, acme.id, meta.simulator.phoneNumberId)
  theirs = await oneOfEach(meta, globex.id, theirMetaId)
  deleted = await oneOfEachDeleted(meta, acme)
  const owner = bearer(acme.owner.token)
  const workspace = await send(meta.deps, getWorkspaceEndpoint, aRequestOf(getWorkspaceEndpoint, mine), owner)
  const apiKey = (JSON.parse(workspace.text) as { api_key: string }).api_key
  callers = { owner, 'API key': { 'x-api-key': apiKey }, stranger: bearer((await aPerson(meta.world)).token) }
})
afterAll(() => meta.close())

const KIND_OF: Record<keyof Ids, IdKind | undefined> = {
  workspace_id: undefined,
  phone_number_id: 'phoneNumber',
  template_id: 'template',
  contact_id: 'contact',
  segment_id: 'segment',
  job_id: 'contactJob',
  campaign_id: 'campaign',
  member_id: 'other',
  media_id: 'media',
  import_id: 'import',
  message_id: 'message',
  endpoint_id: 'other',
  delivery_id: 'other',
  conversation_id: 'conversation',
}

/** Well-formed ids of nothing that acme has in the field's place: all must be answered alike. */
function wrongIds(field: keyof Ids): Record<string, string> {
  const others = Object.entries(mine).filter(([name]) => name !== field)
  return {
    foreign: theirs[field],
    'foreign, in capitals': theirs[field].toUpperCase(),
    random: randomUUID(),
    nil: '00000000-0000-0000-0000-000000000000',
    max: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ...Object.fromEntries(others.map(([name, id]) => [`my own ${name}`, id])),
    'my own id as a user': acme.owner.userId,
    ...(field === 'member_id' ? {} : { 'my own row as a member': memberId(acme.id, acme.owner.userId) }),
    'a recipient of my campaign': recipientMessageId({ campaignId: mine.campaign_id, page: 0, position: 0 }),
    ...(deleted[field] === undefined ? {} : { deleted: deleted[field] }),
    ...Object.fromEntries(neverMade(field).map((id) => [`never made ${id}`, id])),
    ...(field === 'phone_number_id'
      ? { "Meta's id of a foreign number": theirMetaId, 'digits of nothing': '9'.repeat(15) }
      : {}),
  }
}

/** Ids with the tag of my own workspace, of the field's kind and of none. */
function neverMade(field: keyof Ids): string[] {
  const kind = KIND_OF[field]
  if (kind === undefined) return []
  const right = kind === 'campaign' ? newCampaignId(acme.id, new Date()) : newId(kind as 'template', acme.id)
  return [right, newId('other', acme.id), `${right.slice(0, 11)}ff${right.slice(13)}`]
}

const MALFORMED = [
  'x',
  ' ',
  '0',
  '..',
  '../../etc',
  'null',
  'undefined',
  '[object Object]',
  '%00',
  'a\u0000b',
  '\u{1f600}',
  "' OR 1=1 --",
  '9'.repeat(33),
  'a'.repeat(5000),
]

const positions = idPositions()
const named = positions.map((position): [string, Position] => [nameOf(position), position])

function nameOf({ endpoint, part, field }: Position): string {
  return `${endpoint.method} ${endpoint.path}${endpoint.name.endsWith('execute') ? ' (execute)' : ''} ${part}.${field}`
}

/** Statuses that say "nothing here for you" in this place, whoever asks and whichever id it is. */
function refusals({ endpoint, part, field }: Position): number[] {
  if (part === 'params') return [field === 'workspace_id' ? 403 : 404]
  if (field === 'workspace_id') return [403, 422]
  // A reference to nothing; in a filter it finds nothing.
  return part === 'query' ? [200] : [404, 422, ...(endpoint.allow === 'admin' ? [403] : [])]
}

async function ask(position: Position, id: string, headers: Record<string, string>, ids: Ids = mine) {
  const { deps, done } = watched(meta.deps)
  const { endpoint } = position
  const { status, text } = await send(deps, endpoint, at(position, id, aRequestOf(endpoint, ids)), headers)
  return { status, text, alike: text.replace(/"request_id":"[^"]*"/, ''), done }
}

describe('the declared places of ids', () => {
  it('are found, in paths, queries, bodies and forms', () => {
    expect(positions.length).toBeGreaterThan(35)
    expect(new Set(positions.map(({ part }) => part))).toEqual(new Set(['params', 'query', 'body', 'form']))
  })
})

describe.each(['owner', 'API key'] as const)('to the %s of another workspace', (who) => {
  it.each(named)('%s is answered alike for every id that is not theirs, and does nothing', async (_name, position) => {
    const answers = new Map<string, string[]>()
    // A key that may not do this at all is told so for every id that is of its own workspace by its looks.
    const isBeyond = who === 'API key' && ['admin', 'owner'].includes(position.endpoint.allow)
    const all = Object.entries(wrongIds(position.field))
    const isMine = ([what]: [string, string]) => what.startsWith('my own ')
    const wrong = [...all.filter((one) => !isMine(one)), ...shareOf(all.filter(isMine), positions.indexOf(position))]
    await atOnce(AT_ONCE, wrong, async ([what, id]) => {
      if (isMetaId(id) && !takesMetaIds(position)) return
      const { status, text, alike, done } = await ask(position, id, callers[who])
      const expected = isBeyond ? [403, 404] : refusals(position)
      expect(expected, `${what}: ${text}`).toContain(status)
      expect(text.toLowerCase(), what).not.toContain(id.toLowerCase())
      expect(done, what).toEqual([])
      answers.set(alike, [...(answers.get(alike) ?? []), what])
    })
    expect(answers.size, JSON.stringify([...answers])).toBeLessThanOrEqual(isBeyond && position.endpoint.entity ? 2 : 1)
  })
})

/** Only places that take Meta's digits for a number tell them from a malformed id. */
function takesMetaIds({ endpoint, part }: Position): boolean {
  return part !== 'params' || 'workspace_id' in (endpoint.params?.shape ?? {})
}

function isMetaId(id: string): boolean {
  return /^\d+$/.test(id)
}

it.each(named)('%s tells somebody without a workspace nothing at all', async (_name, position) => {
  const answers = new Set<string>()
  for (const id of [theirs[position.field], mine[position.field], randomUUID(), mine.template_id]) {
    const { status, text, alike, done } = await ask(position, id, callers.stranger)
    expect([403, 404], text).toContain(status)
    expect(done).toEqual([])
    answers.add(alike)
  }
  expect([...answers]).toHaveLength(1)
})

it.each(named)('%s is 422 for what is no id, and does nothing', async (_name, position) => {
  await atOnce(AT_ONCE, MALFORMED, async (id) => {
    if (isMetaId(id) && id.length <= 32 && takesMetaIds(position)) return
    const { status, text, done } = await ask(position, id, callers.owner)
    expect(status, `${id.slice(0, 20)}: ${text}`).toBe(422)
    const part = { params: 'path', query: 'query', body: 'body', form: 'body' }[position.part]
    expect(JSON.parse(text)).toHaveProperty('detail.0.loc.0', part)
    expect(done).toEqual([])
  })
})

it.each(named)('%s takes one’s own id in capitals', async (_name, position) => {
  // What is deleted is somebody's who has nothing else to do here.
  const takesAway = position.endpoint.method === 'DELETE' || position.endpoint.name === 'contacts-erase'
  const { ids, headers } = takesAway ? await aBystander() : { ids: mine, headers: callers.owner }
  const { status, text } = await ask(position, ids[position.field].toUpperCase(), headers, ids)
  expect([200, 201, 202, 204, 307, 400, 409], text).toContain(status)
})

async function aBystander(): Promise<{ ids: Ids; headers: Record<string, string> }> {
  const { id, owner } = await aTenant(meta.world)
  const metaId = String((await meta.control('POST', 'phone-numbers', {}))['phone_number_id'])
  return { ids: await oneOfEach(meta, id, metaId), headers: bearer(owner.token) }
}

it('leaves everything of the other workspace as it was', async () => {
  const owner = bearer(globex.owner.token)
  for (const endpoint of [getPhoneNumberEndpoint, getTemplateEndpoint, getContactEndpoint]) {
    expect(await send(meta.deps, endpoint, aRequestOf(endpoint, theirs), owner)).toMatchObject({ status: 200 })
  }
  const contacts = await send(meta.deps, listContactsEndpoint, aRequestOf(listContactsEndpoint, theirs), owner)
  expect(JSON.parse(contacts.text)).toMatchObject({ total: 1 })
  const numbers = { params: {}, query: {}, body: undefined }
  const listed = await send(meta.deps, listPhoneNumbersEndpoint, numbers, callers.owner)
  expect(JSON.parse(listed.text)).toMatchObject({ total: 1, data: [{ id: mine.phone_number_id }] })
})

it('lets nobody join another’s business account by connecting a number of their own', async () => {
  const other = String((await meta.control('POST', 'wabas', {}))['waba_id'])
  const own = String((await meta.control('POST', 'phone-numbers', { waba_id: other }))['phone_number_id'])
  const connecting = connectNumber(meta, acme.id, { metaId: own, wabaId: meta.simulator.wabaId })
  await expect(connecting).rejects.toMatchObject({ problems: [{ loc: ['body', 'business_id'] }] })
  await expect(connectNumber(meta, acme.id, { metaId: own, wabaId: other })).resolves.toMatchObject({ waba_id: other })
})
