/**
 * What one request costs in Cosmos DB: every list's first and next page with 100,000 contacts in the workspace, the
 * contact list under each filter, and what it takes to know who calls; page 200 beside page 2, and p95 beside the bare query. Counted
 * by the emulator, through the real door.
 *
 * node bench/lists.ts [--contacts 100000] [--repeat 20] [--only requests|times]
 */
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { ENDPOINTS } from '../functions/endpoints.ts'
import { startStack, type Stack } from '../local/stack/stack.ts'
import { loadConfig } from '../shared/config.ts'
import { newContact } from '../shared/contacts/schema.ts'
import { createDeps } from '../shared/create-deps.ts'
import { WorkspaceId } from '../shared/ids.ts'
import { measureDepth } from './lists/depth.ts'

const { values } = parseArgs({
  options: {
    contacts: { type: 'string', default: '100000' },
    repeat: { type: 'string', default: '20' },
    only: { type: 'string' },
  },
})
const contactCount = Number(values.contacts)
const repeat = Number(values.repeat)

/** The budget: a page of any list, and knowing who calls. */
const MOST_FOR_A_PAGE = 2
const MOST_FOR_THE_CALLER = 1
const BATCH = 100
const PARALLEL_BATCHES = 8

const CONTACT_QUERIES: Record<string, string>[] = [
  { offset: '50000' },
  { opted_in: 'false' },
  { tags: 'even' },
  { tags: 'rare,even', tags_match: 'all' },
  { search: 'Person 77' },
  { search: '+1 201 004-2424' },
  { search: '4242' },
  { search: 'rson 4242' },
  { search: 'nobody at all' },
]

const stack = await startStack()
try {
  const token = await signedIn(stack)
  const workspaceId = await aWorkspace(stack, token)
  await loadContacts(stack, workspaceId)
  const isWithin = values.only === 'times' || (await measureAll(stack, token, workspaceId))
  const isFlat = values.only === 'requests' || (await measureDepth(stack, { workspaceId, token, repeat: repeat * 2 }))
  process.exitCode = isWithin && isFlat ? 0 : 1
} finally {
  await stack.stop()
}

async function signedIn({ url }: Stack): Promise<string> {
  const account = { email: 'bench@example.com', password: `bench ${Math.random()}` }
  await ask(`${url}/api/auth/signup`, { method: 'POST', body: account })
  const { body } = await ask(`${url}/api/auth/signin`, { method: 'POST', body: account })
  return z.object({ access_token: z.string() }).parse(body).access_token
}

async function aWorkspace({ url, whatsapp }: Stack, token: string): Promise<WorkspaceId> {
  const { body } = await ask(`${url}/api/workspaces`, { method: 'POST', token, body: { name: 'Bench' } })
  const { id } = z.object({ id: WorkspaceId }).parse(body)
  const number = { phone_number_id: whatsapp?.phoneNumberId, access_token: whatsapp?.accessToken }
  await ask(`${url}/api/workspaces/${id}/phone-numbers`, { method: 'POST', token, body: number })
  return id
}

/** Straight into the store: what is measured is reading them. */
async function loadContacts({ settings }: Stack, workspaceId: WorkspaceId): Promise<void> {
  const { containers } = createDeps(loadConfig(settings))
  const startMs = Date.now() - contactCount
  const batches = Array.from({ length: Math.ceil(contactCount / BATCH) }, (_, index) => index * BATCH)
  const work = async (): Promise<void> => {
    for (let first = batches.shift(); first !== undefined; first = batches.shift()) {
      const start = first
      const documents = Array.from({ length: Math.min(BATCH, contactCount - start) }, (_, index) =>
        aContact(workspaceId, start + index, new Date(startMs + start + index)),
      )
      await containers.contacts.batch(
        documents.map((document) => ({ kind: 'create', document })),
        workspaceId,
      )
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_BATCHES }, work))
}

function aContact(workspaceId: WorkspaceId, number: number, at: Date) {
  const waId = `1201${String(number).padStart(7, '0')}`
  const tags = number % 1000 === 0 ? ['rare'] : number % 2 === 0 ? ['even'] : []
  const phone = { e164: `+${waId}`, waId }
  const optedIn = number % 10 > 0
  return newContact(workspaceId, { phone, name: `Person ${number}`, tags, optedIn, source: 'import' }, at)
}

