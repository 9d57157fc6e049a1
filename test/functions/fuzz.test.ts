/**
 * Some hundred made-up requests, at least one to every operation, each answer checked against the API document. `npm run test:fuzz`
 * makes many more, over HTTP.
 */
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../local/identity-providers/server.ts'
import type { FuzzAnswer } from '../fuzz/checks.ts'
import { fuzz, report, type Outcome, type Send } from '../fuzz/fuzz.ts'
import { A_PASSWORD, populate, type Population } from '../fuzz/population.ts'
import { applyTemplateStatus } from '../../shared/templates/apply-status.ts'
import { templateStore } from '../../shared/templates/store.ts'
import { submitTemplate } from '../../shared/templates/submit.ts'
import { send } from '../support/every-endpoint.ts'
import { allReady } from '../support/all-ready.ts'
import { aMetaWorld, type MetaWorld } from '../support/tenants.ts'

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 500)
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))

let meta: MetaWorld
let providers: IdentityProviderStandIns
let population: Population
let inProcess: Send
let outcome: Outcome
beforeAll(async () => {
  providers = await startIdentityProviders()
  meta = await aMetaWorld({ env: providers.settings })
  // Hashing takes a while on purpose.
  const passwords = {
    hash: () => Promise.resolve('hash'),
    verify: (password: string) => Promise.resolve(password === A_PASSWORD),
  }
  const deps = { ...meta.deps, passwords, readiness: allReady }
  population = await populate(deps, meta.simulator)
  await approve(population)
  inProcess = (request, headers) => send(deps, request.operation.endpoint, request, headers)
  outcome = await fuzz(population, inProcess, { seed, requests: REQUESTS, atOnce: 4 })
})
afterAll(async () => {
  await meta.close()
  await providers.close()
})

/** What the queues and Meta's webhook do behind a running host. */
async function approve({ deps, acme }: Population): Promise<void> {
  const { template_id } = acme.kept
  const found = await templateStore(deps.containers).find(acme.id, template_id)
  const { name, created_at: queued_at } = found!.value
  await submitTemplate(deps, { workspace_id: acme.id, template_id, queued_at })
  const submitted = await templateStore(deps.containers).find(acme.id, template_id)
  const applied = await applyTemplateStatus(deps, {
    ...{ wabaId: meta.simulator.wabaId, name, language: 'en', event: 'APPROVED', reason: null },
    metaTemplateId: submitted!.value.meta_template_id ?? '',
    at: new Date(Date.now() + 1_000).toISOString(),
  })
  expect(applied).toBe('applied')
}

it('answers whatever is asked as the API document says', () => {
  const said = report(outcome, `FUZZ_SEED=${seed} npx vitest run test/functions/fuzz.test.ts`)
  console.log(said)
  expect(outcome.failures, said).toEqual([])
  expect(outcome.requests).toBe(REQUESTS)
})

it('asks every operation, and is taken and refused', () => {
  const names = ENDPOINTS.map(({ name }) => name)
  expect(names.filter((name) => !(name in outcome.byOperation))).toEqual([])
  expect(outcome.byStatus['2xx']).toBeGreaterThan(REQUESTS / 5)
  expect(outcome.byStatus['4xx']).toBeGreaterThan(REQUESTS / 5)
})

/** How an answer can be wrong, and what is said then. */
const TAMPERED: [string, (answer: FuzzAnswer) => FuzzAnswer, RegExp][] = [
  ['a failure', (answer) => ({ ...answer, status: 500 }), /answered 500/],
  ['a status that nobody declared', (answer) => ({ ...answer, status: 418 }), /undeclared 418/],
  ['no request id', (answer) => ({ ...answer, headers: {} }), /no request id/],
  ['another body', (answer) => ({ ...answer, text: '{"id":1}' }), /does not conform|undeclared body/],
  ['another type', (answer) => typed(answer, 'text/html'), /undeclared type/],
  ['a secret', (answer) => typed(answer, `application/json; ${meta.simulator.accessToken}`), /told a secret/],
  ['a hash', (answer) => typed(answer, 'application/json; $2b$12$'), /told the hash/],
  ['a signed address', (answer) => typed(answer, 'application/json; a?sig=b'), /told a signed address/],
]

function typed(answer: FuzzAnswer, type: string): FuzzAnswer {
  return { ...answer, headers: { ...answer.headers, 'content-type': type } }
}

it.each(TAMPERED)('notices %s', async (_what, tamper, words) => {
  const tampered: Send = async (request, headers) => tamper(await inProcess(request, headers))
  const { failures } = await fuzz(population, tampered, { seed, requests: 60, atOnce: 1 })
  expect(failures.join('\n')).toMatch(words)
})

it('notices what is taken and should not have been', async () => {
  const ok: FuzzAnswer = { status: 204, headers: { 'x-request-id': 'x' }, text: '' }
  const { failures } = await fuzz(population, () => Promise.resolve(ok), { seed, requests: 500, atOnce: 1 })
  expect(failures.join('\n')).toMatch(/took what the document forbids/)
})
