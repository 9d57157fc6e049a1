import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../shared/config.ts'
import { endpointClient } from '../../../shared/webhook-endpoints/client.ts'
import { isOwnNetwork, isPublicAddress } from '../../../shared/webhook-endpoints/public-address.ts'
import { retryDelaySeconds } from '../../../shared/webhook-endpoints/schedule.ts'
import { signatureHeaders } from '../../../shared/webhook-endpoints/signature.ts'

const PUBLIC = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.0', '168.63.129.15', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ...['192.0.1.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ...['2606:4700:4700::1111', '2001:4860:4860::8888', '2001:200::1', '2003::1', '2a00:1450:4001::5'],
]

const NOT_PUBLIC = [
  // This network, loopback, private, shared (CGNAT, and a cloud's metadata in it), link-local and metadata.
  ...['0.0.0.0', '0.255.255.255', '127.0.0.1', '127.255.255.255', '10.0.0.1', '10.255.255.255', '172.16.0.1'],
  ...['172.31.255.255', '192.168.0.1', '192.168.255.255', '100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ...['169.254.0.1', '169.254.169.254', '169.254.170.2', '192.0.0.1', '192.0.0.192', '168.63.129.16'],
  // Documentation, benchmarks, relays, multicast, reserved, broadcast.
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '198.19.255.255', '192.88.99.1', '192.52.193.1'],
  ...['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  // The same in IPv6: unspecified, loopback, mapped, compatible, translated, NAT64 (both), 6to4, Teredo, ORCHID.
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::127.0.0.1', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  ...['2001::1', '2001:0:7f00:1::', '2001:10::1', '2001:20::1', '2001:1ff:ffff::1'],
  // Discard, documentation, SRv6, unique local and a cloud's metadata in it, link-local, site-local, multicast.
  ...['100::1', '2001:db8::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fdff::1', 'fe80::1', 'fe80::1%eth0'],
  ...['febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', '4000::1', 'ffff::1'],
  // No addresses.
  ...['', 'localhost', '127.1', '0x7f000001', '2130706433', '017700000001', '1.1.1.1 ', '[::1]', '1.1.1.1/8'],
]

describe('an address', () => {
  it.each(PUBLIC)('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
  it.each(NOT_PUBLIC)('%j is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it('of a developer’s own network is nobody’s metadata', () => {
    for (const own of ['127.0.0.1', '::1', '10.1.2.3', '172.17.0.1', '192.168.1.1', 'fd12::1']) {
      expect(isOwnNetwork(own), own).toBe(true)
    }
    for (const other of [
      '169.254.169.254',
      '168.63.129.16',
      '0.0.0.0',
      'fe80::1',
      '224.0.0.1',
      '100.64.0.1',
      '8.8.8.8',
    ]) {
      expect(isOwnNetwork(other), other).toBe(false)
    }
  })
})

const HOSTILE_URLS: [string, RegExp][] = [
  ...[
    'https://127.0.0.1/',
    'https://127.1/',
    'https://127.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://0x7F.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.0.0.1./',
    'https://%31%32%37.0.0.1/',
    'https://１２７.０.０.１/',
    'https://127。0。0。1/',
    'https://①②⑦.0.0.1/',
    'https://0/',
    'https://0.0.0.0:8080/',
    'https://10.0.0.1/',
    'https://192.168.0.1/',
    'https://172.16.0.1/',
    'https://169.254.169.254/metadata/instance?api-version=2021-02-01',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://168.63.129.16/',
    'https://100.100.100.200/',
    'https://[::1]/',
    'https://[::]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[ff02::1]/',
    'https://255.255.255.255/',
    'https://224.0.0.1/',
  ].map((url): [string, RegExp] => [url, /not on the public internet/]),
  ['http://example.com/', /https:/],
  ['ftp://example.com/', /https:/],
  ['file:///etc/passwd', /https:/],
  ['javascript:alert(1)', /https:/],
  ['gopher://127.0.0.1:70/', /https:/],
  ['data:text/plain,x', /https:/],
  ['unix:/var/run/docker.sock', /https:/],
  ['https://user@8.8.8.8/', /user name/],
  ['https://:password@8.8.8.8/', /user name/],
  ['https://8.8.8.8@127.0.0.1/', /user name/],
  ['//127.0.0.1/', /should be a URL/],
  ['https://', /should be a URL/],
  ['https://[fe80::1%25eth0]/', /should be a URL/],
  ['https://256.1.1.1/', /should be a URL/],
  ['not a url', /should be a URL/],
  ['', /should be a URL/],
]

const key = Buffer.alloc(32, 1).toString('base64')
const usual = loadConfig({
  ...{ AzureWebJobsStorage: 'UseDevelopmentStorage=true', COSMOS_ENDPOINT: 'http://127.0.0.1:9', META_APP_ID: '1' },
  ...{ META_APP_SECRET: 'x'.repeat(16), META_VERIFY_TOKEN: 'x'.repeat(8) },
  ...{ JWT_KEYS: `a:${key}`, TOKEN_ENCRYPTION_KEY: key },
})

describe('without a setting that allows it, nothing is sent to', () => {
  // Nobody asks this one: an address in a URL is not looked up.
  const client = endpointClient(usual, { dnsServers: ['127.0.0.1:9'] })
  it.each(HOSTILE_URLS)('%s', async (url, words) => {
    expect(await client.problemOf(url)).toMatch(words)
    expect(await client.post(url, {}, '{}')).toMatchObject({ kind: 'failed', statusCode: null, reason: words })
  })
})

describe('the schedule', () => {
  it('waits longer and longer, over about a day, and a fifth more or less', () => {
    const delays = Array.from({ length: 8 }, (_, index) => retryDelaySeconds(index + 1, 0.5) ?? 0)
    expect(delays).toEqual([10, 60, 300, 1800, 7200, 14_400, 28_800, 36_000])
    expect(delays.reduce((sum, delay) => sum + delay, 0) / 3600).toBeCloseTo(24.6, 1)
    expect([retryDelaySeconds(1, 0), retryDelaySeconds(1, 1)]).toEqual([8, 12])
    expect([retryDelaySeconds(8, 0), retryDelaySeconds(8, 1)]).toEqual([28_800, 43_200])
    expect(retryDelaySeconds(9, 0)).toBeUndefined()
  })
})

describe('the signature', () => {
  it('is the one that docs/customer-webhooks.md shows', () => {
    const signed = {
      id: '0b5f3c2e-9a41-8c07-8d1e-5a2f6b7c8d9e',
      timestamp: 1_790_000_000,
      body: '{"id":"0b5f3c2e-9a41-8c07-8d1e-5a2f6b7c8d9e","type":"endpoint.test"}',
    }
    expect(signatureHeaders('6ba7b810-9dad-41d1-80b4-00c04fd430c8', signed)).toEqual({
      'webhook-id': signed.id,
      'webhook-timestamp': '1790000000',
      'webhook-signature': 'v1,9WJ8XKkYvDaPL+I73cjr70sVqPJyis+Wj+ahfeEyBXY=',
    })
  })
})
