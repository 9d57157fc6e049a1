import { describe, expect, it } from 'vitest'
import { LEAD_SECONDS } from '../../../shared/campaigns/release.ts'
import { FRESH_PACE, takeSlots, USED_SHARE } from '../../../shared/pace/gcra.ts'
import { slotPool, type SlotPool, type TakenSlots } from '../../../shared/pace/slot-pool.ts'

const NUMBER = '106540000000001'
const BLOCK = 32
const PAGE = 128

/** Time that passes when everybody waits for it. */
function virtualTime() {
  const waiting: { atMs: number; wake: () => void }[] = []
  let nowMs = 1_000_000
  return {
    now: () => new Date(nowMs),
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        const atMs = nowMs + ms
        const place = waiting.findLastIndex((other) => other.atMs <= atMs) + 1
        waiting.splice(place, 0, { atMs, wake })
      }),
    async until(done: Promise<unknown>) {
      const state = { isDone: false }
      void done.then(() => (state.isDone = true))
      for (;;) {
        for (let hop = 0; hop < 50; hop++) await Promise.resolve()
        if (state.isDone) return
        const next = waiting.shift()
        if (!next) throw new Error('Everybody waits for something else')
        nowMs = Math.max(nowMs, next.atMs)
        next.wake()
      }
    },
  }
}

type Time = ReturnType<typeof virtualTime>

/** A number's row, shared by all pools: how often it was written, and its slots. */
function aNumber() {
  let pace = FRESH_PACE
  const number = {
    writes: 0,
    pool: (time: Time): SlotPool => {
      let admittedMs = 0
      return slotPool({
        now: time.now,
        sleep: time.sleep,
        pacer: {
          reserve(_number, { count, ratePerSecond, maxWaitMs }) {
            const nowMs = time.now().getTime()
            const taken = takeSlots(pace, count, ratePerSecond, nowMs)
            if (taken.slots.startMs - nowMs > maxWaitMs) return Promise.resolve({ waitMs: taken.slots.startMs - nowMs })
            pace = taken.pace
            number.writes++
            return Promise.resolve(taken.slots)
          },
          admit(_number, count, intervalMs) {
            const nowMs = time.now().getTime()
            const atMs = Math.max(nowMs, admittedMs)
            admittedMs = atMs + count * intervalMs
            return atMs - nowMs
          },
        },
      })
    },
  }
  return number
}

interface Work {
  pool: SlotPool
  ratePerSecond: number
  answerMs: number
  sentAt: number[]
  /** How long pages that had begun waited for the slots of their next block. */
  waits: number[]
}

/** As a worker sends it: block by block, each after the answers to the one before. */
async function sendPage(time: Time, { pool, ratePerSecond, answerMs, sentAt, waits }: Work): Promise<void> {
  let left = PAGE
  let hasBegun = false
  while (left > 0) {
    const wanted = Math.min(BLOCK, left)
    const slots = await pool.take({ metaNumberId: NUMBER, ratePerSecond, wanted, remaining: left, hasBegun })
    if (slots.kind === 'later') {
      hasBegun = false
      await time.sleep(slots.waitMs)
      continue
    }
    if (hasBegun) waits.push(slots.waitMs)
    await time.sleep(slots.waitMs)
    const flight = await slots.depart()
    if (!flight) continue
    await time.sleep(slots.admit())
    await Promise.all(
      Array.from({ length: slots.count }, async (_, index) => {
        await time.sleep(index * slots.intervalMs)
        sentAt.push(time.now().getTime())
        await time.sleep(answerMs)
        flight.landed(answerMs)
      }),
    )
    left -= slots.count
    hasBegun = true
  }
}

/** Pages come as they are released: each a little before its turn. */
async function sendPages(time: Time, pages: number, works: readonly Work[]): Promise<void> {
  await Promise.all(
    Array.from({ length: pages }, async (_, page) => {
      const work = works[page % works.length]!
      await time.sleep(Math.max(0, (page * PAGE) / (work.ratePerSecond * USED_SHARE) - LEAD_SECONDS) * 1000)
      await sendPage(time, work)
    }),
  )
}