interface Measured {
  name: string
  requests: number
  /** Requests it may take, the caller's own included. */
  budget: number
  status: number
  p50Ms: number
  p95Ms: number
  next: string | null
}

async function measureAll(stack: Stack, token: string, workspaceId: WorkspaceId): Promise<boolean> {
  const caller = await measure(stack, 'a stranger’s workspace (403): the caller alone', {
    path: '/api/workspaces/ffffffff-ffff-4fff-bfff-ffffffffffff',
    token,
    budget: MOST_FOR_THE_CALLER,
  })
  const measured = [caller]
  const list = async (name: string, path: string, query: Record<string, string> = {}): Promise<void> => {
    const page = async (what: string, more: Record<string, string>): Promise<Measured> => {
      const search = new URLSearchParams({ ...query, ...more }).toString()
      const budget = MOST_FOR_A_PAGE + MOST_FOR_THE_CALLER
      const one = await measure(stack, what, { path: `${path}?${search}`, token, budget })
      measured.push(one)
      return one
    }
    const { next } = await page(name, {})
    if (next !== null) await page(`${name}, next page`, { cursor: next })
  }
  for (const { name, path, query } of ENDPOINTS.filter(isList)) {
    const needsWorkspace = query !== undefined && 'workspace_id' in query.shape
    const route = `/${path.replace('{workspace_id}', workspaceId)}`
    await list(name, route, needsWorkspace ? { workspace_id: workspaceId } : {})
  }
  for (const path of ['/api/auth/me', '/api/workspaces', `/api/workspaces/${workspaceId}/members`]) {
    await list(path.replace(workspaceId, '…'), path)
  }
  for (const query of CONTACT_QUERIES) {
    const name = `contacts ${new URLSearchParams(query).toString()}`
    await list(name, '/api/contacts', { workspace_id: workspaceId, limit: '100', ...query })
  }
  return report(measured)
}

function isList({ method, path, query }: (typeof ENDPOINTS)[number]): boolean {
  const needsOther = path.replace('{workspace_id}', '').includes('{')
  return method === 'GET' && query !== undefined && 'limit' in query.shape && !needsOther
}

async function measure(
  stack: Stack,
  name: string,
  { path, token, budget }: { path: string; token: string; budget: number },
): Promise<Measured> {
  const counts: number[] = []
  const times: number[] = []
  let last: Answered = { status: 0, body: undefined }
  for (let round = 0; round < repeat; round++) {
    const before = await cosmosRequests(stack)
    const startedAt = performance.now()
    last = await ask(`${stack.url}${path}`, { token })
    times.push(performance.now() - startedAt)
    counts.push((await cosmosRequests(stack)) - before)
  }
  const { status, body } = last
  const next = z.object({ next_cursor: z.string() }).safeParse(body).data?.next_cursor ?? null
  // The smallest: a timer of the host may have asked something of its own meanwhile.
  const requests = Math.min(...counts)
  return { name, requests, budget, status, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), next }
}

async function cosmosRequests(stack: Stack): Promise<number> {
  const { cosmos } = await stack.metrics()
  if (!cosmos) throw new Error('Counting needs the emulator: unset COSMOS_ENDPOINT')
  return cosmos.requests
}

function quantile(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function report(measured: Measured[]): boolean {
  console.log(`${contactCount} contacts in the workspace; ${repeat} times each\n`)
  console.log('status  Cosmos requests  allowed  p50 ms  p95 ms  request')
  for (const { name, requests, budget, status, p50Ms, p95Ms } of measured) {
    const figures = [
      String(status).padStart(6),
      String(requests).padStart(17),
      String(budget).padStart(9),
      p50Ms.toFixed(1).padStart(8),
      p95Ms.toFixed(1).padStart(8),
    ]
    console.log(`${figures.join('')}  ${name}${requests > budget ? '  OVER BUDGET' : ''}`)
  }
  console.log('')
  return measured.every(({ requests, budget, status }) => requests <= budget && status < 500)
}

interface Answered {
  status: number
  body: unknown
}

async function ask(
  url: string,
  { method = 'GET', token, body }: { method?: string; token?: string; body?: object },
): Promise<Answered> {
  const answer = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}
