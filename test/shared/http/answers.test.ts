import { describe, expect, it } from 'vitest'
import { AppError } from '../../../shared/errors.ts'
import { corsHeaders, errorAnswer, fallbackAnswer } from '../../../shared/http/answers.ts'
import { endpoint, type Method } from '../../../shared/http/endpoint.ts'
import { createLog } from '../../../shared/log.ts'
import { anEdge, aRequest, type RequestParts } from '../../support/edge.ts'

const ORIGIN = 'https://app.example'
const edge = anEdge(undefined, [ORIGIN, 'https://other.example'])

function anEndpoint(method: Method, path: string) {
  const handle = () => Promise.resolve({ status: 204 })
  return endpoint({
    name: `${method}-${path}`,
    summary: '',
    method,
    path,
    allow: 'anyone',
    responses: { 204: null },
    handle,
  })
}

const ENDPOINTS = [
  anEndpoint('GET', 'api/things'),
  anEndpoint('POST', 'api/things'),
  anEndpoint('GET', 'api/things/{thing_id}'),
  anEndpoint('DELETE', 'api/things/{thing_id}'),
  anEndpoint('POST', 'api/things/import'),
]

describe('an error', () => {
  it.each([
    ['storage_unavailable', 503, 1],
    ['provider_not_configured', 501, 0],
    ['forbidden', 403, 0],
  ] as const)('%s is answered %i and logged as a failure %i times', (code, status, times) => {
    const lines: string[] = []
    const log = createLog((line) => lines.push(line))
    expect(errorAnswer(new AppError(code, 'No'), 'r-1', log)).toMatchObject({ status, body: { code } })
    expect(lines.length).toBe(times)
  })
})

const fallback = (parts: RequestParts) => fallbackAnswer(ENDPOINTS, aRequest(parts), edge.deps)

describe('what no route takes', () => {
  it.each(['/', '/api', '/api/thing', '/api/things/1/2', '/api/things//', '/things', '/api/things/1/', '/favicon.ico'])(
    'is 404 at %s, or 405 where another method is',
    (path) => {
      const answer = fallback({ method: 'PUT', path })
      const isKnown = path === '/api/things/1/'
      expect(answer.status).toBe(isKnown ? 405 : 404)
      expect(answer.body).toMatchObject({ code: isKnown ? 'method_not_allowed' : 'not_found' })
      expect(answer.headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    },
  )

  it.each([
    ['/api/things', 'GET, POST, OPTIONS'],
    ['/api/things/', 'GET, POST, OPTIONS'],
    ['/API/Things', 'GET, POST, OPTIONS'],
    ['/api/things/5', 'GET, DELETE, OPTIONS'],
    ['/api/things/import', 'GET, DELETE, POST, OPTIONS'],
  ])('is 405 at %s and tells what is allowed', (path, allow) => {
    const answer = fallback({ method: 'PATCH', path, headers: { 'x-request-id': 'mine' } })
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed', request_id: 'mine' } })
    expect(answer.headers).toMatchObject({ allow, 'x-request-id': 'mine' })
    expect((answer.body as { detail: string }).detail).toBe(`PATCH is not possible here; use ${allow}`)
  })

  it('is 405 for HEAD, as for any other method', () => {
    expect(fallback({ method: 'HEAD', path: '/api/things' }).status).toBe(405)
  })
})

describe('a CORS preflight', () => {
  const preflight = (origin: string | undefined, path = '/api/things') =>
    fallback({
      method: 'OPTIONS',
      path,
      headers: { ...(origin === undefined ? {} : { origin }), 'access-control-request-method': 'POST' },
    })

  it('from a configured origin is told methods and headers', () => {
    const answer = preflight(ORIGIN)
    expect(answer).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-methods': 'GET, POST, OPTIONS', 'access-control-max-age': '600' },
    })
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'x-api-key', 'x-request-id']) {
      expect(answer.headers?.['access-control-allow-headers']).toContain(name)
    }
    expect(answer.body).toBeUndefined()
  })

  it.each([
    undefined,
    'https://evil.example',
    `${ORIGIN}.evil.example`,
    'null',
    ORIGIN.toUpperCase(),
    `${ORIGIN}/`,
    '*',
  ])('from %s is told nothing', (origin) => {
    const answer = preflight(origin)
    expect(answer.status).toBe(204)
    expect(Object.keys(answer.headers ?? {}).sort()).toEqual(['allow', 'x-request-id'])
  })

  it('for a path that is not there is 404', () => {
    expect(preflight(ORIGIN, '/api/nothing').status).toBe(404)
  })
})

describe('CORS headers', () => {
  const headersFor = (origin: string | undefined, deps = edge.deps) =>
    corsHeaders(aRequest({ headers: origin === undefined ? {} : { origin } }), deps)

  it('name the caller’s origin if it is configured, and nobody else’s', () => {
    expect(headersFor(ORIGIN)).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' })
    expect(headersFor('https://other.example')).toMatchObject({
      'access-control-allow-origin': 'https://other.example',
    })
  })

  it('keep caches from giving one origin’s answer to another', () => {
    expect(headersFor('https://evil.example')).toEqual({ vary: 'Origin' })
    expect(headersFor(undefined)).toEqual({ vary: 'Origin' })
  })

  it('are given to nobody while no origin is configured', () => {
    for (const origin of [ORIGIN, 'null', '', '*']) expect(headersFor(origin, anEdge().deps)).toEqual({})
  })
})
