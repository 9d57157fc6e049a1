import { connect } from 'node:net'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHost, until, type HostProcess } from './support.ts'

/** What the probe `echo` tells of its request. */
interface Seen {
  url: string
  params: unknown
  query: unknown
  headers: Record<string, string>
  traceParent: string
}

const megabyte = 1024 * 1024

describe.each(['on', 'off'])('HTTP functions with streaming %s', (stream) => {
  let host: HostProcess
  beforeAll(async () => {
    const env = { STREAM: stream, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: `${12 * megabyte}` }
    host = await startHost({ entry: 'http.ts', env, args: ['--function-key', 'open-sesame'] })
  })
  afterAll(() => host.stop())

  const call = (path: string, init?: RequestInit) => fetch(`${host.url}${path}`, init)
  const json = async (path: string, init?: RequestInit) => (await (await call(path, init)).json()) as Seen

  it('hands over method, path, query, headers and parameters', async () => {
    const headers = { 'x-probe': 'caf\u00e9', 'x-many': '1, 2', cookie: 'a=1; b=2' }
    const seen = await json('/echo/a%20b%2Fc?q=1&q=2&r=%C3%A9', { headers })
    expect(seen).toMatchObject({ method: 'GET', functionName: 'echo', headers })
    expect(seen.params).toMatchObject({ id: 'a b%2Fc' })
    expect(seen.query).toEqual([['q', '1'], ['q', '2'], ['r', '\u00e9']]) // prettier-ignore
    expect(seen.url).toBe(`${host.url}/echo/a%20b%2Fc?q=1&q=2&r=%C3%A9`)
    expect(seen.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(Object.keys(seen.headers)).not.toContain('x-ms-invocation-id')
  })

  it('passes a trace parent on', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    expect(await json('/echo', { headers: { traceparent } })).toMatchObject({ traceParent: traceparent })
  })

  it('keeps the bytes of a body, those that are no text included', async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => 255 - index)
    expect(await json('/echo', { method: 'POST', body: Uint8Array.of(0xff, 0xfe, 0x00) })).toMatchObject({
      hex: 'fffe00',
    })
    const answer = await call('/bytes', { method: 'POST', body })
    expect(answer.headers.get('content-type')).toBe('application/x-probe')
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body)
  })

  it('takes a large body', async () => {
    const body = new Uint8Array(10 * megabyte)
    expect(await json('/echo', { method: 'PUT', body })).toMatchObject({ length: body.byteLength })
  })

  it('refuses a body over the limit with 413 and goes on', async () => {
    const answer = await call('/echo', { method: 'POST', body: new Uint8Array(13 * megabyte) }).catch(() => undefined)
    if (answer) expect(answer.status).toBe(413)
    expect(await announcedOnly(host.url, 13 * megabyte)).toContain('HTTP/1.1 413')
    expect((await call('/echo')).status).toBe(200)
  })

  it('refuses an address of more than 8192 characters with 414', async () => {
    expect((await call(`/echo?${'x'.repeat(8180)}`)).status).toBe(200)
    expect((await call(`/echo?${'x'.repeat(8200)}`)).status).toBe(414)
  })

  it('sends status, headers and cookies', async () => {
    const answer = await call('/cookies')
    expect(answer.status).toBe(202)
    expect(answer.headers.get('x-one')).toBe('1')
    expect(await answer.text()).toBe('ok')
    const [a, b] = answer.headers.getSetCookie().map((cookie) => cookie.toLowerCase())
    for (const part of ['a=1', 'httponly', 'secure', 'samesite=strict', 'path=/', 'max-age=60'])
      expect(a).toContain(part)
    for (const part of ['b=2', 'domain=example.test', 'expires=sat, 03 feb 2001 04:05:06 gmt'])
      expect(b).toContain(part)
  })

  it('sends no body with 204 and none in answer to HEAD', async () => {
    const empty = await call('/no-content')
    expect([empty.status, await empty.text()]).toEqual([204, ''])
    const head = await call('/any/x', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([418, ''])
  })

  it('answers 500 without a word of the error, and logs it', async () => {
    const answer = await call('/throws')
    expect([answer.status, await answer.text()]).toEqual([500, ''])
    const line = await host.line(({ event, function: name }) => event === 'function.error' && name === 'throws')
    expect(line).toMatchObject({ level: 'error', error: 'kaboom from a probe' })
    expect(line['invocation_id']).toEqual(expect.any(String))
    expect((await call('/echo')).status).toBe(200)
  })

  it('tries functions in the order of their names, ignoring case, and the first fit wins', async () => {
    const texts = await Promise.all(['early', 'late', 'x'].map(async (x) => (await call(`/order/${x}`)).text()))
    expect(texts).toEqual(['a-literal', 'B-parameter late', 'B-parameter x'])
  })

  it('answers 404 where no route fits or only another method does', async () => {
    for (const path of ['/', '/none', '/echo/a/b', '/typed/5', '/files']) expect((await call(path)).status).toBe(404)
    expect((await call('/cookies', { method: 'POST' })).status).toBe(404)
  })

  it('fills optional and catch-all parameters', async () => {
    expect((await json('/ECHO/')).params).toEqual({})
    expect(await json('/files/a/b/c%20d/e')).toEqual({ folder: 'a', path: 'b/c d/e' })
    expect(await json('/files/a')).toEqual({ folder: 'a' })
    const id = crypto.randomUUID()
    expect(await json(`/typed/${id}`)).toEqual({ id })
    expect((await call('/any', { method: 'OPTIONS' })).headers.get('x-path')).toBe('none')
  })

  it('opens a function with an auth level only to its key', async () => {
    expect((await call('/keyed')).status).toBe(401)
    expect((await call('/keyed?code=wrong')).status).toBe(401)
    expect((await call('/keyed?code=open-sesame')).status).toBe(200)
    expect((await call('/keyed', { headers: { 'x-functions-key': 'open-sesame' } })).status).toBe(200)
  })

  it('logs one JSON line for each call and leaves lines of our own logger as they are', async () => {
    await call('/logs')
    const own = await host.line(({ event }) => event === 'own.line')
    expect(own).toEqual({ event: 'own.line', level: 'error' })
    const logged = host.lines.filter(({ function: name }) => name === 'logs')
    expect(logged.map(({ event, level, message }) => [event, level, message])).toEqual([
      ['function.log', 'info', 'plain { n: 1 }'],
      ['function.log', 'warn', 'careful'],
    ])
  })

  it('survives callers that go away', async () => {
    const leaving = new AbortController()
    const answer = call('/slow/300', { signal: leaving.signal }).catch((error: unknown) => (error as Error).name)
    await host.line(({ message }) => message === 'slow started')
    leaving.abort()
    expect(await answer).toBe('AbortError')
    expect((await call('/echo')).status).toBe(200)
  })
})

