/**
 * What importing costs through the whole local world: a file sent to POST /api/contacts/imports, its parts by the queue of one
 * host, beside a floor measured in the same world a moment later: the same contacts in the same batches to the same emulator,
 * in a tight loop that decides nothing. And the same file again, which only looks.
 *
 * node bench/imports.ts [--sizes 10000,100000,1000000] [--floor 100000]
 * node bench/imports.ts --small-heap [--sizes …]   judges memory, and no times: the host has hardly more than it needs
 */
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { apiClient, type ApiClient } from '../local/demo/api-client.ts'
import { poll } from '../local/demo/poll.ts'
import { startStack, type Stack } from '../local/stack/stack.ts'
import { loadConfig } from '../shared/config.ts'
import { newContact } from '../shared/contacts/schema.ts'
import { createDeps } from '../shared/create-deps.ts'
import type { Deps } from '../shared/deps.ts'
import { WorkspaceId } from '../shared/ids.ts'
import { watchMemory } from './campaigns/memory.ts'

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000,1000000' },
    floor: { type: 'string', default: '100000' },
    'small-heap': { type: 'boolean', default: false },
  },
})
const sizes = values.sizes.split(',').map(Number)
const mostOfFloor = Number(values.floor)

/**
 * What an import may take, from 100,000 rows on. With fewer, about a second weighs more that every import has ahead of its first
 * contact: the upload, half a second until the queue is looked at, and the first part's reading.
 */
const LEAST_OF_FLOOR = 0.7
const FEWEST_FOR_TIMES = 100_000
const MOST_REQUESTS = 0.02
const MOST_UNITS = 7.5
/** How much more than the smallest import the largest may hold: of a million rows 25 MB tell which numbers came before. */
const MOST_GROWTH_MB = 40
/** Ahead of everything, so that the host has the heap it works with: V8 lets it grow to some size before it collects. */
const WARM_UP_ROWS = 50_000
/** With gigabytes to spare V8 hardly collects: a host that lives with this holds little that nobody needs. */
const SMALL_HEAP = '--max-old-space-size=160 --max-semi-space-size=8'
/** As the import writes: two lookups' worth of rows at a time, in batches of a hundred. */
const BATCH = 100
const BATCHES_AT_ONCE = 4
const LOOK_EVERY_MS = 100
const WITHIN_MS = 600_000

interface Measured {
  what: string
  rows: number
  seconds: number
  perSecond: number
  ofFloor: number | undefined
  requests: number
  units: number
  peakMb: number
}

const Job = z.object({
  id: z.string(),
  status: z.string(),
  processed_rows: z.int(),
  imported: z.int(),
  updated: z.int(),
})

const hasSmallHeap = values['small-heap']
const stack = await startStack(hasSmallHeap ? { environment: { ...process.env, NODE_OPTIONS: SMALL_HEAP } } : {})
try {
  const api = apiClient(stack.url)
  await signIn(api)
  const deps = createDeps(loadConfig(stack.settings))
  const measured: Measured[] = []
  await warmUp(api)
  for (const rows of sizes) measured.push(...(await measure(api, deps, rows)))
  process.exitCode = report(measured) ? 0 : 1
} finally {
  await stack.stop()
}

async function signIn(api: ApiClient): Promise<void> {
  const account = { email: `bench-${randomUUID()}@example.com`, password: `bench ${randomUUID()}` }
  await api.post(z.object({}), '/api/auth/signup', account)
  const { access_token } = await api.post(z.object({ access_token: z.string() }), '/api/auth/signin', account)
  api.useToken(access_token)
}

async function warmUp(api: ApiClient): Promise<void> {
  const file = new Blob([aFile(WARM_UP_ROWS)])
  await imported(api, await aWorkspace(api), { file, rows: WARM_UP_ROWS, what: 'warm-up' })
}

async function aWorkspace(api: ApiClient): Promise<WorkspaceId> {
  // The only plan that has room for as many.
  const wanted = { name: 'Bench', plan: 'enterprise' }
  return (await api.post(z.object({ id: WorkspaceId }), '/api/workspaces', wanted)).id
}

async function measure(api: ApiClient, deps: Deps, rows: number): Promise<Measured[]> {
  const id = await aWorkspace(api)
  const file = new Blob([aFile(rows)])
  const first = await imported(api, id, { file, rows, what: 'import' })
  // Of a million rows it would only take long.
  const again = rows > mostOfFloor ? [] : [await imported(api, id, { file, rows, what: 'the same again' })]
  const floor = await floorOf(deps, Math.min(rows, mostOfFloor))
  return [{ ...first, ofFloor: first.perSecond / floor.perSecond }, ...again, floor]
}

/** Some 60 bytes a row: a number, a name and two tags. */
function aFile(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) => `${aNumber(index)},Person ${index},"spring; berlin"`)
  return ['phone,name,tags', ...lines].join('\n')
}

function aNumber(index: number): string {
  return `+1202${String(2_000_000 + index).padStart(7, '0')}`
}

