import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../local/process/ports.ts'
import { queueService } from '../../shared/azure/storage.ts'
import type { WorkspaceId } from '../../shared/ids.ts'
import { startVault } from '../support/key-vault.ts'
import { endOfScript, type Ended } from '../support/run-script.ts'
import { aMetaWorld, aTenant, connectNumber, type MetaWorld } from '../support/tenants.ts'

let meta: MetaWorld
let workspaceId: WorkspaceId
let token: string
beforeAll(async () => {
  meta = await aMetaWorld()
  workspaceId = (await aTenant(meta.world)).id
  token = String((await meta.control('POST', 'tokens', { expires_in: 30 * 24 * 3600 }))['access_token'])
  await connectNumber(meta, workspaceId, { accessToken: token })
})
afterAll(() => meta.close())

const diagnose = (env: Record<string, string> = {}, ...parameters: string[]) =>
  endOfScript('local/diagnose.ts', parameters, { ...meta.world.env, ...env })
const ofWorkspace = (env: Record<string, string> = {}) => diagnose(env, '--workspace', workspaceId)
const wrongLines = ({ text }: Ended) => text.split('\n').filter((line) => line.startsWith('  WRONG'))

describe('npm run diagnose', () => {
  it('finds nothing to mend where everything is well, and shows no secret', async () => {
    const all = await ofWorkspace()
    expect(wrongLines(all)).toEqual([])
    expect(all).toMatchObject({ code: 0, text: expect.stringContaining('Nothing to mend.') as unknown })
    expect(all.text).toMatch(/token: good until \d{4}-/)
    expect(all.text).toContain('sends them to this app')
    for (const secret of [token, meta.world.env['META_APP_SECRET'] ?? '', meta.world.env['COSMOS_KEY'] ?? '']) {
      expect(all.text).not.toContain(secret)
    }
  })

  it('names each setting that is missing or malformed', async () => {
    const { code, text } = await diagnose({ META_APP_ID: 'Herald', JWT_KEYS: '' })
    expect(code).toBe(1)
    expect(text).toContain('META_APP_ID must be the digits')
    expect(text).toContain('JWT_KEYS is missing')
  })

  it('tells Cosmos DB and storage that cannot be reached, and goes on with the rest', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`
    const storage = meta.world.env['AzureWebJobsStorage']?.replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, nowhere) ?? ''
    const both = await diagnose({ COSMOS_ENDPOINT: nowhere, AzureWebJobsStorage: storage })
    expect(both.code).toBe(1)
    expect(wrongLines(both).map((line) => /WRONG {2}([^:]+)/.exec(line)?.[1])).toEqual([
      'Queues',
      'Tables',
      'Blobs',
      'Cosmos DB',
    ])
    expect(both.text).toContain(`→ check that the emulator runs at COSMOS_ENDPOINT (${nowhere})`)
    expect(both.text).toContain('ok     Meta app')
  })

  it('tells queues and a database that were never made', async () => {
    await queueService(meta.world.config).getQueueClient('media-cleanup-poison').delete()
    const found = wrongLines(await diagnose({ COSMOS_DATABASE: 'another' }))
    expect(found).toEqual([
      '  WRONG  Queues: missing: media-cleanup-poison',
      expect.stringMatching(/^ {2}WRONG {2}Cosmos DB containers: missing: directory, core, contacts/) as unknown,
    ])
    await queueService(meta.world.config).getQueueClient('media-cleanup-poison').create()
  })

  it('tells an app id and a secret that do not belong together', async () => {
    expect(wrongLines(await diagnose({ META_APP_SECRET: 'f'.repeat(32) }))[0]).toContain('Meta app')
  })

  it('tells an account whose webhooks do not come here', async () => {
    const account = `${meta.simulator.url}/v26.0/${meta.simulator.wabaId}/subscribed_apps`
    const answer = await fetch(account, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${meta.simulator.accessToken}` },
    })
    expect(answer.status).toBe(200)
    const found = await ofWorkspace()
    expect(wrongLines(found)).toHaveLength(1)
    expect(found.text).toMatch(/webhooks: account \d+ does not send them to app 1234567890\n +→ POST /)
  })

  it('tells a key that does not open what is stored, and a workspace that is not there', async () => {
    const other = Buffer.alloc(32, 7).toString('base64')
    expect((await ofWorkspace({ TOKEN_ENCRYPTION_KEY: other })).text).toContain('another TOKEN_ENCRYPTION_KEY')
    const nobody = '00000000-0000-4000-8000-000000000000'
    expect((await diagnose({}, '--workspace', nobody)).text).toContain(`there is no workspace ${nobody}`)
  })

  it('tells whether the key in Key Vault is there, and a vault that lets nobody in', async () => {
    const vault = await startVault()
    const folder = await mkdtemp(join(tmpdir(), 'herald-vault-'))
    const certificate = join(folder, 'cert.pem')
    await writeFile(certificate, vault.cert)
    const env = { ...vault.identity, KEY_VAULT_KEY_ID: vault.keyId, NODE_EXTRA_CA_CERTS: certificate }
    const there = await diagnose(env)
    expect(there.text).toContain(`ok     Key Vault: the key is there, version ${vault.versions[0]}; no data key yet`)
    expect(vault.asked).toEqual(['get'])
    vault.isShut = true
    expect(wrongLines(await diagnose(env))).toEqual([
      '  WRONG  Key Vault: Key Vault refused the key herald: 403 Forbidden',
    ])
    await Promise.all([vault.stop(), rm(folder, { recursive: true })])
  })

  it('tells a token that Meta takes no more', async () => {
    await meta.control('DELETE', 'tokens', { value: token })
    const { code, text } = await ofWorkspace()
    expect(code).toBe(1)
    expect(text).toMatch(/WRONG {2}\+\d+ token: .*\n +→ give the number a new access token/)
  })
})
