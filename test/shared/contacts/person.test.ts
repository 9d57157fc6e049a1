import { expect, it } from 'vitest'
import { personKey } from '../../../shared/contacts/person.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { aWorkspaceId } from '../../support/builders.ts'

it.each([
  ['Brazil, with and without the ninth digit', '5511987654321', '551187654321'],
  ['Argentina, with and without the 9 of mobiles', '5491123456789', '541123456789'],
  ['Mexico, with and without the former 1', '5215512345678', '525512345678'],
])('%s: one person, and so one contact', (_country, one, other) => {
  const workspace = aWorkspaceId()
  expect(personKey(one)).toBe(personKey(other))
  expect(contactId(workspace, one)).toBe(contactId(workspace, other))
})

it.each([
  ['a landline in São Paulo', '551132654321', '5511932654321'],
  ['neighbours', '15550100001', '15550100002'],
  ['the same digits under another country code', '5511987654321', '4911987654321'],
])('%s: two people', (_who, one, other) => {
  expect(personKey(one)).not.toBe(personKey(other))
})
