import fc from 'fast-check'
import { expect, it } from 'vitest'
import { otherForm } from '../../../shared/contacts/same-person.ts'
import { personOf } from '../../../shared/messages/conversation.ts'

it('the two forms of a number lead to each other, and are one person to conversations', () => {
  const waId = fc.tuple(fc.constantFrom('54', '549', '55', '5511', '55119', '1', '49'), fc.stringMatching(/^\d{6,12}$/))
  fc.assert(
    fc.property(waId, ([prefix, rest]) => {
      const form = `${prefix}${rest}`
      const other = otherForm(form)
      if (other === undefined) return
      expect(otherForm(other)).toBe(form)
      expect(personOf(other)).toBe(personOf(form))
    }),
  )
})

it.each([
  ['5511987654321', '551187654321'],
  ['5491123456789', '541123456789'],
  ['551132654321', undefined],
  ['15550100001', undefined],
])('of %s the other form is %s', (waId, other) => {
  expect(otherForm(waId)).toBe(other)
})
