import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChild, type Child } from '../../local/process/child.ts'
import { queueService } from '../../shared/azure/storage.ts'
import { sampleText, signatureOf } from '../support/webhooks.ts'
import { aWorld, type World } from '../support/world.ts'

const ORIGIN = 'https://app.example'
const secret = randomBytes(16).toString('hex')
const lines: string[] = []
let world: World
let host: Child
let url: string
beforeAll(async () => {
  world = await aWorld({ appSecret: secret })
  host = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0'],
    env: { ...world.env, CORS_ORIGINS: ORIGIN },
    onLine: (line) => lines.push(line),
  })
  // The host's own ready line.
  url = (JSON.parse(host.ready) as { url: string }).url
})
afterAll(async () => {
  await host.stop()
  await world.close()
})

const REQUEST_ID = /^[0-9a-f-]{36}$/

async function ask(method: string, path: string, init: RequestInit = {}) {
  const answer = await fetch(`${url}${path}`, { method, ...init })
  const text = await answer.text()
  const isJson = text !== '' && answer.headers.get('content-type')?.startsWith('application/json')
  const body: unknown = isJson ? JSON.parse(text) : text
  return { status: answer.status, headers: answer.headers, body }
}

/** A body in chunks, with no length declared, until the server has answered. */
function sendInChunks(path: string, chunks: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' } })
    outgoing.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    outgoing.on('error', reject)
    for (let chunk = 0; chunk < chunks; chunk++) outgoing.write(Buffer.alloc(64 * 1024, 0x20))
    outgoing.end()
  })
}

describe('Herald in the functions host', () => {
  it('answers 404 in the documented shape, with a request id', async () => {
    const { status, headers, body } = await ask('GET', '/api/nothing?x=1')
    expect(status).toBe(404)
    expect(body).toEqual({
      detail: 'There is no such path',
      code: 'not_found',
      request_id: headers.get('x-request-id'),
    })
    expect(headers.get('x-request-id')).toMatch(REQUEST_ID)
  })

  it('answers 405 with Allow', async () => {
    const { status, headers } = await ask('PUT', '/api/auth/me')
    expect(status).toBe(405)
    expect(headers.get('allow')).toBe('GET, OPTIONS')
    expect((await ask('HEAD', '/webhook')).status).toBe(405)
  })

  it('answers 401 with WWW-Authenticate and the caller’s request id', async () => {
    const { status, headers, body } = await ask('GET', '/api/auth/me', { headers: { 'x-request-id': 'trace-7' } })
    expect([status, headers.get('www-authenticate'), headers.get('x-request-id')]).toEqual([401, 'Bearer', 'trace-7'])
    expect(body).toMatchObject({ code: 'unauthorized', request_id: 'trace-7' })
  })

  it('answers 422 as FastAPI does', async () => {
    const headers = { 'content-type': 'application/json' }
    const { status, body } = await ask('POST', '/api/auth/signup', { body: '{"email": oops}', headers })
    expect(status).toBe(422)
    expect(body).toEqual({ detail: [{ loc: ['body', 10], msg: 'JSON decode error', type: 'json_invalid' }] })
    const two = await ask('POST', '/api/auth/signup', { body: '{}', headers })
    expect((two.body as { detail: unknown[] }).detail).toContainEqual({
      loc: ['body', 'email'],
      msg: 'Field required',
      type: 'missing',
    })
  })

  it('answers 415 and 413, the latter to chunks too', async () => {
    expect(
      (await ask('POST', '/api/auth/signup', { body: 'a=1', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(415)
    expect(await sendInChunks('/api/auth/signup', 32)).toBe(413)
  })

  it('answers a preflight of a configured origin, and adds its headers to every answer', async () => {
    const preflight = await ask('OPTIONS', '/api/contacts', { headers: { origin: ORIGIN } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST')
    for (const path of ['/api/auth/me', '/api/nothing']) {
      const { headers } = await ask('GET', path, { headers: { origin: ORIGIN } })
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(headers.get('access-control-expose-headers')).toContain(
        'retry-after, idempotency-replayed, ratelimit-limit',
      )
      const foreign = await ask('GET', path, { headers: { origin: 'https://evil.example' } })
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('hands Meta’s bytes to the signature check as they were sent', async () => {
    const body = sampleText('signature-wire-body.txt')
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, secret) }
    // As Meta does, where a busy machine's storage does not take it in time.
    await expect
      .poll(() => ask('POST', '/webhook', { body, headers }))
      .toMatchObject({ status: 200, body: { status: 'ok' } })
    expect((await ask('POST', '/webhook', { body: `${body} `, headers })).status).toBe(401)
    const token = world.config.meta.verifyToken
    const query = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`
    expect(await ask('GET', `/webhook?${query}`)).toMatchObject({ status: 200, body: '1158201444' })
  })

  it('takes a signed webhook from the request through the queue to where it is kept', async () => {
    await expect.poll(() => lines.some((line) => line.includes('"webhook.parked"')), { timeout: 30_000 }).toBe(true)
    expect(lines.join('\n')).not.toContain(secret)
  })

  it('throws a queue message that it cannot read back, and says nothing of what is in it', async () => {
    const client = queueService(world.config).getQueueClient('webhook-account')
    for (const text of ['{"text": Dear Ada}', 'Dear Ada', '{"received_at":"Dear Ada","changes":"Dear Ada"}']) {
      await client.sendMessage(Buffer.from(text).toString('base64'))
    }
    const failed = () => lines.filter((line) => line.includes('"queue.failed"'))
    await expect.poll(() => failed().length, { timeout: 30_000 }).toBe(3)
    expect(failed().every((line) => line.includes('"webhook-account"') && line.includes('"dequeue_count":1'))).toBe(
      true,
    )
    expect(lines.join('\n')).not.toContain('Dear')
  })

  it('says in its log what was answered, by endpoint and request id', () => {
    const answered = lines.filter((line) => line.includes('"http.answered"') && line.includes('trace-7'))
    expect(answered).toHaveLength(1)
    expect(answered[0]).toContain('auth-me')
  })
})
