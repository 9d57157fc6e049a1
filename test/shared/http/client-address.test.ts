import { describe, expect, it } from 'vitest'
import { clientAddress } from '../../../shared/http/client-address.ts'

function addressIn(forwarded?: string): string | undefined {
  const headers = new Headers(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })
  return clientAddress({ headers })
}

describe('the address of a client', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:50123', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:50123', '203.0.113.7'],
    ['10.0.0.1:1,198.51.100.1,203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:cb00:7107]:443', '203.0.113.7'],
  ])('%s is %s', (forwarded, address) => {
    expect(addressIn(forwarded)).toBe(address)
  })

  it('is its network where it is an IPv6 address, however it is written', () => {
    const spellings = [
      '2001:db8:1:2::7',
      '[2001:db8:1:2::7]:443',
      '[2001:DB8:1:2:0:0:0:7]',
      '2001:db8:1:2:ffff::1%eth0',
    ]
    expect(new Set(spellings.map(addressIn))).toEqual(new Set(['2001:db8:1:2']))
    expect(addressIn('2001:db8::1')).toBe('2001:db8:0:0')
    expect(addressIn('2001:db8:1:3::7')).toBe('2001:db8:1:3')
    expect(addressIn('::1')).toBe('0:0:0:0')
  })

  it.each([
    undefined,
    '',
    ' ',
    ',',
    'unknown',
    '203.0.113.7,',
    '203.0.113',
    '203.0.113.7:x',
    '[2001:db8',
    'a\u00e4',
    '[x]:1',
  ])('is unknown for %j', (forwarded) => {
    expect(addressIn(forwarded)).toBeUndefined()
  })

  it('is never what the client wrote, where something was added behind it', () => {
    expect(addressIn('198.51.100.99, 198.51.100.98, 203.0.113.7')).toBe('203.0.113.7')
    expect(addressIn('198.51.100.99, nonsense')).toBeUndefined()
  })
})
