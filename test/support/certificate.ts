/** A certificate for 127.0.0.1, signed by itself: Node.js can read certificates but not make them. */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  cert: string
  key: string
}

const ECDSA_WITH_SHA256 = der(0x30, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
const LIFE_MS = 24 * 3_600_000

/** X.509 as RFC 5280 has it, with one alternative name. */
export function aCertificate(now = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const name = der(0x30, der(0x31, der(0x30, oid([0x55, 0x04, 0x03]), der(0x0c, Buffer.from('127.0.0.1')))))
  const validity = der(0x30, time(now.getTime() - LIFE_MS), time(now.getTime() + LIFE_MS))
  const alternative = der(0x30, der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = der(0x30, oid([0x55, 0x1d, 0x11]), der(0x04, alternative))
  const content = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    publicKey,
    der(0xa3, der(0x30, extension)),
  )
  const signature = sign('sha256', content, createPrivateKey(privateKey))
  const whole = der(0x30, content, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n')
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key: privateKey }
}

function oid(bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

/** GeneralizedTime in whole seconds. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return der(0x18, Buffer.from(digits))
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff])
}
