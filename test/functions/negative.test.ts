/**
 * Everything that the API document forbids is refused: each field of each operation with each single mistake its schema
 * knows, made from the document itself. The answer is 422, names the field, and nothing was done.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { atOnce } from '../../shared/at-once.ts'
import { createCampaign } from '../../shared/campaigns/create.ts'
import { createContact } from '../../shared/contacts/create.ts'
import { createSegment } from '../../shared/segments/change.ts'
import { createTemplate } from '../../shared/templates/create.ts'
import { aBulkJob } from '../support/bulk.ts'
import { aRequestOf, send, watched, type Asked, type Ids } from '../support/every-endpoint.ts'
import { aMember, withQuickPasswords } from '../support/members.ts'
import { anImport } from '../support/imports.ts'
import { aQueuedText, aStoredImage } from '../support/messages.ts'
import {
  fieldMutationsOf,
  mutationsOf,
  textMutationsOf,
  withField,
  type Kind,
  type Path,
} from '../support/openapi/mutations.ts'
import {
  described,
  fieldsOf,
  misfit,
  responseOf,
  type Described,
  type Field,
  type Schema,
} from '../support/openapi/schemas.ts'
import { aMetaWorld, aTenant, connectNumber, type MetaWorld } from '../support/tenants.ts'
import { anEndpointWithDelivery } from '../support/webhook-endpoints.ts'

/** Most of a request is waiting for a store. */
const AT_ONCE = 4

let meta: MetaWorld
let deps: MetaWorld['deps']
let ids: Ids
let signedIn: Record<string, string>

beforeAll(async () => {
  meta = await aMetaWorld()
  deps = withQuickPasswords(meta.world).deps
  const acme = await aTenant(meta.world)
  const { id: phone_number_id } = await connectNumber(meta, acme.id)
  const common = { workspace_id: acme.id, phone_number_id }
  const template = await createTemplate(deps, acme.id, {
    phoneNumberRef: phone_number_id,
    name: 'greeting',
    category: 'MARKETING',
    language: 'en',
    components: [{ type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }],
  })
  const contact = await createContact(deps, acme.id, { phone_number: '+12015550123' })
  const message = await aQueuedText(deps, acme.id, phone_number_id)
  ids = {
    ...common,
    template_id: template.id,
    contact_id: contact.id,
    job_id: await aBulkJob(deps, acme.id),
    segment_id: (await createSegment(deps, acme.id, { name: 'Regulars', filter: {} })).id,
    campaign_id: (await createCampaign(deps, acme.id, { ...common, name: 'Autumn' })).id,
    member_id: (await aMember(meta.world, acme.id, 'MEMBER')).member.id,
    media_id: (await aStoredImage(deps, acme.id)).id,
    import_id: (await anImport(deps, acme.id)).id,
    message_id: message.id,
    conversation_id: message.conversation_id,
    ...(await anEndpointWithDelivery(deps, acme.id)),
  }
  signedIn = { authorization: `Bearer ${acme.owner.token}` }
})
afterAll(() => meta.close())

interface Case {
  /** As FastAPI would tell the place. */
  loc: Path
  kind: Kind
  make: (asked: Asked) => Asked
}

const operations = ENDPOINTS.map(described)

/** Each single mistake that can be made in a request of the operation. */
function casesOf(operation: Described): Case[] {
  return [
    ...operation.path.flatMap((field) => textCases('path', field)),
    ...operation.query.filter(({ name }) => isChecked(operation, name)).flatMap((field) => textCases('query', field)),
    ...operation.form.flatMap((field) => textCases('body', field)),
    ...bodyCases(operation),
  ]
}

/** What the endpoint reads itself is only told, not checked: Meta's handshake. */
function isChecked({ endpoint }: Described, name: string): boolean {
  return !(name in (endpoint.document?.query?.shape ?? {}))
}

const PART_OF = { path: 'params', query: 'query', body: 'form' } as const

function textCases(place: 'path' | 'query' | 'body', field: Field): Case[] {
  const part = PART_OF[place]
  return textMutationsOf(field)
    .filter(({ kind, value }) => place !== 'path' || (kind !== 'missing' && value !== ''))
    .map(({ kind, value }) => ({
      loc: [place, field.name],
      kind,
      make: (asked) => {
        // Where the form names the workspace, the address that may name it too is kept out of it.
        const query = place === 'body' ? withField(asked.query, field.name, undefined) : asked.query
        return { ...asked, query, [part]: withField(asked[part], field.name, value) } as Asked
      },
    }))
}

function bodyCases({ endpoint, json }: Described): Case[] {
  if (!json || !endpoint.body) return []
  return [
    ...fieldMutationsOf(json).map(({ field, path, kind, value }): Case => ({
      loc: ['body', ...path],
      kind,
      make: (asked) => ({ ...asked, body: withField(asked.body, field, value) }),
    })),
    // A body that is none is sent as JSON: text would be sent as it is.
    ...mutationsOf(json)
      .filter(({ path }) => path.length === 0)
      .map(({ kind, value }): Case => ({
        loc: ['body'],
        kind,
        make: (asked) => ({ ...asked, body: JSON.stringify(value) }),
      })),
  ]
}

const tried = new Map(operations.map((operation) => [operation.endpoint.name, casesOf(operation)]))

interface Problem {
  loc: Path
  msg: string
  type: string
}

