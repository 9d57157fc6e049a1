import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSignedByMeta } from '../../../shared/webhooks/signature.ts'
import { sampleText, signatureOf } from '../../support/webhooks.ts'

const example = JSON.parse(sampleText('signature-example.json')) as Record<string, string>
const secret = randomBytes(16).toString('hex')
const bytes = fc.uint8Array({ minLength: 1, maxLength: 600 })

describe('a webhook signature', () => {
  const wire = Buffer.from(sampleText('signature-wire-body.txt'))

  it('fits the documented example, byte for byte', () => {
    expect(wire.length).toBe(Number(example['body_bytes']))
    expect(isSignedByMeta(wire, example['header_value']!, [example['app_secret']!])).toBe(true)
  })

  it('does not fit the example once it was parsed and serialised again', () => {
    const again = Buffer.from(JSON.stringify(JSON.parse(wire.toString('utf8'))))
    expect(isSignedByMeta(again, example['header_value']!, [example['app_secret']!])).toBe(false)
    expect(isSignedByMeta(wire, example['wrong_value_if_reserialised']!, [example['app_secret']!])).toBe(false)
  })

  it('fits any bytes, text or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (body) => {
        return isSignedByMeta(body, signatureOf(body, secret), [secret])
      }),
    )
  })

  it('does not fit once any one bit of the body is flipped', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), (body, at) => {
        const header = signatureOf(body, secret)
        const changed = Uint8Array.from(body)
        const bit = at % (body.length * 8)
        changed[bit >> 3] = body[bit >> 3]! ^ (1 << (bit & 7))
        return !isSignedByMeta(changed, header, [secret])
      }),
    )
  })

  it('does not fit once any one bit of the documented body is flipped', () => {
    const header = signatureOf(wire, secret)
    for (let bit = 0; bit < wire.length * 8; bit++) {
      const changed = Buffer.from(wire)
      changed[bit >> 3] = wire[bit >> 3]! ^ (1 << (bit & 7))
      expect(isSignedByMeta(changed, header, [secret])).toBe(false)
    }
  })

  it('does not fit once any one of its own bits is flipped', () => {
    const header = Buffer.from(signatureOf(wire, secret))
    for (let bit = 0; bit < header.length * 8; bit++) {
      const changed = Buffer.from(header)
      changed[bit >> 3] = header[bit >> 3]! ^ (1 << (bit & 7))
      expect(isSignedByMeta(wire, changed.toString('latin1'), [secret]), `bit ${bit}`).toBe(false)
    }
  })

  it('fits with the present secret and the one before it, and with no other', () => {
    const [present, previous, other] = [1, 2, 3].map(() => randomBytes(16).toString('hex'))
    for (const one of [present!, previous!]) {
      expect(isSignedByMeta(wire, signatureOf(wire, one), [present!, previous!])).toBe(true)
    }
    expect(isSignedByMeta(wire, signatureOf(wire, other!), [present!, previous!])).toBe(false)
    expect(isSignedByMeta(wire, signatureOf(wire, ''), [present!, previous!])).toBe(false)
    expect(isSignedByMeta(wire, signatureOf(wire, present!), [])).toBe(false)
  })

  const good = signatureOf(wire, secret)
  const digits = good.slice('sha256='.length)
  const hostile: [string, string | null][] = [
    ['no header', null],
    ['an empty header', ''],
    ['only the prefix', 'sha256='],
    ['no prefix', digits],
    ['the prefix in capitals', `SHA256=${digits}`],
    ['its letters in capitals', `sha256=${digits.toUpperCase()}`],
    ['another algorithm', `sha1=${digits}`],
    ['another algorithm of the right length', `sha512=${digits}`],
    ['a colon for the equals sign', `sha256:${digits}`],
    ['a space before', ` ${good}`],
    ['a space behind', `${good} `],
    ['a line end behind', `${good}\n`],
    ['a NUL behind', `${good}\0`],
    ['a space inside', `sha256= ${digits}`],
    ['quotes', `sha256="${digits}"`],
    ['one digit too few', good.slice(0, -1)],
    ['one byte too few', good.slice(0, -2)],
    ['one digit too many', `${good}0`],
    ['one byte too many', `${good}00`],
    ['twice its digits', `${good}${digits}`],
    ['two signatures, as a joined header', `${good}, ${good}`],
    ['a wrong one before the right one', `sha256=${'0'.repeat(64)},${good}`],
    ['the prefix twice', `sha256=sha256=${digits}`],
    ['base64', `sha256=${Buffer.from(digits, 'hex').toString('base64')}`],
    ['base64 of 64 characters', `sha256=${Buffer.from(digits, 'hex').toString('base64').padEnd(64, 'A')}`],
    ['0x', `sha256=0x${digits.slice(2)}`],
    ['a letter that is no digit', `sha256=g${digits.slice(1)}`],
    ['digits of another script', `sha256=${digits.slice(0, -1)}٣`],
    ['full-width digits', `sha256=${'０'.repeat(64)}`],
    ['all zeros', `sha256=${'0'.repeat(64)}`],
    ['all ones', `sha256=${'f'.repeat(64)}`],
    ['the digest backwards', `sha256=${Buffer.from(digits, 'hex').reverse().toString('hex')}`],
    ['a million digits', `sha256=${'a'.repeat(1_000_000)}`],
    ['the word undefined', 'undefined'],
    ['the signature of nothing', signatureOf('', secret)],
    ['the signature with the verify token', signatureOf(wire, 'verify-me')],
  ]
  it.each(hostile)('is refused with %s', (_what, header) => {
    expect(isSignedByMeta(wire, header, [secret])).toBe(false)
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a line end more', Buffer.concat([wire, Buffer.from('\n')])],
    ['a byte order mark', Buffer.concat([Buffer.from('\ufeff'), wire])],
    ['its end cut off', wire.subarray(0, -1)],
    ['its escapes undone', Buffer.from(wire.toString('utf8').replaceAll('\\/', '/'))],
    ['itself twice', Buffer.concat([wire, wire])],
  ])('does not sign the body with %s', (_what, body) => {
    expect(isSignedByMeta(body, good, [secret])).toBe(false)
  })
})
