/** The fates of recipients: shares come true, and depend on the seed and the recipient only. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changedBehaviour, defaultBehaviour } from '../../../local/whatsapp-simulator/behaviour.ts'
import { answerOf, failedFate, sentOnlyFate, usualFate } from '../../../local/whatsapp-simulator/fate.ts'
import { TimeHeap } from '../../../local/whatsapp-simulator/time-heap.ts'
import { isIncoming, newWamid } from '../../../local/whatsapp-simulator/wamid.ts'

const user = (index: number): string => String(15_551_000_000 + index)
const kinds = (seed: number, recipient: string, at: number): string =>
  usualFate(defaultBehaviour, seed, recipient, at)
    .map(({ status, code }) => `${status}${code ?? ''}`)
    .join()

describe('the usual fate', () => {
  it('has the shares of the defaults over many recipients', () => {
    const count = 20_000
    const reached: Record<string, number> = {}
    for (let index = 0; index < count; index += 1) {
      const steps = new Set(usualFate(defaultBehaviour, 42, user(index), 0).map(({ status }) => status))
      const names = [...steps, ...(steps.size === 1 && steps.has('sent') ? ['only sent'] : [])]
      for (const name of names) reached[name] = (reached[name] ?? 0) + 1
    }
    const share = (name: string) => (reached[name] ?? 0) / count
    expect(share('sent')).toBe(1)
    expect(share('failed')).toBeCloseTo(0.03, 2)
    expect(share('read')).toBeCloseTo(0.96 * 0.7, 1)
    expect(share('only sent')).toBeCloseTo(0.01, 2)
    expect(share('delivered')).toBeCloseTo(0.96 - 0.96 * 0.7 * 0.02, 2)
  })

  it('mixes the codes of failures by their weights', () => {
    const behaviour = changedBehaviour(defaultBehaviour, { failed: 1, failure_codes: { '131026': 3, '131049': 1 } })
    const codes = Array.from({ length: 4000 }, (_, index) => usualFate(behaviour, 1, user(index), 0).at(-1)?.code)
    expect(codes.filter((code) => code === 131026).length / 4000).toBeCloseTo(0.75, 1)
    expect(new Set(codes)).toEqual(new Set([131026, 131049]))
  })

  it('is the same for a recipient whenever and after whomever they get the message', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 1e6 }), fc.nat(), fc.nat(), (seed, index, one, other) => {
        expect(kinds(seed, user(index), one)).toBe(kinds(seed, user(index), other))
      }),
    )
  })

  it('is another one under another seed', () => {
    const all = (seed: number) => Array.from({ length: 200 }, (_, index) => kinds(seed, user(index), 0)).join(';')
    expect(all(1)).not.toBe(all(2))
  })

  it('happens in order, however the webhooks are ordered', () => {
    const behaviour = changedBehaviour(defaultBehaviour, { reordered: 0.5, duplicated: 0 })
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 1e6 }), (seed, index) => {
        const steps = usualFate(behaviour, seed, user(index), 1000)
        const times = steps.map(({ at }) => at)
        expect(times).toEqual([...times].sort((one, other) => one - other))
        expect(steps.map(({ due }) => due).sort()).toEqual(times.sort())
        expect(times[0]).toBeGreaterThanOrEqual(1000)
      }),
    )
  })
})

describe('other fates', () => {
  it('are one failure, or nothing but sent', () => {
    const behaviour = changedBehaviour(defaultBehaviour, { duplicated: 0 })
    expect(failedFate(behaviour, 1, user(1), { at: 5, code: 131047 })).toMatchObject([
      { status: 'failed', code: 131047 },
    ])
    for (let index = 0; index < 100; index += 1) {
      expect(sentOnlyFate(behaviour, 1, user(index), 5).map(({ status }) => status)).toEqual(['sent'])
    }
  })

  it('include an answer for a share of the delivered', () => {
    const behaviour = changedBehaviour(defaultBehaviour, { answers: { share: 0.25, texts: ['yes', 'no'] } })
    const answers = Array.from({ length: 4000 }, (_, index) => answerOf(behaviour, 3, user(index), 0)?.text)
    const given = answers.filter((text) => text !== undefined)
    expect(given.length / 4000).toBeCloseTo(0.25, 1)
    expect(new Set(given)).toEqual(new Set(['yes', 'no']))
  })
})

describe('a behaviour', () => {
  it('takes changes of parts and refuses what it does not know', () => {
    const changed = changedBehaviour(defaultBehaviour, { latency_ms: { sent: [1, 2] }, read: 0.1 })
    expect(changed.latency_ms).toEqual({ ...defaultBehaviour.latency_ms, sent: [1, 2] })
    expect(changed.delivered).toBe(defaultBehaviour.delivered)
    expect(() => changedBehaviour(defaultBehaviour, { deliverd: 1 })).toThrow('There is no behaviour deliverd')
    expect(() => changedBehaviour(defaultBehaviour, { read: 'often' })).toThrow('must be a number')
    expect(() => changedBehaviour(defaultBehaviour, { batch_max: 1001 })).toThrow('from 1 to 1000')
  })
})

describe('the heap of due times', () => {
  it('gives back everything in the order of time, and of arrival where times are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (dues) => {
        const heap = new TimeHeap<{ due: number; order?: number; index: number }>()
        dues.forEach((due, index) => heap.push({ due, index }))
        const popped = dues.map(() => heap.popDue(100))
        expect(heap.size).toBe(0)
        const expected = dues
          .map((due, index) => ({ due, index }))
          .sort((one, other) => one.due - other.due || one.index - other.index)
        expect(popped.map((item) => item?.index)).toEqual(expected.map(({ index }) => index))
      }),
    )
  })

  it('keeps what is not due yet', () => {
    const heap = new TimeHeap<{ due: number }>()
    heap.push({ due: 10 })
    expect(heap.popDue(9)).toBeUndefined()
    expect(heap.popDue(10)).toMatchObject({ due: 10 })
  })
})

describe('a wamid', () => {
  it('has the structure of Meta’s, tells directions apart, and is unique', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => newWamid('outgoing', '15550009876', 'A1B2C3D4', index + 1))
    expect(new Set(ids).size).toBe(1000)
    expect(ids[0]).toMatch(/^wamid\.HBgLMTU1NTAwMDk4NzYVAgARGBJ/)
    // Some have a slash, as Meta's may: no wamid is safe in a path.
    expect(ids.some((id) => id.includes('/'))).toBe(true)
    expect(isIncoming(ids[0]!)).toBe(false)
    expect(isIncoming(newWamid('incoming', '15550009876', 'A1B2C3D4', 1))).toBe(true)
    expect(isIncoming('wamid.HBgLMTU1NTAwMDk4NzYVAgASGBQzQTAwMDAwMEFGRTAwMDAwMDAwMQA=')).toBe(true)
  })
})
