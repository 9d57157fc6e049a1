/**
 * A key in Key Vault that wraps other keys and never leaves the vault, by its REST interface: three requests now and then,
 * for which an SDK of its own would be too much to load.
 */
import type { TokenCredential } from '@azure/identity'
import * as z from 'zod'
import { retrying } from './retry.ts'

const SCOPE = 'https://vault.azure.net/.default'
const API_VERSION = '7.4'
const ALGORITHM = 'RSA-OAEP-256'
const PATIENCE_MS = 5_000

export interface WrappingKey {
  /** The version that wraps: the one that the id names, or else the newest. */
  version(): Promise<string>
  wrap(version: string, plain: Buffer): Promise<Buffer>
  unwrap(version: string, wrapped: Buffer): Promise<Buffer>
}

const KeyAnswer = z.object({ key: z.object({ kid: z.string() }) })
const Operation = z.object({ kid: z.string(), value: z.base64url() })
const Refusal = z.object({ error: z.object({ code: z.string() }) })

/** `keyId`: https://<vault>/keys/<name>, perhaps with a version. */
export function keyVaultKey(keyId: string, credential: Pick<TokenCredential, 'getToken'>): WrappingKey {
  const [, address = '', name = ''] = /^(https:\/\/[^/]+\/keys\/([^/]+))/.exec(keyId) ?? []

  async function ask(url: string, body?: object): Promise<unknown> {
    const token = await credential.getToken(SCOPE)
    if (token === null) throw new Error('There is no identity to ask Key Vault with')
    const answer = await fetch(`${url}?api-version=${API_VERSION}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token.token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
      // Nobody else gets the token.
      redirect: 'error',
    })
    const content: unknown = await answer.json().catch(() => undefined)
    if (!answer.ok) throw refused(name, answer.status, content)
    return content
  }

  async function operate(operation: 'wrapkey' | 'unwrapkey', version: string, input: Buffer): Promise<Buffer> {
    const body = { alg: ALGORITHM, value: input.toString('base64url') }
    const answer = await retrying(() => ask(`${address}/${version}/${operation}`, body))
    const { kid, value } = Operation.parse(answer)
    if (versionOf(kid) !== version) throw new Error(`Key Vault answered with another version of ${name}`)
    return Buffer.from(value, 'base64url')
  }

  return {
    version: async () => versionOf(KeyAnswer.parse(await retrying(() => ask(keyId))).key.kid),
    wrap: (version, plain) => operate('wrapkey', version, plain),
    unwrap: (version, wrapped) => operate('unwrapkey', version, wrapped),
  }
}

function versionOf(kid: string): string {
  return kid.slice(kid.lastIndexOf('/') + 1)
}

function refused(name: string, statusCode: number, content: unknown): Error {
  const told = Refusal.safeParse(content)
  const code = told.success ? told.data.error.code : 'no reason'
  return Object.assign(new Error(`Key Vault refused the key ${name}: ${statusCode} ${code}`), { statusCode })
}
