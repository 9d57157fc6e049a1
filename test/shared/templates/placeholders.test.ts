import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeholderProblem, placeholdersIn } from '../../../shared/templates/placeholders.ts'

/** Text without braces. */
const words = fc.string({ minLength: 1 }).map((text) => text.replace(/[{}]/g, '-'))
const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z_]{0,12}$/), { minLength: 1, maxLength: 8 })

function between(parts: string[], placeholders: string[]): string {
  return placeholders.reduce(
    (text, name, index) => `${text}{{${name}}}${parts[index % parts.length] ?? ''}`,
    parts[0] ?? '',
  )
}

describe('the variables of a text', () => {
  it('are numbers from 1 without gaps, however often and in whatever order they are used', () => {
    const order = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.shuffledSubarray(
          Array.from({ length: count }, (_, i) => String(i + 1)),
          { minLength: count },
        ),
      ),
    )
    fc.assert(
      fc.property(order, fc.array(words, { minLength: 1 }), ([count, placeholders], parts) => {
        const text = between(parts, [...placeholders, placeholders[0] ?? ''])
        expect(placeholderProblem(text)).toBeUndefined()
        expect(placeholdersIn(text)).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)))
      }),
    )
  })

  it('are names, in the order they appear', () => {
    fc.assert(
      fc.property(names, fc.array(words, { minLength: 1 }), (placeholders, parts) => {
        const text = between(parts, placeholders)
        expect(placeholderProblem(text)).toBeUndefined()
        expect(placeholdersIn(text)).toEqual(placeholders)
      }),
    )
  })

  it('with one number left out are refused, and the gap is named', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (count, seed) => {
        const gap = (seed % (count - 1)) + 1
        const used = Array.from({ length: count }, (_, index) => index + 1).filter((number) => number !== gap)
        expect(placeholderProblem(between([' a '], used.map(String)))).toContain(`{{${gap}}} is missing`)
      }),
    )
  })

  it.each([
    ['{{ 1 }}', 'without spaces'],
    ['{{0}}', 'is not a variable'],
    ['{{01}}', 'is not a variable'],
    ['{{First}}', 'is not a variable'],
    ['{{name#}}', 'is not a variable'],
    ['{{}}', 'is not a variable'],
    ['{{1}', 'two braces on both sides'],
    ['1}}', 'two braces on both sides'],
    ['{{1}} {{name}}', 'or name all of them'],
    ['{{name}} {{name}}', 'used twice'],
  ])('%s is refused with its cure', (text, cure) => {
    expect(placeholderProblem(`Hi ${text}.`)).toContain(cure)
  })

  it.each(['Hi', 'Hi {you}', 'a } b { c', ''])('are none in %j', (text) => {
    expect(placeholderProblem(text)).toBeUndefined()
    expect(placeholdersIn(text)).toEqual([])
  })
})
