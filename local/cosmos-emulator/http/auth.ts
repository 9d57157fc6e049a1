/** Checks the master-key signature of a request, exactly as the service does. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { CosmosError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import { header } from './exchange.ts'

const mostSkewMs = 15 * 60 * 1000
const mostKnown = 1000

export function createAuthorizer(key: string, now: () => number): (exchange: Exchange) => void {
  const secret = Buffer.from(key, 'base64')
  // Requests of one second to one container carry the same signature, so most need no hashing.
  const known = new Map<string, string>()
  const signatureOf = (text: string): string => {
    let signature = known.get(text)
    if (signature === undefined) {
      signature = createHmac('sha256', secret).update(text).digest('base64')
      if (known.size >= mostKnown) known.clear()
      known.set(text, signature)
    }
    return signature
  }
  return (exchange) => {
    const authorization = header(exchange, 'authorization')
    const date = header(exchange, 'x-ms-date') ?? header(exchange, 'date')
    if (!authorization)
      throw unauthorized('Required Header authorization is missing. Ensure a valid Authorization token is passed.')
    if (!date) throw unauthorized('Required Header date or x-ms-date is missing.')
    const given = readSignature(authorization)
    const { type, ids } = resourceOf(exchange.path)
    const isRight = ids.some((id) => isEqual(given, signatureOf(signedText(exchange.method, type, id, date))))
    if (!isRight) {
      throw unauthorized(
        "The input authorization token can't serve the request. The wrong key is being used or the expected payload is not built as per the protocol.",
      )
    }
    checkDate(date, now())
  }
}

function unauthorized(message: string): CosmosError {
  return new CosmosError(401, message)
}

function readSignature(authorization: string): string {
  const token = /^type=master&ver=1\.0&sig=(.+)$/.exec(decoded(authorization))
  if (!token?.[1])
    throw unauthorized('Authorization header does not have a master key token; other kinds are not served here.')
  return token[1]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function signedText(method: string, type: string, id: string, date: string): string {
  return `${method.toLowerCase()}\n${type.toLowerCase()}\n${id}\n${date.toLowerCase()}\n\n`
}

/** A path of pairs names a resource; an odd one names a kind of resource in its parent. */
function resourceOf(path: string[]): { type: string; ids: string[] } {
  if (path.length % 2 === 1) return { type: path.at(-1) ?? '', ids: [path.slice(0, -1).join('/')] }
  const full = path.join('/')
  return { type: path.at(-2) ?? '', ids: path[0] === 'offers' ? [full, (path.at(-1) ?? '').toLowerCase()] : [full] }
}

function isEqual(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

function checkDate(date: string, now: number): void {
  const at = Date.parse(date)
  if (!(Math.abs(at - now) <= mostSkewMs)) {
    throw new CosmosError(
      403,
      'The authorization token is not valid at the current time. Check that the clock is right.',
    )
  }
}
