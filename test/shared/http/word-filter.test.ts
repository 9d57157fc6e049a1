import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { inLowerCase, inUpperCase, wordFilter } from '../../../shared/http/word-filter.ts'
import { MediaListQuery } from '../../../shared/media/api.ts'
import { PhoneNumberQuery } from '../../../shared/phone-numbers/api.ts'
import { TemplateListQuery } from '../../../shared/templates/api.ts'
import { MembersQuery } from '../../../shared/workspaces/members/api.ts'

describe('a word that a list is filtered by', () => {
  const filter = wordFilter(z.enum(['OPEN', 'CLOSED']), inUpperCase)

  it.each(['OPEN', 'open', 'Open', ' open '])('may be written as %j', (text) => {
    expect(filter.parse(text)).toBe('OPEN')
    expect(wordFilter(z.enum(['open']), inLowerCase).parse(text)).toBe('open')
  })

  it.each([undefined, '', ' '])('is not given as %j', (text) => {
    expect(filter.parse(text)).toBeUndefined()
  })

  it('is refused with the words there are', () => {
    expect(filter.safeParse('ajar').error?.issues).toMatchObject([
      { code: 'invalid_value', values: ['OPEN', 'CLOSED'] },
    ])
  })

  it('is shown as a text in the API document', () => {
    expect(z.toJSONSchema(filter, { io: 'input' })).toMatchObject({ type: 'string' })
  })
})

it.each([
  ['numbers', PhoneNumberQuery.pick({ status: true }), { status: '' }],
  ['templates', TemplateListQuery.pick({ status: true, category: true }), { status: '', category: '' }],
  ['media files', MediaListQuery.pick({ type: true }), { type: '' }],
  ['members', MembersQuery, { status: '' }],
])('%s are not filtered by an empty field of a search form', (_what, query: z.ZodType, given) => {
  expect(Object.values(query.parse(given) as object).filter((word) => word !== undefined)).toEqual([])
})
