/** Names, over real DNS: what they resolve to is judged, and nothing else is connected to. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endpointClient, type EndpointClient } from '../../../shared/webhook-endpoints/client.ts'
import { aDnsServer, type DnsServer } from '../../support/dns-server.ts'
import { aRawServer } from '../../support/raw-server.ts'
import { aReceiver, type Receiver } from '../../support/receiver.ts'

const NOT_PUBLIC = 'The host leads to an address that is not on the public internet'

let dns: DnsServer
let receiver: Receiver
let careful: EndpointClient
let developing: EndpointClient
beforeAll(async () => {
  dns = await aDnsServer()
  const dnsServers = [dns.address]
  careful = endpointClient({ webhooks: { allowPrivateTargets: false } }, { dnsServers, timeoutMs: 3000 })
  developing = endpointClient({ webhooks: { allowPrivateTargets: true } }, { dnsServers, timeoutMs: 3000 })
})
beforeEach(async () => {
  receiver = await aReceiver()
  dns.asked.splice(0)
})
afterEach(() => receiver.close())
afterAll(() => dns.close())

const urlOf = (name: string, port = receiver.port) => `https://${name}:${port}/hooks`

describe('a name', () => {
  it('with public addresses is taken', async () => {
    dns.resolves('good.example', ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])
    expect(await careful.problemOf('https://good.example/hooks')).toBeUndefined()
  })

  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback in IPv6', ['::1']],
    ['loopback, mapped', ['::ffff:7f00:1']],
    ['a private network', ['10.0.0.5']],
    ['the metadata of a cloud', ['169.254.169.254']],
    ['the platform of Azure', ['168.63.129.16']],
    ['NAT64 of loopback', ['64:ff9b::7f00:1']],
    ['6to4 of loopback', ['2002:7f00:1::1']],
    ['a public address, and loopback beside it', ['93.184.215.14', '127.0.0.1']],
    ['a public address, and loopback in IPv6 beside it', ['93.184.215.14', '::1']],
    ['an address of nothing', ['0.0.0.0']],
  ])('that resolves to %s is refused, and nobody is connected to', async (_what, addresses) => {
    dns.resolves('bad.example', addresses)
    expect(await careful.problemOf(urlOf('bad.example'))).toBe(NOT_PUBLIC)
    expect(await careful.post(urlOf('bad.example'), {}, '{}')).toEqual({
      kind: 'failed',
      statusCode: null,
      reason: NOT_PUBLIC,
    })
    expect(receiver.received).toEqual([])
  })

  it('that resolves to nothing is refused', async () => {
    dns.resolves('empty.example', [])
    for (const name of ['empty.example', 'unknown.example', 'localhost', 'metadata']) {
      expect(await careful.problemOf(urlOf(name)), name).toBe('The name of the host cannot be resolved')
    }
  })

  it('that was public when the endpoint was made, and is not any more, gets nothing', async () => {
    dns.resolves('turned.example', ['93.184.215.14'], ['127.0.0.1'])
    expect(await careful.problemOf(urlOf('turned.example'))).toBeUndefined()
    expect(await careful.post(urlOf('turned.example'), {}, '{}')).toMatchObject({ reason: NOT_PUBLIC })
    expect(receiver.received).toEqual([])
  })

  it('is asked for once in an attempt: the address that was judged is the one that is connected to', async () => {
    // Both are this machine; of the second answer nobody must ever hear.
    const judged = await aReceiver({ host: '127.0.0.2', port: receiver.port })
    try {
      dns.resolves('rebinding.example', ['127.0.0.2'], ['127.0.0.1'])
      const url = `http://rebinding.example:${receiver.port}/hooks`
      expect(await developing.post(url, {}, '{"a":1}')).toEqual({ kind: 'delivered', statusCode: 204 })
      expect(judged.received).toMatchObject([
        { body: '{"a":1}', headers: { host: `rebinding.example:${receiver.port}` } },
      ])
      expect(receiver.received).toEqual([])
      expect(dns.asked).toEqual(['rebinding.example'])
    } finally {
      await judged.close()
    }
  })
})

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'with status %i to another place of this machine is not followed',
    async (status) => {
      const secret = await aReceiver()
      try {
        receiver.answers((response) => void response.writeHead(status, { location: secret.url }).end())
        expect(await developing.post(receiver.url, {}, '{}')).toEqual({
          kind: 'failed',
          statusCode: status,
          reason: `Answered ${status}: redirects are not followed`,
        })
        expect(secret.received).toEqual([])
      } finally {
        await secret.close()
      }
    },
  )
})

describe('an answer', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a header without an end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`],
    ['an end before it begins', ''],
  ])('that is %s is a failure with a reason that quotes nothing', async (_what, bytes) => {
    const server = await aRawServer((socket) => socket.end(bytes))
    try {
      const attempt = await developing.post(`${server.url}/`, {}, '{}')
      expect(attempt).toMatchObject({ kind: 'failed', statusCode: null })
      expect(JSON.stringify(attempt)).not.toMatch(/SSH|xxx/)
    } finally {
      await server.close()
    }
  })

  it('that trickles in forever is over in time', async () => {
    const timers: NodeJS.Timeout[] = []
    const server = await aRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      timers.push(setInterval(() => socket.write('x: y\r\n'), 20))
    })
    const hasty = endpointClient({ webhooks: { allowPrivateTargets: true } }, { timeoutMs: 200 })
    try {
      expect(await hasty.post(`${server.url}/`, {}, '{}')).toMatchObject({ reason: 'No answer within 0.2 seconds' })
    } finally {
      for (const timer of timers) clearInterval(timer)
      await server.close()
    }
  })
})

describe('a certificate', () => {
  it('is asked for: a host that speaks no TLS behind https:// gets nothing', async () => {
    expect(await developing.post(`https://127.0.0.1:${receiver.port}/hooks`, {}, '{}')).toMatchObject({
      kind: 'failed',
    })
    expect(receiver.received).toEqual([])
  })
})
