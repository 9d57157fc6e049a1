/**
 * Key Vault's wrap and unwrap as its REST reference has them, over HTTPS, with real RSA keys; and beside it what gives a managed
 * identity its tokens in Azure.
 */
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { aCertificate } from './certificate.ts'

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
const RESOURCE = 'https://vault.azure.net'

export interface VaultStandIn {
  /** Without a version. */
  keyId: string
  cert: string
  token: string
  /** Versions of the key, the oldest first. */
  versions: string[]
  /** Every operation it was asked for, as `wrapkey`, `unwrapkey` or `get`. */
  asked: string[]
  /** What a process needs in its environment to have the identity. */
  identity: Record<string, string>
  rotate(): string
  /** As if the firewall let nobody in. */
  isShut: boolean
  /** Requests wait for an answer until the returned function is called. */
  fallSilent(): () => void
  disabled: Set<string>
  stop(): Promise<void>
}

export async function startVault(): Promise<VaultStandIn> {
  const keys = new Map<string, KeyPair>()
  const { cert, key } = aCertificate()
  const header = randomBytes(16).toString('hex')
  let speaks = Promise.resolve()
  const vaultServer = https.createServer({ cert, key }, (request, response) => void answer(request, response))
  const tokenServer = http.createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://identity')
    const isGood = request.headers['x-identity-header'] === header && searchParams.get('resource') === RESOURCE
    reply(response, isGood ? 200 : 400, isGood ? aToken(vault.token) : {})
  })
  const ports = await Promise.all([vaultServer, tokenServer].map(listening))
  const vault: VaultStandIn = {
    keyId: `https://127.0.0.1:${ports[0]}/keys/herald`,
    cert,
    token: randomBytes(24).toString('hex'),
    versions: [],
    asked: [],
    identity: {
      AZURE_CLIENT_ID: '00000000-0000-4000-8000-000000000001',
      IDENTITY_ENDPOINT: `http://127.0.0.1:${ports[1]}/msi/token`,
      IDENTITY_HEADER: header,
    },
    rotate() {
      const version = randomBytes(16).toString('hex')
      keys.set(version, generateKeyPairSync('rsa', { modulusLength: 2048 }))
      vault.versions.push(version)
      return version
    },
    isShut: false,
    fallSilent() {
      const { promise, resolve } = Promise.withResolvers<void>()
      speaks = promise
      return resolve
    },
    disabled: new Set(),
    async stop() {
      for (const server of [vaultServer, tokenServer]) {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      }
    },
  }
  vault.rotate()
  return vault

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', vault.keyId)
    const [, , name, given, operation = 'get'] = pathname.split('/')
    const version = given ?? vault.versions.at(-1) ?? ''
    const pair = keys.get(version)
    const kid = `${vault.keyId}/${version}`
    const text = (await Array.fromAsync(request)).join('')
    const { alg, value = '' } = JSON.parse(text || '{}') as { alg?: string; value?: string }
    vault.asked.push(operation)
    await speaks
    const refusals: [boolean, number, string][] = [
      [vault.isShut, 403, 'Forbidden'],
      [request.headers.authorization !== `Bearer ${vault.token}`, 401, 'Unauthorized'],
      [searchParams.get('api-version') !== '7.4', 400, 'UnsupportedApiVersion'],
      [name !== 'herald' || pair === undefined, 404, 'KeyNotFound'],
      ...refusalsOf(version, operation, `${request.method} ${alg}`),
    ]
    const refusal = refusals.find(([applies]) => applies)
    if (refusal) reply(response, refusal[1], { error: { code: refusal[2], message: 'Refused' } })
    else if (operation === 'get') reply(response, 200, { key: { kid, kty: 'RSA' }, attributes: { enabled: true } })
    else reply(response, 200, { kid, value: operated(operation, pair, value) })
  }

  function refusalsOf(version: string, operation: string, how: string): [boolean, number, string][] {
    if (operation === 'get') return []
    return [
      [vault.disabled.has(version), 403, 'Forbidden'],
      [how !== 'POST RSA-OAEP-256', 400, 'BadParameter'],
    ]
  }
}

interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

function operated(operation: string, pair: KeyPair | undefined, value: string): string {
  if (!pair) throw new Error('there is no such version')
  const input = Buffer.from(value, 'base64url')
  const output =
    operation === 'wrapkey'
      ? publicEncrypt({ key: pair.publicKey, ...OAEP }, input)
      : privateDecrypt({ key: pair.privateKey, ...OAEP }, input)
  return output.toString('base64url')
}

/** Until `stop` is called this process takes the stand-in's certificate for good. */
export function trust({ cert }: VaultStandIn): { stop(): void } {
  const before = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...before, cert])
  return { stop: () => tls.setDefaultCACertificates(before) }
}

function aToken(token: string) {
  const expires = Math.floor(Date.now() / 1000) + 3_600
  return { access_token: token, expires_on: String(expires), resource: RESOURCE, token_type: 'Bearer' }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function listening(server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // Bound to a port, not to a pipe.
  return (server.address() as AddressInfo).port
}
