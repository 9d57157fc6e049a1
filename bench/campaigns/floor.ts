/**
 * The floor a campaign is measured against: the same recipients read from the store, the same pages written and read, and
 * the same calls to the same simulator over the same HTTP client, in a tight loop that decides nothing. (Recipients that
 * were made up would be no campaign's: somebody has to be read before they can be written to.)
 */
import { createHmac, randomUUID } from 'node:crypto'
import { Pool } from 'undici'
import * as z from 'zod'
import { atOnce } from '../../shared/at-once.ts'
import { BLOCK_SIZE, PAGE_SIZE } from '../../shared/recipients/page.ts'
import { worldCpuMs } from './memory.ts'
import type { Setting } from './setting.ts'

/** As many pages at once and connections as serve a loop that never waits best. */
const PAGES_AT_ONCE = 12
const CONNECTIONS = 64
const PAGES_PER_BATCH = 50
const PEOPLE_PER_READ = PAGE_SIZE * 15

export interface SendFloor {
  seconds: number
  perSecond: number
  worldCpuMsPerMessage: number
}

/** Once in a setting: the floor's template. */
export async function prepareFloor({ simulator }: Setting): Promise<void> {
  await simulator.addTemplate({
    name: 'bench_floor',
    language: 'en',
    category: 'MARKETING',
    components: [{ type: 'BODY', text: 'Hello {{1}}, our spring plants are here.', example: { body_text: [['Ada']] } }],
  })
}

export async function sendFloor(setting: Setting, recipients: number): Promise<SendFloor> {
  const { simulator, whatsapp, deps } = setting
  // The limits of the number are not what is measured.
  await simulator.behave({ throughput_tolerance: 1000 })
  const pool = new Pool(whatsapp.url, { connections: CONNECTIONS })
  const pk = `floor:${randomUUID()}`
  const count = Math.ceil(recipients / PAGE_SIZE)
  const startMs = performance.now()
  const cpuBefore = worldCpuMs()
  const people = await readPeople(setting, recipients)
  const pages = Array.from({ length: count }, (_, number) =>
    aPage(pk, number, people.slice(number * PAGE_SIZE, (number + 1) * PAGE_SIZE)),
  )
  for (let first = 0; first < count; first += PAGES_PER_BATCH) {
    const some = pages.slice(first, first + PAGES_PER_BATCH)
    await deps.containers.pages.batch(
      some.map((document) => ({ kind: 'create', document })),
      pk,
    )
  }
  await atOnce(PAGES_AT_ONCE, pages.keys(), (number) =>
    sendFloorPage(setting, pool, { pk, number, size: sizeOf(recipients, number) }),
  )
  const seconds = (performance.now() - startMs) / 1000
  const worldCpuMsPerMessage = (worldCpuMs() - cpuBefore) / recipients
  await pool.close()
  await simulator.behave({ throughput_tolerance: 0.05 })
  return { seconds, perSecond: recipients / seconds, worldCpuMsPerMessage }
}

function sizeOf(recipients: number, page: number): number {
  return Math.min(PAGE_SIZE, recipients - page * PAGE_SIZE)
}

interface Person {
  id: string
  phone_number: string
  name: string
}

/** Page by page in the order of ids; from the first again where there are fewer contacts than messages. */
async function readPeople({ deps, workspaceId }: Setting, recipients: number): Promise<Person[]> {
  const people: Person[] = []
  let afterId = ''
  while (people.length < recipients) {
    const limit = Math.min(PEOPLE_PER_READ, recipients - people.length)
    const read = await deps.containers.contacts.query(
      {
        text: `SELECT TOP @limit c.id, c.phone_number, c.name FROM c WHERE c.type = 'contact' AND c.deleted = false
          AND c.opted_in = true AND c.id > @afterId ORDER BY c.id`,
        parameters: { limit, afterId },
        partition: workspaceId,
        maxItems: limit,
      },
      // Only the bench writes contacts here, and all of them have these.
      (row) => row as Person,
    )
    people.push(...read)
    afterId = read.length < limit ? '' : (read.at(-1)?.id ?? '')
  }
  return people
}

function aPage(pk: string, number: number, people: Person[]) {
  return {
    id: `p${String(number).padStart(8, '0')}`,
    pk,
    contacts: people.map(({ id }) => id),
    addresses: people.map(({ phone_number }) => phone_number),
    parameters: people.map(({ name }) => [name]),
    states: 'p'.repeat(people.length),
    wamids: {},
  }
}
type FloorPage = ReturnType<typeof aPage>

/** Read once; written before each block of sends, with what the block before it gave, and at the end. */
async function sendFloorPage(
  { deps, whatsapp, stack }: Setting,
  pool: Pool,
  { pk, number, size }: { pk: string; number: number; size: number },
): Promise<void> {
  // Only `sendFloor` writes these.
  let stored = await deps.containers.pages.read(`p${String(number).padStart(8, '0')}`, pk, (read) => read as FloorPage)
  if (!stored) throw new Error('The page was written a moment ago')
  const wamids: Record<string, string> = {}
  // Whoever has an app's secret proves it with every call.
  const proof = createHmac('sha256', stack.settings['META_APP_SECRET'] ?? '')
    .update(whatsapp.accessToken)
    .digest('hex')
  const headers = { authorization: `Bearer ${whatsapp.accessToken}`, 'content-type': 'application/json' }
  const send = async (position: number): Promise<void> => {
    const to = stored?.value.addresses[position] ?? ''
    const answer = await pool.request({
      method: 'POST',
      path: `/v26.0/${whatsapp.phoneNumberId}/messages?appsecret_proof=${proof}`,
      headers,
      body: JSON.stringify({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to,
        type: 'template',
        template: {
          name: 'bench_floor',
          language: { code: 'en' },
          components: [{ type: 'body', parameters: [{ type: 'text', text: stored?.value.parameters[position]?.[0] }] }],
        },
        biz_opaque_callback_data: `floor-${number}-${position}`,
      }),
    })
    const body = Answer.parse(await answer.body.json())
    wamids[position] = body.messages[0]?.id ?? ''
  }
  for (let from = 0; from < size; from += BLOCK_SIZE) {
    stored = await deps.containers.pages.replace(stored, { ...stored.value, wamids: { ...wamids } }, pk)
    await Promise.all(Array.from({ length: Math.min(BLOCK_SIZE, size - from) }, (_, index) => send(from + index)))
  }
  await deps.containers.pages.replace(stored, { ...stored.value, wamids }, pk)
}

const Answer = z.object({ messages: z.array(z.object({ id: z.string() })) })