/** What such a mistake is called. A mistake in each of several alternatives is called by none of their names. */
const TYPES: Record<Kind, RegExp> = {
  missing: /^missing$/,
  null: /_type$|^enum$|^value_error$|^missing$/,
  'wrong type': /_type$|_parsing$|^enum$|^value_error$|^missing$|^string_|^too_short$|^(less|greater)_/,
  fraction: /^int_(type|parsing|from_float)$|_type$|_parsing$|^value_error$/,
  'too short': /too_short$|^value_error$|_parsing$|_mismatch$/,
  'too long': /too_long$|^value_error$/,
  below: /^greater_than_equal$/,
  above: /^less_than_equal$/,
  'not in the enum': /^enum$|^value_error$/,
  'bad format': /_parsing$|^value_error$|_mismatch$|too_short$/,
  'bad pattern': /_mismatch$|^value_error$|too_short$|_parsing$/,
  'bad key': /_mismatch$|^value_error$/,
  'extra key': /^extra_forbidden$|^value_error$/,
}

/** The problem is told where it is, or for the whole of which it makes no alternative fit. */
function isAbout(problem: Problem, loc: Path): boolean {
  const shared = Math.min(problem.loc.length, loc.length)
  return shared >= Math.min(2, loc.length) && loc.slice(0, shared).every((key, at) => problem.loc[at] === key)
}

/** Alternatives with words of their own are told as a whole, whatever is wrong inside them. */
function isOfKind(problem: Problem, kind: Kind, loc: Path): boolean {
  const isOfWhole = problem.loc.length > 1 && problem.loc.length < loc.length
  return TYPES[kind].test(problem.type) || (isOfWhole && problem.type === 'value_error')
}

async function refused(operation: Described, asked: Asked, what: string): Promise<Problem[]> {
  const { deps: eyed, done } = watched(deps)
  const answer = await send(eyed, operation.endpoint, asked, signedIn)
  const said = `${what}: ${answer.status} ${answer.text.slice(0, 400)}`
  expect(answer.status, said).toBe(422)
  const body = JSON.parse(answer.text) as { detail: Problem[] }
  const schema = responseOf(operation, 422)?.content?.['application/json']?.schema
  expect(schema && misfit(schema, body), said).toBeUndefined()
  expect(body.detail, said).toBeInstanceOf(Array)
  // Bytes that are staged are no blob before they are finished.
  expect(
    done.filter((one) => one !== 'blobs.writer'),
    said,
  ).toEqual([])
  return body.detail
}

describe.each([...tried].filter(([, cases]) => cases.length > 0))('%s', (name, cases) => {
  const operation = operations.find(({ endpoint }) => endpoint.name === name)!

  it('refuses every single mistake and names it', async () => {
    const wrong: string[] = []
    await atOnce(AT_ONCE, cases, async ({ loc, kind, make }) => {
      const asked = make(aRequestOf(operation.endpoint, ids))
      const what = `${loc.join('.')} ${kind} ${JSON.stringify(asked).slice(0, 300)}`
      try {
        const problems = await refused(operation, asked, what)
        const named = problems.filter((problem) => isAbout(problem, loc) && isOfKind(problem, kind, loc))
        expect(named, `${what}: ${JSON.stringify(problems)}`).not.toEqual([])
        expect(named[0]!.msg, what).not.toBe('')
      } catch (error) {
        wrong.push((error as Error).message.split('\n')[0]!)
      }
    })
    expect(wrong).toEqual([])
  })

  // A form can have 100 MB: it is not read for an address that is wrong.
  const apart = operation.form.length > 0 ? ['query', 'body'] : ['']
  it.each(apart)('names all fields that are wrong at once %s', async (place) => {
    const chosen = cases.filter(({ loc }) => loc.length > 1 && (place === '' || place === loc[0]))
    const all = [...new Map(chosen.map((one) => [one.loc.slice(0, 2).join(), one])).values()]
    const asked = all.reduce((so, { make }) => make(so), aRequestOf(operation.endpoint, ids))
    const problems = await refused(operation, asked, 'all')
    const missing = all.filter(({ loc }) => !problems.some((problem) => isAbout(problem, loc)))
    expect(
      missing.map(({ loc }) => loc),
      JSON.stringify(problems),
    ).toEqual([])
  })
})

it('is made of many cases, and leaves out no field that can be wrong', () => {
  const count = [...tried.values()].reduce((sum, cases) => sum + cases.length, 0)
  console.log(`${count} single mistakes in ${tried.size} operations`)
  expect(count).toBeGreaterThan(1500)
  const untried = operations.flatMap((operation) => {
    const locs = new Set((tried.get(operation.endpoint.name) ?? []).map(({ loc }) => loc.slice(0, 2).join('.')))
    const body = operation.json && operation.endpoint.body ? fieldsOf(operation.json) : []
    const fields = [
      ...operation.path.map((field) => ['path', field] as const),
      ...operation.query.map((field) => ['query', field] as const),
      ...[...operation.form, ...body].map((field) => ['body', field] as const),
    ]
    return fields.filter(([place, { name, schema }]) => !locs.has(`${place}.${name}`) && !isAnyText(place, schema))
  })
  expect(untried).toEqual([])
})

/** What is a text anyway can be no mistake where the schema asks for nothing else. */
function isAnyText(place: string, schema: Schema): boolean {
  const { type, minLength, maxLength, pattern, format } = schema
  return (
    place !== 'body' &&
    type === 'string' &&
    [minLength, maxLength, pattern, format].every((limit) => limit === undefined)
  )
}
