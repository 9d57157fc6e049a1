import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { MOST_LEVELS, MOST_VALUES, excessIn } from '../../../shared/http/json-bounds.ts'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('JSON', () => {
  it('may nest as deep as allowed, and side by side as often as it likes', () => {
    expect(excessIn(nested(MOST_LEVELS))).toBeUndefined()
    expect(excessIn(`[${Array.from({ length: 1000 }, () => nested(MOST_LEVELS - 1)).join(',')}]`)).toBeUndefined()
    expect(excessIn(nested(MOST_LEVELS + 1))).toContain('levels')
    expect(excessIn('{"a":'.repeat(MOST_LEVELS + 1))).toContain('levels')
  })

  it('may hold as many values as allowed', () => {
    expect(excessIn(`[0${',0'.repeat(MOST_VALUES - 1)}]`)).toBeUndefined()
    expect(excessIn(`[0${',0'.repeat(MOST_VALUES)}]`)).toContain('values')
  })

  it('may have anything in its texts', () => {
    for (const text of ['['.repeat(500), ','.repeat(100_000), '"'.repeat(50), '\\'.repeat(51), '\\"[']) {
      expect(excessIn(JSON.stringify({ [text]: [text, '['.repeat(100)] }))).toBeUndefined()
    }
    fc.assert(fc.property(fc.json({ maxDepth: 20 }), (json) => excessIn(json) === undefined))
  })

  it('that is none is looked at all the same', () => {
    fc.assert(fc.property(fc.string(), (text) => excessIn(text) === undefined || text.length > MOST_LEVELS))
    expect(excessIn('"unfinished \\')).toBeUndefined()
  })
})