describe('with streaming on', () => {
  let host: HostProcess
  beforeAll(async () => {
    host = await startHost({ entry: 'http.ts', env: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: `${megabyte}` } })
  })
  afterAll(() => host.stop())

  it('sends each piece of an answer when the function has it', async () => {
    const answer = await fetch(`${host.url}/stream/whole`)
    const reader = answer.body!.getReader()
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('first,')
    await fetch(`${host.url}/release`, { method: 'POST' })
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('rest')
    expect((await reader.read()).done).toBe(true)
  })

  it('breaks the connection when an answer fails half-way, so that it is not taken for a whole one', async () => {
    const answer = await fetch(`${host.url}/stream/break`)
    const reader = answer.body!.getReader()
    await reader.read()
    await fetch(`${host.url}/release`, { method: 'POST' })
    await expect(reader.read()).rejects.toThrow()
  })

  it('takes a chunked body, and stops one over the limit with 413', async () => {
    const seen = await chunked(`${host.url}/reads`, 20, 1000)
    expect(seen).toEqual({ status: 200, text: '{"bytes":20000}' })
    expect((await chunked(`${host.url}/reads`, 40, megabyte / 10)).status).toBe(413)
    await host.line(({ message }) => message?.startsWith('reading failed') ?? false)
  })

  it('tells a function that reads a body when its caller went away', async () => {
    const before = host.lines.length
    const request = httpRequest(`${host.url}/reads`, { method: 'POST' })
    request.on('error', () => undefined)
    request.write('begin')
    await until(() => host.lines.slice(before).some(({ message }) => message === 'reading'), 'the function to start')
    request.destroy()
    await until(
      () => host.lines.slice(before).find(({ message }) => message?.startsWith('reading failed')),
      'its error',
    )
    expect((await fetch(`${host.url}/echo`)).status).toBe(200)
  })

  it('puts query parameters among the params, as Azure does, but never over those of the route', async () => {
    const seen = (await (await fetch(`${host.url}/echo/5?id=6&ID=7&other=8&code=9`)).json()) as { params: unknown }
    expect(seen.params).toEqual({ id: '5', other: '8' })
  })

  it('answers 500 to a function that returns nothing, where Azure may leave the caller waiting', async () => {
    expect((await fetch(`${host.url}/nothing`)).status).toBe(500)
  })
})

describe('with streaming off', () => {
  let host: HostProcess
  beforeAll(async () => {
    host = await startHost({ entry: 'http.ts', env: { STREAM: 'off' } })
  })
  afterAll(() => host.stop())

  it('hands over a body only if its length was announced, as Azure does', async () => {
    expect(await chunked(`${host.url}/reads`, 20, 1000)).toEqual({ status: 200, text: '{"bytes":0}' })
  })

  it('answers 204 to a function that returns nothing', async () => {
    expect((await fetch(`${host.url}/nothing`)).status).toBe(204)
  })
})

/** Announces a body but sends none, and returns the beginning of the answer. */
async function announcedOnly(url: string, length: number): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`POST /echo HTTP/1.1\r\nHost: probe\r\nContent-Length: ${length}\r\n\r\n`)
  const [chunk] = (await socket.take(1).toArray()) as Buffer[]
  socket.destroy()
  return String(chunk)
}

async function chunked(url: string, count: number, size: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST' }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += String(chunk)))
      const done = () => resolve({ status: response.statusCode!, text })
      response.on('end', done).on('error', done)
    })
    request.on('error', reject)
    for (let sent = 0; sent < count; sent += 1) request.write(Buffer.alloc(size))
    request.end()
  })
}
