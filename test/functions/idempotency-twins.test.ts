/**
 * Every operation that takes an Idempotency-Key, asked for by twins at once, and again when its record has expired. A new
 * operation is tried as soon as it is declared.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeps } from '../../shared/create-deps.ts'
import type { Deps } from '../../shared/deps.ts'
import { watched } from '../support/every-endpoint.ts'
import { aKeyedWorld, DAY_MS, GENERIC, parsed, type KeyedWorld } from '../support/keyed-world.ts'
import { oneAnswerOf } from '../support/twins.ts'

let w: KeyedWorld
let instances: Deps[]

beforeAll(async () => {
  w = await aKeyedWorld()
  instances = [w.deps, w.anInstance(createDeps(w.meta.world.config, { log: w.deps.log }))]
})
afterAll(() => w.close())

/** What is refused a day later, because the thing is there: the key is free, and the request one like any other. */
const TAKEN: Partial<Record<string, string>> = {
  'campaigns-execute': 'campaign_not_sendable',
  'campaigns-start': 'campaign_not_sendable',
  'contacts-create': 'contact_exists',
  'members-add': 'member_exists',
  'phone-numbers-create': 'phone_number_taken',
  'phone-numbers-create-of-workspace': 'phone_number_taken',
  'templates-create': 'template_exists',
  'workspace-campaigns-execute': 'campaign_not_sendable',
  'workspace-campaigns-start': 'campaign_not_sendable',
}

const TWINS = 50

describe.each(GENERIC.map((endpoint) => [endpoint.name, endpoint] as const))('%s', (name, endpoint) => {
  it(`does for ${TWINS} twins at two instances what it does for one`, async () => {
    const alone = watched(w.deps)
    const single = await w.ask(alone.deps, endpoint, await w.aGoodRequest(endpoint), randomUUID())
    expect(single.status, single.text).toBeLessThan(300)
    const asked = await w.aGoodRequest(endpoint)
    const key = randomUUID()
    const seen = instances.map(watched)
    const twins = Array.from({ length: TWINS }, (_, index) =>
      w.ask(seen[index % 2]?.deps ?? w.deps, endpoint, asked, key),
    )
    const answer = oneAnswerOf(await Promise.all(twins))
    expect(answer.status).toBe(single.status)
    // A file's bytes are staged as they arrive, for nothing.
    const effects = (done: string[]) => done.filter((one) => one !== 'blobs.writer').sort()
    expect(effects(seen.flatMap(({ done }) => done))).toEqual(effects(alone.done))
    expect((await w.ask(w.deps, endpoint, asked, key)).text).toBe(answer.text)
  })

  it('is another request a day later', async () => {
    const asked = await w.aGoodRequest(endpoint)
    const key = randomUUID()
    const first = await w.ask(w.deps, endpoint, asked, key)
    w.clock.ms += DAY_MS - 1
    expect((await w.ask(w.deps, endpoint, asked, key)).text).toBe(first.text)
    w.clock.ms += 1
    const next = await w.ask(w.deps, endpoint, asked, key)
    expect(next.headers).not.toHaveProperty('idempotency-replayed')
    expect(parsed(next)['code']).toBe(TAKEN[name])
    if (!TAKEN[name]) expect([next.status, next.text === first.text]).toEqual([first.status, false])
  })
})
