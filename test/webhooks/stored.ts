/** What is stored after the traffic, in the form the model has it. */
import { CosmosClient } from '@azure/cosmos'
import { QUEUES } from '../../shared/azure/resources.ts'
import { queueService } from '../../shared/azure/storage.ts'
import { readLedger } from '../../shared/campaigns/counters.ts'
import type { Expected } from './events.ts'
import type { ProofWorld, Tenant } from './proof-world.ts'

export async function storedFor(world: ProofWorld, tenant: Tenant, parked: string): Promise<Expected> {
  const { counts } = await readLedger(world.deps, tenant.workspaceId, tenant.campaignId)
  const { sent, delivered, read, failed } = counts
  return {
    counts: { sent, delivered, read, failed },
    inbound: await inboundOf(world, tenant),
    odd: new Set(parked.match(/wamid\.O\d+\./g) ?? []),
  }
}

/** Every stored inbound message: one that is stored twice is there twice. */
async function inboundOf({ config }: ProofWorld, { workspaceId }: Tenant): Promise<Map<string, number>> {
  const { endpoint, key = '', database } = config.cosmos
  const container = new CosmosClient({ endpoint, key }).database(database).container('messages')
  const query = {
    query: 'SELECT VALUE c FROM c WHERE c.workspace_id = @workspace AND c.direction = "inbound"',
    parameters: [{ name: '@workspace', value: workspaceId }],
  }
  const { resources } = await container.items.query<unknown>(query).fetchAll()
  const found = new Map<string, number>()
  for (const document of resources) {
    const text = JSON.stringify(document)
    const [, timestamp = ''] = /"timestamp":"(\d+)"/.exec(text) ?? []
    const wamid = /wamid\.M\d+\./.exec(text)?.[0] ?? text
    if (found.has(wamid)) throw new Error(`${wamid} is stored twice`)
    found.set(wamid, Number(timestamp))
  }
  return found
}

/** The content of everything that was kept for inspection. */
export async function parkedText({ deps }: ProofWorld): Promise<string> {
  const names = await Array.fromAsync(deps.blobs.list('webhook-parked', ''))
  const blobs = await Promise.all(names.map((name) => deps.blobs.get('webhook-parked', name)))
  return Buffer.concat(blobs).toString('utf8')
}

/** Messages in the queues of webhooks; those that were given up are a failure. */
export async function queued({ config }: ProofWorld): Promise<number> {
  const service = queueService(config)
  const count = async (name: string) =>
    (await service.getQueueClient(name).getProperties()).approximateMessagesCount ?? 0
  const names = QUEUES.filter((name) => name.startsWith('webhook-'))
  for (const name of names) {
    const poisoned = await count(`${name}-poison`).catch(() => 0)
    if (poisoned > 0) throw new Error(`${poisoned} messages of ${name} were given up`)
  }
  return (await Promise.all(names.map(count))).reduce((sum, more) => sum + more, 0)
}
