import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { apiClient } from '../../../local/demo/api-client.ts'
import { createCampaign, executeCampaign, followCampaign } from '../../../local/demo/campaign.ts'
import { contactFiles } from '../../../local/demo/contact-files.ts'
import { importFiles } from '../../../local/demo/import-contacts.ts'
import { poll } from '../../../local/demo/poll.ts'
import { prepare } from '../../../local/demo/prepare.ts'
import { isAsReported, settle } from '../../../local/demo/settle.ts'
import { whatsappRecord } from '../../../local/stack/measure.ts'
import { startStack, type Stack, type StackOptions } from '../../../local/stack/stack.ts'
import { descendants, isRunning, aFolder } from './support.ts'

const stacks: Stack[] = []
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()))
})

async function aStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ environment: {}, ...options })
  stacks.push(stack)
  return stack
}

const silent = (): void => undefined

describe('the local world', () => {
  it('runs several hosts on one state, and takes the death of one for no more than that', async () => {
    const stack = await aStack({ hosts: 2 })
    const [first, second] = stack.hosts
    const account = { email: 'ada@example.com', password: 'countess of lovelace' }
    const ask = (url: string | undefined, verb: string) =>
      fetch(`${url ?? ''}/api/auth/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      }).then(({ status }) => status)
    expect(await ask(first?.url, 'signup')).toBe(200)
    expect(await ask(second?.url, 'signin')).toBe(200)

    await stack.killHost(0)
    await expect(ask(first?.url, 'signin')).rejects.toThrow('fetch failed')
    expect(await ask(second?.url, 'signin')).toBe(200)
    await stack.startHost(0)
    expect(stack.hosts[0]?.url).toBe(first?.url)
    expect(await ask(first?.url, 'signin')).toBe(200)

    const { cosmos, storage } = await stack.metrics()
    expect(cosmos?.requests).toBeGreaterThan(3)
    expect(storage?.queue).toBeGreaterThan(0)
  })

  it('uses the parts that the environment gives and starts none of its own for them', async () => {
    const before = new Set(descendants(process.pid))
    const { ports, key } = inject('azurite')
    const account = 'test1999'
    const service = (name: string, port: number) => `${name}Endpoint=http://127.0.0.1:${port}/${account};`
    const stack = await aStack({
      environment: {
        AzureWebJobsStorage:
          `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};` +
          service('Blob', ports.blob) +
          service('Queue', ports.queue) +
          service('Table', ports.table),
        COSMOS_ENDPOINT: inject('cosmos').endpoint,
        COSMOS_KEY: inject('cosmos').key,
        COSMOS_DATABASE: `test-${randomBytes(8).toString('hex')}`,
        META_GRAPH_URL: 'http://127.0.0.1:9',
      },
    })
    expect([stack.cosmosUrl, stack.storagePorts, stack.whatsapp]).toEqual([undefined, undefined, undefined])
    const started = descendants(process.pid).filter((pid) => !before.has(pid) && isRunning(pid))
    expect(started).toHaveLength(1)
    expect((await fetch(`${stack.url}/api/auth/me`)).status).toBe(401)
  })

  it('goes on with a running campaign after a stop and a start', async () => {
    const folder = aFolder()
    const before = await aStack({ stateFolder: folder.path, whatsapp: { throughput: 'STANDARD', seed: 4 } })
    const api = apiClient(before.url)
    const prepared = await prepare(api, before.whatsapp!, silent)
    const files = contactFiles({ contacts: undefined, recipients: 400, chaos: false, seed: 4 })
    await importFiles(api, prepared.workspaceId, files, silent)
    const { id } = await createCampaign(api, prepared)
    await executeCampaign(api, id)
    const record = whatsappRecord(before.whatsapp!.url)
    await poll(record.accepted, (count) => count >= 60, { everyMs: 50, withinMs: 30_000, what: 'the first sends' })
    await before.stop()

    const after = await aStack({ stateFolder: folder.path, ports: { functions: before.hosts[0]?.port ?? 0 } })
    const recordAfter = whatsappRecord(after.whatsapp!.url)
    const completed = await followCampaign(api, id, 60_000, silent)
    const { campaign, counts } = await settle(api, id, recordAfter, silent)
    expect(completed.uncertain_count).toBe(0)
    expect(isAsReported(campaign, counts)).toBe(true)
    expect(await recordAfter.ledger()).toMatchObject({ accepted: 400, recipients: 400, max_per_recipient: 1 })
    await after.stop()
    folder.remove()
  }, 90_000)
})
