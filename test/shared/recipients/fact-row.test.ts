import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countsFromCells, fromCells, toCells } from '../../../shared/recipients/fact-cells.ts'
import {
  applyOutcome,
  applyReply,
  applyStatus,
  countRow,
  emptyRow,
  knownState,
  type FactRow,
  type KnownState,
  type StatusKind,
} from '../../../shared/recipients/fact-row.ts'

const KINDS: StatusKind[] = ['sent', 'delivered', 'read', 'failed']
const OUTCOMES = ['', 'a', 'f', 'u'] as const

/** What the reports and our own record amount to, said without looking at how rows work. */
function expectedState(kinds: readonly StatusKind[], outcome: string): KnownState {
  if (kinds.includes('read')) return 'read'
  if (kinds.includes('delivered')) return 'delivered'
  if (kinds.includes('failed')) return 'failed'
  if (kinds.includes('sent') || outcome === 'a') return 'sent'
  if (outcome === 'f') return 'failed'
  return outcome === 'u' ? 'uncertain' : 'pending'
}

function status(row: FactRow, kind: StatusKind, position = 0): boolean {
  return applyStatus(row, { page: 0, position, kind, at: 1_790_000_000, code: kind === 'failed' ? 131026 : 0 })
}

function outcome(row: FactRow, letter: string, version = 1): boolean {
  const codes = new Map(letter === 'f' ? [[0, 131000]] : [])
  return applyOutcome(row, { page: 0, version, states: letter, settled: letter !== '', codes })
}

function* sequences(length: number): Generator<StatusKind[]> {
  if (length === 0) {
    yield []
    return
  }
  for (const rest of sequences(length - 1)) for (const kind of KINDS) yield [...rest, kind]
}

describe('facts of a recipient', () => {
  it('come to the same end in every order and multiplicity of up to six reports, before or after our own record', () => {
    let cases = 0
    for (let length = 0; length <= 6; length++) {
      for (const kinds of sequences(length)) {
        for (const letter of OUTCOMES) {
          for (const recordedAfter of new Set([0, Math.ceil(length / 2), length])) {
            const row = emptyRow()
            kinds.forEach((kind, index) => {
              if (index === recordedAfter) outcome(row, letter)
              status(row, kind)
            })
            if (recordedAfter >= length) outcome(row, letter)
            const expected = expectedState(kinds, letter)
            if (knownState(row, 0) !== expected) {
              expect.fail(`${kinds.join(',')} with "${letter}" gave ${knownState(row, 0)}, not ${expected}`)
            }
            cases++
          }
        }
      }
    }
    expect(cases).toBeGreaterThan(50_000)
  })

  it('tell whether anything was new', () => {
    const row = emptyRow()
    expect(status(row, 'read')).toBe(true)
    expect(status(row, 'read')).toBe(false)
    expect(status(row, 'delivered')).toBe(false)
    expect(status(row, 'sent')).toBe(false)
    expect(status(row, 'failed')).toBe(true)
    expect(outcome(row, 'a')).toBe(true)
    expect(outcome(row, 'a')).toBe(false)
  })

  it('never take an older copy of the page over a newer one', () => {
    const row = emptyRow()
    outcome(row, 'a', 5)
    expect(outcome(row, 'u', 4)).toBe(false)
    expect(knownState(row, 0)).toBe('sent')
  })

  it('count each recipient once per counter, and only what is known', () => {
    const row = emptyRow()
    applyOutcome(row, { page: 0, version: 1, states: 'aaafusx p', settled: false, codes: new Map([[3, 131000]]) })
    status(row, 'read', 0)
    status(row, 'read', 0)
    status(row, 'delivered', 1)
    status(row, 'failed', 2)
    status(row, 'sent', 8)
    for (const position of [0, 0, 8, 9]) applyReply(row, { page: 0, position, at: 1_790_000_100 })
    expect(countRow(row)).toEqual({
      sent: 3,
      delivered: 2,
      read: 1,
      failed: 2,
      skipped: 1,
      cancelled: 1,
      uncertain: 1,
      replied: 2,
      failures: { 131026: 1, 131000: 1 },
      priced: {},
    })
  })

  it('survive storage: cells give back the same row and the same counts', () => {
    const event = fc.record({
      position: fc.integer({ min: 0, max: 127 }),
      kind: fc.constantFrom(...KINDS),
      at: fc.integer({ min: 1, max: 4_000_000_000 }),
      code: fc.integer({ min: 0, max: 4_000_000_000 }),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), fc.stringMatching(/^[afusx ]{0,128}$/), (events, states) => {
        const row = emptyRow()
        for (const each of events) applyStatus(row, { page: 0, ...each })
        for (const { position, at } of events.slice(0, 20)) applyReply(row, { page: 0, position, at })
        applyOutcome(row, { page: 0, version: 3, states, settled: true, codes: new Map() })
        const cells = toCells(row)
        expect(fromCells(cells)).toEqual(row)
        expect(countsFromCells(cells)).toEqual(countRow(row))
      }),
      { numRuns: 50 },
    )
  })
})

