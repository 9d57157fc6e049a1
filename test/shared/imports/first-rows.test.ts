import fc from 'fast-check'
import { expect, it } from 'vitest'
import { firstRows } from '../../../shared/imports/first-rows.ts'

it('tells what a map tells, of any numbers', () => {
  const people = fc.array(fc.bigInt({ min: 1_000_000n, max: 999_999_999_999_999n }).map(String), { maxLength: 300 })
  fc.assert(
    fc.property(people, fc.array(fc.nat({ max: 299 }), { maxLength: 300 }), (some, again) => {
      const known = new Map<string, number>()
      const firsts = firstRows()
      const all = [...some, ...again.flatMap((index) => some[index] ?? [])]
      for (const [row, person] of all.entries()) {
        expect(firsts.take(person, row + 2)).toBe(known.get(person))
        if (!known.has(person)) known.set(person, row + 2)
      }
    }),
  )
})

it('keeps a million people in some 25 MB, and finds each again soon, also where all end alike', () => {
  const firsts = firstRows()
  const before = process.memoryUsage().arrayBuffers
  const msFor = (take: (row: number) => void): number => {
    const startedAt = performance.now()
    for (let row = 0; row < 500_000; row++) take(row)
    return performance.now() - startedAt
  }
  const usualMs = msFor((row) => firsts.take(String(100_000_000_000 + row), row))
  const alikeMs = msFor((row) => firsts.take(String(4_194_304 * (row + 10_000_000)), row + 500_000))
  expect(firsts.take(String(100_000_000_000 + 499_999), 7)).toBe(499_999)
  expect(firsts.take(String(4_194_304 * 10_000_000), 7)).toBe(500_000)
  // Seconds on any machine: whoever walks along half of the others takes hours.
  expect(usualMs + alikeMs).toBeLessThan(60_000)
  // Ten times as long would be a walk along others that end alike.
  expect(alikeMs / usualMs).toBeLessThan(10)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 * 1024 * 1024)
})
