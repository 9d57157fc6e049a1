import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { prove } from './proof.ts'

const seed = randomInt(1, 1_000_000)
const silent = () => undefined

describe(`webhooks of five workspaces, shuffled, one in five of them twice (seed ${seed})`, () => {
  it.each([
    ['and replayed', false],
    ['while storage is stopped and started again', true],
  ])('end as the model does, told through the door %s', { timeout: 240_000 }, async (_what, outage) => {
    expect(await prove({ events: 150, seed, outage, maxSeconds: 90, say: silent })).toEqual([])
  })
})
