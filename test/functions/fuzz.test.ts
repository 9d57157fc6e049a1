/**
 * Two thousand made-up requests to every operation, each answer checked against the API document. `npm run test:fuzz`
 * makes many more, over HTTP.
 */
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { startIdentityProviders, type IdentityProviderStandIns } from '../../local/identity-providers/server.ts'
import { fuzz, report, type Outcome, type Send } from '../fuzz/fuzz.ts'
import { populate } from '../fuzz/population.ts'
import { send } from '../support/every-endpoint.ts'
import { withQuickPasswords } from '../support/members.ts'
import { aMetaWorld, type MetaWorld } from '../support/tenants.ts'

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2_000)
const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31))

let meta: MetaWorld
let providers: IdentityProviderStandIns
let outcome: Outcome
beforeAll(async () => {
  providers = await startIdentityProviders()
  meta = await aMetaWorld({ env: providers.settings })
  const { deps } = withQuickPasswords(meta.world)
  const population = await populate(deps, meta.simulator)
  const inProcess: Send = (request, headers) => send(deps, request.operation.endpoint, request, headers)
  outcome = await fuzz(population, inProcess, { seed, requests: REQUESTS, atOnce: 4 })
}, 60_000)
afterAll(async () => {
  await meta.close()
  await providers.close()
})

it('answers whatever is asked as the API document says', () => {
  console.log(report(outcome, seed))
  expect(outcome.failures, report(outcome, seed)).toEqual([])
  expect(outcome.requests).toBe(REQUESTS)
})

it('asks every operation, and is taken and refused', () => {
  const names = ENDPOINTS.map(({ name }) => name).filter((name) => !/^auth-sign|^docs|^openapi/.test(name))
  expect(names.filter((name) => !(name in outcome.byOperation))).toEqual([])
  expect(outcome.byStatus['2xx']).toBeGreaterThan(REQUESTS / 5)
  expect(outcome.byStatus['4xx']).toBeGreaterThan(REQUESTS / 5)
})
