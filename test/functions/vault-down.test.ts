import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aHostBehindMeta, type HostBehindMeta } from '../support/host-behind-meta.ts'
import { startVault, type VaultStandIn } from '../support/key-vault.ts'
import { A_PASSWORD, aMetaWorld, anEmail, bearer, textAt, type MetaWorld } from '../support/tenants.ts'
import { sampleText, signatureOf } from '../support/webhooks.ts'

let folder: string
let vault: VaultStandIn
let meta: MetaWorld
let host: HostBehindMeta
let token = ''
beforeAll(async () => {
  ;[folder, vault] = await Promise.all([mkdtemp(join(tmpdir(), 'herald-vault-')), startVault()])
  const certificate = join(folder, 'cert.pem')
  await writeFile(certificate, vault.cert)
  meta = await aMetaWorld({ env: { TOKEN_ENCRYPTION_KEY: '', KEY_VAULT_KEY_ID: vault.keyId } })
  vault.isShut = true
  host = await aHostBehindMeta(meta, { ...vault.identity, NODE_EXTRA_CA_CERTS: certificate })
})
afterAll(async () => {
  await host.child.stop()
  await Promise.all([meta.close(), vault.stop(), rm(folder, { recursive: true })])
})

async function ask(method: string, path: string, body?: object) {
  const headers = { ...(token && bearer(token)), ...(body && { 'content-type': 'application/json' }) }
  const answer = await fetch(`${host.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const answered: unknown = await answer.json()
  return { status: answer.status, body: answered }
}

const aWorkspace = () => ask('POST', '/api/workspaces', { name: 'Acme' })

describe('a host that starts while Key Vault lets nobody in', () => {
  it('says that it lives and reaches its stores', async () => {
    expect(await ask('GET', '/api/health')).toMatchObject({ status: 200 })
    // A cold process on a busy machine may take longer than it lets its stores.
    await expect.poll(() => ask('GET', '/api/ready')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  it('takes webhooks', async () => {
    const body = sampleText('signature-wire-body.txt')
    const signature = signatureOf(body, meta.world.config.meta.appSecrets[0] ?? '')
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature }
    const take = async () => (await fetch(`${host.url}/webhook`, { method: 'POST', body, headers })).status
    await expect.poll(take).toBe(200)
  })

  it('lets people sign up and look at what they have', async () => {
    const account = { email: anEmail(), password: A_PASSWORD }
    expect(await ask('POST', '/api/auth/signup', account)).toMatchObject({ status: 200 })
    token = textAt(await ask('POST', '/api/auth/signin', account), 'access_token')
    expect(await ask('GET', '/api/workspaces')).toMatchObject({ status: 200 })
  })

  it('refuses what needs a secret for the moment, and tells the log alone why', async () => {
    const { status, body } = await aWorkspace()
    expect([status, body]).toMatchObject([503, { code: 'storage_unavailable' }])
    expect(JSON.stringify(body)).not.toMatch(/vault|key/i)
    const told = host.lines.filter((line) => line.includes('"keys.not_read"'))
    expect(told.join('\n')).toContain('Key Vault refused the key herald: 403 Forbidden')
    expect(host.lines.join('\n')).not.toContain(vault.token)
  })

  it('seals and opens secrets once the vault answers, without a restart', async () => {
    vault.isShut = false
    let made = await aWorkspace()
    const again = async () => (made.status === 503 ? (made = await aWorkspace()) : made).status
    await expect.poll(again, { timeout: 20_000, interval: 200 }).toBe(200)
    const number = await ask('POST', '/api/phone-numbers', {
      workspace_id: textAt(made, 'id'),
      phone_number_id: meta.simulator.phoneNumberId,
      business_id: meta.simulator.wabaId,
      access_token: meta.simulator.accessToken,
    })
    expect(number).toMatchObject({ status: 201 })
    expect(await ask('POST', `/api/phone-numbers/${textAt(number, 'id')}/sync`)).toMatchObject({ status: 200 })
  })
})
