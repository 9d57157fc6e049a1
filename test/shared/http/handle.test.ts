import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { AppError, fieldProblem, type Problem } from '../../../shared/errors.ts'
import { endpoint } from '../../../shared/http/endpoint.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { anEdge, ask } from '../../support/edge.ts'

const mine = aWorkspaceId()
const foreign = aWorkspaceId()
const callerAs = (role: Role) => ({
  userId: newUuid(),
  email: 'a@example.com',
  memberships: [{ workspaceId: mine, role }],
})
const member = anEdge(callerAs('MEMBER'))

const Body = z.strictObject({ workspace_id: z.uuid(), name: z.string().min(1), size: z.int().max(9) })
const create = endpoint({
  name: 'things-create',
  summary: 'Create a thing',
  method: 'POST',
  path: 'api/things',
  allow: 'member',
  // Whether agents may otherwise is a setting of the workspace: test/functions/workspaces/agents.test.ts reads it.
  agents: 'always',
  body: Body,
  responses: { 201: z.object({ workspace_id: z.string(), name: z.string() }) },
  handle({ workspaceId, body }) {
    if (body.name === 'taken') throw fieldProblem(['body', 'name'], 'This name is taken')
    if (body.name === 'rule') throw new AppError('conflict', 'A rule of its own', { details: { hint: 'wait' } })
    return Promise.resolve({ status: 201, body: { ...body, workspace_id: workspaceId, secret: 'never sent' } })
  },
})

const get = endpoint({
  name: 'things-get',
  summary: 'Get a thing',
  method: 'GET',
  path: 'api/things/{thing_id}',
  allow: 'member',
  entity: { param: 'thing_id', notFound: 'contact_not_found' },
  params: z.object({ thing_id: z.uuid() }),
  query: z.object({ limit: z.coerce.number().int().max(5).optional() }),
  responses: { 200: z.object({ id: z.string(), workspace: z.string() }) },
  handle: ({ workspaceId, params }) =>
    Promise.resolve({ status: 200, body: { id: params.thing_id, workspace: workspaceId } }),
})

const nested = endpoint({
  name: 'workspace-things-get',
  summary: 'Get a thing',
  method: 'POST',
  path: 'api/workspaces/{workspace_id}/things',
  allow: 'admin',
  params: z.object({ workspace_id: z.uuid() }),
  body: z.object({ name: z.string() }),
  responses: { 204: null },
  handle: () => Promise.resolve({ status: 204 }),
})

const good = { workspace_id: mine, name: 'a', size: 1 }

function problemsOf({ body }: { body?: unknown }): Problem[] {
  return (body as { detail: Problem[] }).detail
}

describe('the order of checks', () => {
  it('is credential first, whatever else is wrong', async () => {
    const nobody = anEdge()
    for (const parts of [{ json: good }, { body: '{' }, { json: { workspace_id: foreign } }, {}]) {
      const answer = await ask(nobody, create, parts)
      expect(answer).toMatchObject({ status: 401, body: { detail: 'Sign in first', code: 'unauthorized' } })
      expect(answer.headers?.['www-authenticate']).toBe('Bearer')
    }
    expect((await ask(nobody, get, { params: { thing_id: 'no uuid' } })).status).toBe(401)
  })

  it('is workspace second: 403 for one the caller is not in, whatever else is wrong', async () => {
    const wrong = { workspace_id: foreign, size: 'huge' }
    expect(await ask(member, create, { json: wrong })).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    const params = { workspace_id: foreign }
    for (const body of ['{', '', '{"name":5}']) expect((await ask(member, nested, { params, body })).status).toBe(403)
  })

  it('is then the role', async () => {
    const params = { workspace_id: mine }
    expect((await ask(member, nested, { params, json: {} })).status).toBe(403)
    expect((await ask(anEdge(callerAs('AGENT')), create, { json: good })).status).toBe(201)
    expect((await ask(anEdge(callerAs('ADMIN')), nested, { params, json: { name: 'x' } })).status).toBe(204)
  })

  it('is 404 for the id of a thing outside the caller’s workspaces, and never tells whether it exists', async () => {
    const answers = await Promise.all(
      [newId('contact', foreign), newUuid()].map((thing_id) =>
        ask(member, get, { params: { thing_id }, query: 'limit=99' }),
      ),
    )
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'contact_not_found' } })
  })

  it('is then 422 with every problem of every part at once', async () => {
    const answer = await ask(member, create, { json: { workspace_id: mine, size: 10, extra: 1 } })
    expect(answer.status).toBe(422)
    expect(problemsOf(answer)).toEqual([
      { loc: ['body', 'name'], msg: 'Field required', type: 'missing' },
      { loc: ['body', 'size'], msg: 'Input should be less than or equal to 9', type: 'less_than_equal' },
      { loc: ['body', 'extra'], msg: 'Extra inputs are not permitted', type: 'extra_forbidden' },
    ])
    const id = newId('contact', mine)
    expect(problemsOf(await ask(member, get, { params: { thing_id: id }, query: 'limit=77' }))).toMatchObject([
      { loc: ['query', 'limit'], type: 'less_than_equal' },
    ])
  })

  it('is 422 for a malformed id of a workspace or a thing, with the other problems', async () => {
    const answer = await ask(member, create, { json: { workspace_id: 'mine', name: 5 } })
    expect(problemsOf(answer).map(({ loc, type }) => [loc.join('.'), type])).toEqual([
      ['body.workspace_id', 'uuid_parsing'],
      ['body.name', 'string_type'],
      ['body.size', 'missing'],
    ])
    expect(problemsOf(await ask(member, get, { params: { thing_id: 'x' }, query: 'limit=y' }))).toMatchObject([
      { loc: ['path', 'thing_id'], msg: 'Input should be a valid UUID', type: 'uuid_parsing' },
      { loc: ['query', 'limit'] },
    ])
    expect(problemsOf(await ask(member, create, { json: { name: 'a', size: 1 } }))).toEqual([
      { loc: ['body', 'workspace_id'], msg: 'Field required', type: 'missing' },
    ])
  })

  it('is the endpoint’s own rules last', async () => {
    expect(await ask(member, create, { json: { ...good, name: 'rule' } })).toMatchObject({
      status: 409,
      body: { detail: 'A rule of its own', code: 'conflict', hint: 'wait' },
    })
    expect(problemsOf(await ask(member, create, { json: { ...good, name: 'taken' } }))).toEqual([
      { loc: ['body', 'name'], msg: 'This name is taken', type: 'value_error' },
    ])
  })
})

