import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MAX_TAG_LENGTH, tidyTags } from '../../../shared/contacts/schema.ts'
import { tagListText, tagsInText } from '../../../shared/contacts/tag-list.ts'

const read = (text: string) => tidyTags(tagsInText(text))

it('reads what it writes: the same tags, whatever is in them', () => {
  const letters = fc.constantFrom(
    'a',
    'b',
    ',',
    ';',
    ':',
    '"',
    "'",
    '\n',
    ' ',
    '=',
    '+',
    '-',
    '@',
    '\t',
    '\\',
    'é',
    ':::',
    '", "',
    '""',
  )
  const tag = fc.oneof(
    fc.string({ unit: letters, maxLength: 20 }),
    fc.string({ unit: 'binary', maxLength: MAX_TAG_LENGTH }),
  )
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 8 }), (given) => {
      const tags = tidyTags(given)
      expect(read(tagListText(tags))).toEqual(tags)
    }),
    { numRuns: 150 },
  )
})

it.each([
  ['spring; berlin', ['spring', 'berlin']],
  ['* myContacts ::: Friends\nwork,,', ['* myContacts', 'Friends', 'work']],
  ['"Berlin, Mitte", vip', ['Berlin, Mitte', 'vip']],
  ['vip,"say ""hi""; all"\r\n"x"', ['vip', 'say "hi"; all', 'x']],
  // Quotes that are none: in the middle, never closed, or closed ahead of more.
  ['27" screen, "loud, 5" disk', ['27" screen', '"loud', '5" disk']],
  ['"a" b, c', ['"a" b', 'c']],
  ['', []],
])('%j are the tags %j', (text, tags) => {
  expect(read(text)).toEqual(tags)
})

it('takes no time over a cell that is made to take some', () => {
  const startedAt = performance.now()
  for (const text of ['"'.repeat(120_000), '"",'.repeat(40_000), '"a '.repeat(40_000), ':'.repeat(120_000)]) read(text)
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