async function imported(
  api: ApiClient,
  workspaceId: WorkspaceId,
  { file, rows, what }: { file: Blob; rows: number; what: string },
): Promise<Measured> {
  const memory = watchMemory(() => stack.hosts.map(({ child }) => child.process.pid ?? 0))
  const before = await cosmos(stack)
  const startMs = performance.now()
  const form = new FormData()
  form.set('file', file, 'contacts.csv')
  const { id } = await api.post(Job, `/api/contacts/imports?workspace_id=${workspaceId}`, form)
  let polls = 0
  const look = (): Promise<z.output<typeof Job>> => {
    polls++
    return api.get(Job, `/api/contacts/imports/${id}`)
  }
  const job = await poll(look, ({ status }) => status === 'completed' || status === 'failed', {
    everyMs: LOOK_EVERY_MS,
    withinMs: WITHIN_MS,
    what: 'the import',
  })
  const seconds = (performance.now() - startMs) / 1000
  const after = await cosmos(stack)
  memory.stop()
  if (job.imported + job.updated !== rows) throw new Error(`Not every row was imported: ${JSON.stringify(job)}`)
  // Our own looks are two point reads each: the caller and the import.
  const requests = (after.requests - before.requests - 2 * polls) / rows
  const units = (after.units - before.units - 2 * polls) / rows
  return {
    what,
    rows,
    seconds,
    perSecond: rows / seconds,
    ofFloor: undefined,
    requests,
    units,
    peakMb: memory.peakMb(),
  }
}

async function floorOf({ containers }: Deps, rows: number): Promise<Measured> {
  const workspaceId = WorkspaceId.parse(randomUUID())
  const before = await cosmos(stack)
  const startMs = performance.now()
  const starts = Array.from({ length: Math.ceil(rows / BATCH) }, (_, index) => index * BATCH).values()
  const at = new Date()
  const work = async (): Promise<void> => {
    for (const start of starts) {
      const some = Array.from({ length: Math.min(BATCH, rows - start) }, (_, index) =>
        aContact(workspaceId, start + index, at),
      )
      await containers.contacts.batch(
        some.map((document) => ({ kind: 'create', document })),
        workspaceId,
      )
    }
  }
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, work))
  const seconds = (performance.now() - startMs) / 1000
  const after = await cosmos(stack)
  const requests = (after.requests - before.requests) / rows
  const units = (after.units - before.units) / rows
  return { what: 'floor', rows, seconds, perSecond: rows / seconds, ofFloor: 1, requests, units, peakMb: 0 }
}

function aContact(workspaceId: WorkspaceId, index: number, at: Date) {
  const e164 = aNumber(index)
  const tags = ['spring', 'berlin']
  const details = { phone: { e164, waId: e164.slice(1) }, name: `Person ${index}`, tags, optedIn: true } as const
  return newContact(workspaceId, { ...details, source: 'import' }, at)
}

async function cosmos(world: Stack): Promise<{ requests: number; units: number }> {
  const { cosmos: counted } = await world.metrics()
  if (!counted) throw new Error('Counting needs the emulator: unset COSMOS_ENDPOINT')
  return { requests: counted.requests, units: counted.request_units }
}

function report(measured: readonly Measured[]): boolean {
  console.log('what             rows       s  rows/s  ÷ floor  Cosmos requests  request units  peak MB of the host')
  for (const { what, rows, seconds, perSecond, ofFloor, requests, units, peakMb } of measured) {
    const figures = [
      what.padEnd(15),
      String(rows).padStart(8),
      seconds.toFixed(1).padStart(8),
      perSecond.toFixed(0).padStart(8),
      (ofFloor?.toFixed(2) ?? '').padStart(9),
      requests.toFixed(4).padStart(17),
      units.toFixed(2).padStart(15),
      (peakMb === 0 ? '' : peakMb.toFixed(0)).padStart(21),
    ]
    console.log(figures.join(''))
  }
  const over = measured.filter(isOverBudget)
  for (const { what, rows } of over) console.log(`OVER BUDGET: ${what} of ${rows} rows`)
  const peaks = measured.flatMap(({ what, peakMb }) => (what === 'import' ? [peakMb] : []))
  const growth = Math.max(...peaks) - (peaks[0] ?? 0)
  const most = hasSmallHeap ? `at most ${MOST_GROWTH_MB} MB` : 'what V8 does not collect yet included: see --small-heap'
  console.log(`The host’s memory grew by ${growth.toFixed(0)} MB from the first import on (${most})`)
  return over.length === 0 && (!hasSmallHeap || growth <= MOST_GROWTH_MB)
}

function isOverBudget({ what, rows, ofFloor = 1, requests, units }: Measured): boolean {
  if (what === 'floor' || rows < FEWEST_FOR_TIMES) return false
  return (!hasSmallHeap && ofFloor < LEAST_OF_FLOOR) || requests > MOST_REQUESTS || units > MOST_UNITS
}