describe('a request', () => {
  it('is answered with the fields that the response names, and no others', async () => {
    const answer = await ask(member, create, { json: good })
    expect(answer).toMatchObject({ status: 201, body: { workspace_id: mine, name: 'a' } })
    expect(answer.body).not.toHaveProperty('secret')
    expect(answer.body).not.toHaveProperty('size')
  })

  it('may write ids in any letter case', async () => {
    const id = newId('contact', mine)
    expect(await ask(member, get, { params: { thing_id: id.toUpperCase() } })).toMatchObject({
      status: 200,
      body: { id, workspace: mine },
    })
    expect((await ask(member, create, { json: { ...good, workspace_id: mine.toUpperCase() } })).status).toBe(201)
  })

  it('names its workspace where that is declared, and nowhere else', async () => {
    // With streaming on, the host puts query parameters among those of the path.
    const params = { thing_id: newId('contact', mine), workspace_id: foreign }
    expect((await ask(member, get, { params, query: `workspace_id=${foreign}` })).status).toBe(200)
  })

  it('takes the last of a repeated query parameter', async () => {
    const params = { thing_id: newId('contact', mine) }
    expect((await ask(member, get, { params, query: 'limit=99&limit=5' })).status).toBe(200)
    expect((await ask(member, get, { params, query: 'limit=5&limit=99' })).status).toBe(422)
  })

  it('whose handling breaks is a 500 that tells nothing but its id', async () => {
    const broken = { ...create, handle: () => Promise.reject(new Error('the password is hunter2')) }
    const edge = anEdge(callerAs('MEMBER'))
    const answer = await ask(edge, broken, { json: good, headers: { 'x-request-id': 'r-1' } })
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', request_id: 'r-1' } })
    expect(JSON.stringify(answer)).not.toContain('hunter2')
    expect(edge.lines).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'http.failed', request_id: 'r-1', endpoint: 'things-create' }),
    )
  })

  it('that is answered with what no response declares, or what does not fit it, is a 500', async () => {
    const undeclared = { ...create, handle: () => Promise.resolve({ status: 418 }) }
    const unfit = { ...create, handle: () => Promise.resolve({ status: 201, body: { name: 5 } }) }
    for (const one of [undeclared, unfit]) expect((await ask(member, one, { json: good })).status).toBe(500)
  })

  it('that threw something that is no error is a 500', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what this is about
    const odd = { ...create, handle: () => Promise.reject('a text') }
    expect((await ask(member, odd, { json: good })).status).toBe(500)
  })
})

describe('X-Request-Id', () => {
  const idOf = async (given?: string) => {
    const edge = anEdge(callerAs('MEMBER'))
    const headers = given === undefined ? {} : { 'x-request-id': given }
    const answer = await ask(edge, create, { json: good, headers })
    expect(edge.lines.every((line) => line['request_id'] === answer.headers?.['x-request-id'])).toBe(true)
    return answer.headers?.['x-request-id']
  }

  it.each(['abc-123', 'a.b_c', 'A'.repeat(64)])('is the caller’s %s', async (given) => {
    expect(await idOf(given)).toBe(given)
  })

  it.each(['', 'with space', 'a'.repeat(65), '{"json":1}', 'é', '<script>', 'a,b', '../x'])(
    'is one of ours instead of the unsafe %j',
    async (given) => {
      const id = await idOf(Buffer.from(given).toString('latin1'))
      expect(z.uuid().safeParse(id).success).toBe(true)
    },
  )

  it('is new for each request without one, and on every error too', async () => {
    expect(await idOf()).not.toBe(await idOf())
    for (const edge of [anEdge(), member]) {
      const answer = await ask(edge, create, { body: '{' })
      expect(answer.headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})
