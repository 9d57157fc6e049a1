/** What a benchmark of campaigns runs in: the whole local world, several fast numbers, and contacts straight in the store. */
import { apiClient, type ApiClient } from '../../local/demo/api-client.ts'
import { prepare } from '../../local/demo/prepare.ts'
import type { WhatsappPart } from '../../local/stack/parts.ts'
import { startStack, type Stack } from '../../local/stack/stack.ts'
import { loadConfig } from '../../shared/config.ts'
import { newContact } from '../../shared/contacts/schema.ts'
import { createDeps } from '../../shared/create-deps.ts'
import type { Deps } from '../../shared/deps.ts'
import { WorkspaceId } from '../../shared/ids.ts'
import { simulatorControl, type Simulator } from '../../test/crash/simulator.ts'
import * as z from 'zod'

const BATCH = 100
const PARALLEL_BATCHES = 4
const SEED = 11
/** Of a host: with less, garbage is collected when it has to be, and the peak of its memory is what it needs. */
const HEAP_MB = 256

export interface Setting {
  stack: Stack
  whatsapp: WhatsappPart
  simulator: Simulator
  api: ApiClient
  workspaceId: WorkspaceId
  templateId: string
  /** Ours, each good for 1,000 messages a second. */
  numbers: string[]
  /** Of this process, to the same emulators. */
  deps: Deps
  /** Opted-in contacts until there are so many: whom every campaign of the bench is for. */
  haveContacts: (count: number) => Promise<void>
  /** Told when a host logs one of these lines: milliseconds of `performance.now()`. */
  logged: (event: string) => number[]
}

export async function aSetting(options: { hosts: number; numbers: number }): Promise<Setting> {
  const times: { event: string; atMs: number }[] = []
  const stack = await startStack({
    hosts: options.hosts,
    environment: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
    whatsapp: { throughput: 'HIGH', seed: SEED },
    onHostLine(line) {
      const event = /"event":"([^"]+)"/.exec(line)?.[1]
      if (event?.startsWith('campaign.') === true) times.push({ event, atMs: performance.now() })
    },
  })
  const { whatsapp } = stack
  if (!whatsapp) throw new Error('Measuring needs the simulated WhatsApp: unset META_GRAPH_URL')
  const simulator = simulatorControl(whatsapp.url)
  const api = apiClient(stack.url)
  const { workspaceId: id, templateId, phoneNumberId } = await prepare(api, whatsapp, () => undefined)
  const workspaceId = WorkspaceId.parse(id)
  const numbers = [phoneNumberId]
  for (let more = 1; more < options.numbers; more++) {
    const metaId = `20654000000000${more}`
    await simulator.addNumber({
      id: metaId,
      waba_id: whatsapp.wabaId,
      display_phone_number: `+1 555-000-200${more}`,
      throughput: 'HIGH',
      tier: 'TIER_UNLIMITED',
    })
    numbers.push(await connect(api, workspaceId, whatsapp, metaId))
  }
  const deps = createDeps(loadConfig(stack.settings))
  let contacts = 0
  const haveContacts = async (count: number): Promise<void> => {
    await loadContacts(deps, workspaceId, contacts, count)
    contacts = Math.max(contacts, count)
  }
  const logged = (event: string) => times.filter((time) => time.event === event).map(({ atMs }) => atMs)
  return { stack, whatsapp, simulator, api, workspaceId, templateId, numbers, deps, haveContacts, logged }
}

async function connect(api: ApiClient, workspaceId: string, whatsapp: WhatsappPart, metaId: string): Promise<string> {
  const body = { phone_number_id: metaId, access_token: whatsapp.accessToken, business_id: whatsapp.wabaId }
  return (await api.post(z.object({ id: z.string() }), `/api/workspaces/${workspaceId}/phone-numbers`, body)).id
}

/** Straight into the store: importing is measured elsewhere. */
async function loadContacts({ containers }: Deps, workspaceId: WorkspaceId, from: number, to: number): Promise<void> {
  const batches = Math.max(0, Math.ceil((to - from) / BATCH))
  const starts = Array.from({ length: batches }, (_, index) => from + index * BATCH).values()
  const at = new Date()
  const work = async (): Promise<void> => {
    for (const start of starts) {
      const documents = Array.from({ length: Math.min(BATCH, to - start) }, (_, index) => {
        const number = start + index
        const waId = `1201${String(number).padStart(7, '0')}`
        const phone = { e164: `+${waId}`, waId }
        return newContact(
          workspaceId,
          { phone, name: `Person ${number}`, tags: [], optedIn: true, source: 'import' },
          at,
        )
      })
      await containers.contacts.batch(
        documents.map((document) => ({ kind: 'create', document })),
        workspaceId,
      )
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_BATCHES }, work))
}
