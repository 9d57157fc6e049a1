import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { keyring } from '../../../shared/crypto/keyring.ts'
import { open, seal } from '../../../shared/crypto/secret-box.ts'

const key = keyring(randomBytes(32))

it('opens what it sealed, for every text and row', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, row) => {
      expect(open(key, seal(key, plain, row), row)).toBe(plain)
    }),
  )
})

it('never seals the same text the same way twice', () => {
  expect(seal(key, 'token', 'row')).not.toBe(seal(key, 'token', 'row'))
})

it('does not open in another row or with another key', () => {
  const sealed = seal(key, 'token', 'row-1')
  expect(() => open(key, sealed, 'row-2')).toThrow()
  expect(() => open(keyring(randomBytes(32)), sealed, 'row-1')).toThrow()
})

it('does not open after any change', () => {
  const [version = '', body = ''] = seal(key, 'token', 'row').split('.')
  const bytes = Buffer.from(body, 'base64url')
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
    expect(() => open(key, `${version}.${changed.toString('base64url')}`, 'row')).toThrow()
  }
  expect(() => open(key, `v0.${body}`, 'row')).toThrow()
  expect(() => open(key, 'v1.', 'row')).toThrow()
})
