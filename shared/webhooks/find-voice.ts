/**
 * Whether the app of a tenant signed a body, and for which numbers it may then speak. Which secrets to try is read out
 * of the raw text, which proves nothing: what is found there only chooses among secrets that admins gave us. The body
 * is parsed once one of them signs its bytes.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { digestOf } from './signature.ts'
import { parseBody, splitBody } from './split.ts'
import { namedIn, type Voice } from './voice.ts'

type VoiceDeps = Pick<Deps, 'numberSecrets'>

/** Where ids are looked for: every change names its number, so the first stands near the beginning. */
const LOOKED_THROUGH_BYTES = 256 * 1024
const MOST_NUMBERS = 4
/** Of a body that a tenant signed: beyond them it speaks for nobody. */
const MOST_NAMED = 200

/** Undefined if no number's secret signs the body. */
export async function findVoice(deps: VoiceDeps, body: Buffer, header: string | null): Promise<Voice | undefined> {
  const given = digestOf(header)
  if (!given) return undefined
  const secret = await signingSecret(deps, body, given)
  return secret === undefined ? undefined : voiceOf(deps, secret, body)
}

async function signingSecret(deps: VoiceDeps, body: Buffer, given: Buffer): Promise<string | undefined> {
  const text = body.subarray(0, LOOKED_THROUGH_BYTES).toString('latin1')
  const tried = new Set<string>()
  const firstFitting = (secrets: readonly string[]) =>
    secrets.find((secret) => {
      if (tried.has(secret)) return false
      tried.add(secret)
      return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given)
    })
  for (const metaId of numbersIn(text)) {
    const secret = await deps.numberSecrets.ofNumber(metaId, 'stranger')
    if (secret !== undefined && firstFitting([secret]) !== undefined) return secret
  }
  const [, wabaId] = FIRST_ENTRY.exec(text) ?? []
  if (wabaId === undefined) return undefined
  const lists = await deps.numberSecrets.ofAccount(wabaId, 'stranger')
  return firstFitting([...new Set(inAll(lists))].slice(0, MOST_NUMBERS))
}

const NUMBER = /"phone_number_id"\s*:\s*"(\d{1,32})"/g
/** Events of an account name no number. */
const FIRST_ENTRY = /"entry"\s*:\s*\[\s*\{[^[\]{}]*"id"\s*:\s*"(\d{1,32})"/

function numbersIn(text: string): Set<string> {
  const found = new Set<string>()
  for (const [, id = ''] of text.matchAll(NUMBER)) {
    found.add(id)
    if (found.size === MOST_NUMBERS) break
  }
  return found
}

async function voiceOf({ numberSecrets }: VoiceDeps, secret: string, body: Buffer): Promise<Voice> {
  const named = namedIn(splitBody(parseBody(body.toString('utf8'))) ?? new Map())
  const voice: Voice = { numbers: [], accounts: [] }
  for (const metaId of [...named.numbers].slice(0, MOST_NAMED)) {
    if ((await numberSecrets.ofNumber(metaId, 'signed')) === secret) voice.numbers.push(metaId)
  }
  for (const wabaId of [...named.accounts].slice(0, MOST_NAMED)) {
    if (inAll(await numberSecrets.ofAccount(wabaId, 'signed')).includes(secret)) voice.accounts.push(wabaId)
  }
  return voice
}

/** None at all if somebody uses the account without a secret. */
function inAll([first = [], ...others]: readonly string[][]): string[] {
  return first.filter((secret) => others.every((list) => list.includes(secret)))
}
