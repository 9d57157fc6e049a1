import { createHmac, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../shared/config.ts'
import { graphClient, type GraphAnswer, type GraphClient, type GraphRequest } from '../../../shared/whatsapp/graph.ts'
import { aRawServer, httpAnswer, type RawServer } from '../../support/raw-server.ts'
import { aSimulator, type TestSimulator } from '../../support/simulator.ts'

const appSecret = randomBytes(16).toString('hex')
const token = randomBytes(24).toString('hex')
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

function clientFor(graphUrl: string, secret = appSecret): GraphClient {
  // All that the client takes of the settings.
  const config = { meta: { graphUrl, graphVersion: 'v26.0', appSecrets: [secret, 'one before'] } } as unknown as Config
  const client = graphClient(config)
  opened.push(client)
  return client
}

async function serverThat(answer: (socket: Socket) => void): Promise<RawServer> {
  const server = await aRawServer(answer)
  opened.unshift(server)
  return server
}

async function callTo(answer: (socket: Socket) => void, request: Partial<GraphRequest> = {}): Promise<GraphAnswer> {
  const server = await serverThat(answer)
  return clientFor(server.url).call({ method: 'POST', path: '1/messages', token, json: { to: '1' }, ...request })
}

const errorBody = (code: number) =>
  JSON.stringify({ error: { message: 'no', type: 'OAuthException', code, fbtrace_id: 'A' } })

describe('a Graph call that Meta answers', () => {
  it('is ok with whatever JSON came', async () => {
    expect(await callTo((socket) => socket.write(httpAnswer(200, '{"messages":[{"id":"wamid.1"}]}')))).toEqual({
      kind: 'ok',
      body: { messages: [{ id: 'wamid.1' }] },
    })
  })

  it.each([
    [400, 131026],
    [401, 190],
    [403, 10],
    [429, 130429],
    [500, 131000],
    [503, 2],
  ])('is refused with HTTP %d and Meta’s error %d', async (status, code) => {
    const answer = await callTo((socket) => socket.write(httpAnswer(status, errorBody(code))))
    expect(answer).toMatchObject({ kind: 'refused', status, error: { code } })
  })

  it('never quotes the token, as Meta does with one that it cannot read', async () => {
    const body = JSON.stringify({ error: { message: `Malformed access token ${token}`, code: 190 } })
    const answer = await callTo((socket) => socket.write(httpAnswer(400, body)))
    expect(answer).toMatchObject({ kind: 'refused', error: { message: 'Malformed access token [access token]' } })
  })

  it('never quotes a secret of its address either, and shows no credential it was not given', async () => {
    const exchanged = randomBytes(24).toString('hex')
    const body = JSON.stringify({ error: { message: `Malformed access token ${exchanged}`, code: 190 } })
    const server = await serverThat((socket) => socket.write(httpAnswer(400, body)))
    const answer = await clientFor(server.url).call({
      method: 'GET',
      path: 'oauth/access_token',
      query: { fb_exchange_token: exchanged },
      secrets: [exchanged],
    })
    const head = server.requests.join('\n')
    expect(answer).toMatchObject({ kind: 'refused', error: { message: 'Malformed access token [access token]' } })
    expect(head).toContain('fb_exchange_token=')
    expect(head).not.toMatch(/authorization|appsecret_proof/i)
  })

  it.each(['"details in plain text"', '{"messaging_product":"whatsapp","details":"in an object"}', '{}'])(
    'is refused with the error data %s',
    async (data) => {
      const body = `{"error":{"code":131009,"message":"m","error_data":${data},"error_user_title":"t"}}`
      expect(await callTo((socket) => socket.write(httpAnswer(400, body)))).toMatchObject({
        kind: 'refused',
        error: { code: 131009, message: 'm', error_user_title: 't' },
      })
    },
  )
})

describe('a Graph call that was surely not sent', () => {
  it('is one that nobody was there to take', async () => {
    const server = await serverThat(() => undefined)
    await server.close()
    opened.shift()
    const answer = await clientFor(server.url).call({ method: 'POST', path: '1/messages', token, json: {} })
    expect(answer).toEqual({ kind: 'not_sent', reason: 'ECONNREFUSED' })
  })

  it('is one to a name that does not exist', async () => {
    const answer = await clientFor('http://graph.invalid').call({ method: 'GET', path: '1', token })
    expect(answer.kind).toBe('not_sent')
  })

  it.each(['', '<html>slow down</html>', '{"message":"slow down"}'])(
    'is one turned away with 429 and %j instead of Meta’s own error',
    async (body) => {
      expect((await callTo((socket) => socket.write(httpAnswer(429, body)))).kind).toBe('not_sent')
    },
  )
})

describe('a Graph call of which nobody knows', () => {
  const cases: [string, (socket: Socket) => void][] = [
    ['the connection closed before an answer', (socket) => socket.end()],
    ['the connection broke before an answer', (socket) => socket.resetAndDestroy()],
    ['the connection closed inside the status line', (socket) => socket.end('HTTP/1.1 20')],
    ['the connection closed inside the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['the connection closed inside the body', (socket) => socket.end(httpAnswer(200, '{"messages":[]}').slice(0, -3))],
    ['the answer is no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'a gateway answers 502 with a page',
      (socket) => socket.write(httpAnswer(502, '<html>Bad Gateway</html>', 'text/html')),
    ],
    ['a gateway answers 504 with nothing', (socket) => socket.write(httpAnswer(504, ''))],
    ['the answer is 200 without JSON', (socket) => socket.write(httpAnswer(200, '<html>ok</html>', 'text/html'))],
    ['the answer is 200 with nothing', (socket) => socket.write(httpAnswer(200, ''))],
    ['the answer is 500 with JSON of another shape', (socket) => socket.write(httpAnswer(500, '{"oops":true}'))],
    ['the error has no code', (socket) => socket.write(httpAnswer(400, '{"error":{"message":"m"}}'))],
    ['the answer is a redirect', (socket) => socket.write(httpAnswer(302, ''))],
  ]
  it.each(cases)('is one where %s', async (_what, answer) => {
    expect((await callTo(answer)).kind).toBe('unknown')
  })

  it('is sent once and not again by itself', async () => {
    const server = await serverThat((socket) => socket.resetAndDestroy())
    await clientFor(server.url).call({ method: 'POST', path: '1/messages', token, json: {} })
    await clientFor(server.url).call({ method: 'GET', path: '1', token })
    expect(server.requests).toHaveLength(2)
  })

  it('says nothing of token or secret in its reason', async () => {
    for (const [, answer] of cases) {
      const told = JSON.stringify(await callTo(answer))
      expect(told).not.toContain(token)
      expect(told).not.toContain(appSecret)
    }
  })
})

describe('a Graph call whose time is over', () => {
  it.each([
    ['no answer', ''],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"messages":'],
  ])('is unknown after %s', async (_, text) => {
    const answer = await callTo((socket) => socket.write(text), { timeoutMs: 50 })
    expect(answer).toEqual({ kind: 'unknown', reason: 'UND_ERR_ABORTED' })
  })
})

describe('what a Graph call sends', () => {
  async function sentBy(request: Partial<GraphRequest>, path = ''): Promise<string> {
    const server = await serverThat((socket) => socket.write(httpAnswer(200, '{}')))
    await clientFor(`${server.url}${path}`).call({ method: 'GET', path: '1', token, ...request })
    return server.requests[0]!
  }

  it('proves the app with the token’s HMAC under the newest app secret', async () => {
    const proof = createHmac('sha256', appSecret).update(token).digest('hex')
    const [line = ''] = (await sentBy({ query: { fields: 'id,name&x=y' } })).split('\r\n')
    expect(line).toBe(`GET /v26.0/1?fields=id%2Cname%26x%3Dy&appsecret_proof=${proof} HTTP/1.1`)
    const other = await sentBy({ token: 'another token' })
    expect(other).toContain(createHmac('sha256', appSecret).update('another token').digest('hex'))
  })

  it('has the token in its header only, and a body only where there is one', async () => {
    const get = await sentBy({})
    expect(get.split('\r\n')[0]).not.toContain(token)
    expect(get).toContain(`authorization: Bearer ${token}\r\n`)
    expect(get.toLowerCase()).not.toContain('content-type')
    const post = await sentBy({ method: 'POST', json: { text: 'é€' } })
    expect(post).toContain('content-type: application/json\r\n')
    expect(Buffer.from(post, 'latin1').toString('utf8').endsWith('\r\n\r\n{"text":"é€"}')).toBe(true)
  })

  it('keeps the path of a Graph address that has one', async () => {
    expect((await sentBy({}, '/proxy')).split(' ')[1]).toMatch(/^\/proxy\/v26\.0\/1\?/)
  })
})

describe('the simulator, asked through the Graph client', () => {
  async function meta(): Promise<{ simulator: TestSimulator; client: GraphClient; call: () => Promise<GraphAnswer> }> {
    const simulator = await aSimulator()
    opened.unshift(simulator)
    const client = clientFor(simulator.url, simulator.appSecret)
    const json = { messaging_product: 'whatsapp', to: '15550001111', type: 'text', text: { body: 'hi' } }
    const path = `${simulator.phoneNumberId}/messages`
    return { simulator, client, call: () => client.call({ method: 'POST', path, token: simulator.accessToken, json }) }
  }

  it.each([
    [{ kind: 'graph_error', code: 130429 }, 'refused', 0],
    [{ kind: 'graph_error', code: 131000 }, 'refused', 0],
    [{ kind: 'http', status: 502 }, 'unknown', 0],
    [{ kind: 'http', status: 429, body: 'slow down' }, 'not_sent', 0],
    [{ kind: 'reset' }, 'unknown', 0],
    [{ kind: 'timeout', ms: 20 }, 'unknown', 0],
    [{ kind: 'answer_lost', ms: 0 }, 'unknown', 1],
  ])('with the fault %j is %s', async (effect, kind, accepted) => {
    const { simulator, call } = await meta()
    await simulator.fault({ match: { path: 'messages' }, mode: { next: 1 }, effect })
    expect((await call()).kind).toBe(kind)
    expect((await simulator.ledger()).accepted).toBe(accepted)
  })

  it('takes our proof and refuses that of another secret', async () => {
    const { simulator, client } = await meta()
    const request = { method: 'GET', path: simulator.phoneNumberId, token: simulator.accessToken } as const
    expect((await client.call(request)).kind).toBe('ok')
    expect(await clientFor(simulator.url).call(request)).toMatchObject({ kind: 'refused', error: { code: 100 } })
  })
})