function mostWithinASecond(sentAt: number[]): number {
  const times = sentAt.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [index, at] of times.entries()) {
    while (times[first]! <= at - 1000) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** While it runs: between these shares of the sends, its start and end left out. */
function perSecondBetween(sentAt: number[], from: number, to: number): number {
  const times = sentAt.toSorted((a, b) => a - b)
  const [first, last] = [Math.floor(times.length * from), Math.floor(times.length * to)]
  return ((last - first) / (times[last]! - times[first]!)) * 1000
}

const take = (pool: SlotPool, wanted: number, remaining = wanted) =>
  pool.take({ metaNumberId: NUMBER, ratePerSecond: 80, wanted, remaining, hasBegun: true })

describe('the slots a process holds', () => {
  for (const ratePerSecond of [20, 80, 1000]) {
    for (const answerMs of [5, 300, 600]) {
      for (const instances of [1, 3]) {
        it(`use the pace of ${ratePerSecond} a second in ${instances} processes when Meta takes ${answerMs} ms`, async () => {
          const time = virtualTime()
          const number = aNumber()
          const sentAt: number[] = []
          const waits: number[] = []
          const works = Array.from({ length: instances }, () => ({
            pool: number.pool(time),
            ratePerSecond,
            answerMs,
            sentAt,
            waits,
          }))
          const pages = Math.max(14, Math.ceil((ratePerSecond * 12) / PAGE))
          await time.until(sendPages(time, pages, works))
          expect(sentAt).toHaveLength(pages * PAGE)
          expect(perSecondBetween(sentAt, 0.25, 0.75) / ratePerSecond).toBeGreaterThanOrEqual(0.93)
          expect(mostWithinASecond(sentAt)).toBeLessThanOrEqual(ratePerSecond + BLOCK)
          // Alone, a page that has begun waits for a block of another one at most, which had taken its slots shortly before.
          if (instances === 1) expect(Math.max(...waits)).toBeLessThan((BLOCK / ratePerSecond) * 1000 + 150)
          // Shared by all, and written less often than there are blocks.
          expect(number.writes).toBeLessThanOrEqual(pages * 3)
        })
      }
    }
  }

  it('are taken for several blocks in one go, and used by whoever is next', async () => {
    const number = aNumber()
    const pool = number.pool(virtualTime())
    const starts: number[] = []
    for (const remaining of [PAGE, 96, 64, BLOCK]) {
      const taken = await take(pool, BLOCK, remaining)
      if (taken.kind === 'go') starts.push(taken.waitMs)
    }
    expect(number.writes).toBe(2)
    expect(starts.map(Math.round)).toEqual([0, 421, 842, 1263])
  })

  it('are given up a second after they passed: others may be sending by then', async () => {
    const time = virtualTime()
    const pool = aNumber().pool(time)
    await take(pool, BLOCK, PAGE)
    await time.until(time.sleep(2_500))
    const taken = await take(pool, BLOCK, BLOCK)
    expect(taken).toMatchObject({ kind: 'go', waitMs: 0 })
    const flight = await (taken as TakenSlots).depart()
    expect(flight).toBeDefined()
    await time.until(time.sleep(2_500))
    const late = await take(pool, 200, 200)
    const waiting = (late as TakenSlots).depart()
    flight!.end()
    expect(await waiting).toBeDefined()
  })

  it('are given up when the number is slowed down', async () => {
    const number = aNumber()
    const pool = number.pool(virtualTime())
    await take(pool, BLOCK, PAGE)
    pool.giveUp(NUMBER)
    await take(pool, BLOCK, PAGE)
    expect(number.writes).toBe(2)
  })

  it('are not waited for where they are further away than a worker waits', async () => {
    const pool = aNumber().pool(virtualTime())
    for (let page = 0; page < 4; page++) await take(pool, BLOCK, PAGE)
    const request = { metaNumberId: NUMBER, ratePerSecond: 20, wanted: BLOCK, remaining: PAGE, hasBegun: true }
    for (let block = 0; block < 5; block++) await pool.take(request)
    const answer = await pool.take(request)
    expect(answer.kind).toBe('later')
  })

  it('are for a page that has begun before one that has not, which goes back to the queue after five seconds', async () => {
    const time = virtualTime()
    const pool = aNumber().pool(time)
    const begin = () =>
      pool.take({ metaNumberId: NUMBER, ratePerSecond: 80, wanted: BLOCK, remaining: PAGE, hasBegun: false })
    expect(await begin()).toMatchObject({ kind: 'go', waitMs: 0 })
    const startMs = time.now().getTime()
    const [second, third] = [begin(), begin()]
    for (let block = 0; block < 14; block++) {
      const slots = await take(pool, BLOCK, PAGE)
      // The two that wait have taken none of them.
      expect(slots).toMatchObject({ kind: 'go', waitMs: expect.closeTo(421, -1) as unknown })
      await time.until(time.sleep((slots as TakenSlots).waitMs))
    }
    expect(await Promise.all([second, third])).toMatchObject([{ kind: 'later' }, { kind: 'later' }])
    expect(time.now().getTime() - startMs).toBeGreaterThan(5_000)
  })
})
