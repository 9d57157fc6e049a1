/**
 * Bytes of a webhook as Meta sends them. The signature covers exactly these bytes, so a receiver that parses and
 * re-serialises before it checks will never find the signature right.
 */
import { createHmac } from 'node:crypto'

export function wireBody(value: unknown): string {
  return escaped(JSON.stringify(value))
}

/** Non-ASCII as lower-case `\uXXXX`, `/` as `\/`; template ids are numbers, also those that no double can hold. */
function escaped(json: string): string {
  const withNumbers = json.includes('"message_template_id":"')
    ? json.replace(/"message_template_id":"(\d+)"/g, '"message_template_id":$1')
    : json
  // In JSON text a slash occurs inside strings only, and JSON.stringify never writes `\/` itself.
  const withSlashes = withNumbers.replaceAll('/', '\\/')
  return withSlashes.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function signatureOf(appSecret: string, body: string | Buffer): string {
  return `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`
}