describe('replies', () => {
  const applied = (row: FactRow, each: StatusKind | 'a') => (each === 'a' ? outcome(row, 'a') : status(row, each))

  it('leave the earliest time and every other counter as it is, in any order among reports and our own record', () => {
    const step = fc.oneof(
      fc.constantFrom(...KINDS, 'a' as const),
      fc.integer({ min: 1, max: 5 }).map((second) => 1_790_000_000 + second),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const ends = [steps, steps.toReversed(), steps.toSorted(), [...steps, ...steps]].map((order) => {
          const [row, silent] = [emptyRow(), emptyRow()]
          for (const each of order) {
            if (typeof each === 'number') applyReply(row, { page: 0, position: 0, at: each })
            else for (const one of [row, silent]) applied(one, each)
          }
          expect({ ...countRow(row), replied: 0 }).toEqual(countRow(silent))
          return [row.replied[0], countRow(row).replied]
        })
        const times = steps.filter((each) => typeof each === 'number')
        const expected = times.length === 0 ? [0, 0] : [Math.min(...times), 1]
        expect(ends).toEqual(ends.map(() => expected))
      }),
      { numRuns: 200 },
    )
  })

  it('are none in a row that was stored before they were counted', () => {
    const row = emptyRow()
    outcome(row, 'a')
    const { count_replied: _count, replied_at: _at, ...cells } = toCells(row)
    expect(fromCells(cells)).toEqual(row)
    expect(countsFromCells(cells)).toEqual({ ...countRow(row), replied: 0 })
  })
})

describe('facts of a recipient who is sent to again', () => {
  const report = fc.record({
    kind: fc.constantFrom(...KINDS),
    round: fc.integer({ min: 0, max: 2 }),
    code: fc.constantFrom(131000, 131026),
  })

  it('come to the same state in every order of reports about every sending', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(report, { maxLength: 8, selector: ({ kind, round }) => `${kind} ${round}` }),
        fc.constantFrom('', 'a', 'f', 'u'),
        fc.integer({ min: 0, max: 2 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (reports, letter, round, order) => {
          const end = (list: typeof reports) => {
            const row = emptyRow()
            for (const each of list) applyStatus(row, { page: 0, position: 0, at: 5, ...each })
            const rounds = new Map([[0, round]])
            applyOutcome(row, { page: 0, version: 1, states: letter, settled: true, codes: new Map(), rounds })
            expect(countRow(fromCells(toCells(row)))).toEqual(countRow(row))
            return [knownState(row, 0), countRow(row)]
          }
          const shuffled = reports
            .map((each, index) => ({ each, at: order[index] ?? 0 }))
            .sort((a, b) => a.at - b.at)
            .map(({ each }) => each)
          expect(end(shuffled)).toEqual(end(reports))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('forget the failure of an earlier sending, but not that its message arrived', () => {
    const row = emptyRow()
    status(row, 'failed')
    const again = { page: 0, version: 2, states: '', settled: false, codes: new Map(), rounds: new Map([[0, 1]]) }
    applyOutcome(row, again)
    expect(knownState(row, 0)).toBe('pending')
    status(row, 'sent')
    expect(knownState(row, 0)).toBe('pending')
    status(row, 'delivered')
    expect(knownState(row, 0)).toBe('delivered')
  })
})
