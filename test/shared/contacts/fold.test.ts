import { describe, expect, it } from 'vitest'
import { foldName, foldTag, tidy } from '../../../shared/contacts/fold.ts'
import { tidyName, tidyTags } from '../../../shared/contacts/schema.ts'

describe('names are searched', () => {
  it.each([
    ['José', 'JOSE'],
    ['Straße', 'STRASSE'],
    ['Ζωή Παπαδοπούλου', 'ζωη παπαδοπουλου'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['Ёлка Йод', 'елка иод'],
    ['Ａｎｎａ', 'anna'],
    ['İpek Işık', 'ipek isik'],
    ['김민준'.normalize('NFD'), '김민준'],
  ])('%s like %s', (name, typed) => {
    expect(foldName(name)).toBe(foldName(typed))
  })

  it('keeps the vowels of scripts that write them as marks', () => {
    expect(foldName('किरण')).not.toBe(foldName('करण'))
    expect(foldName('กิน')).not.toBe(foldName('กน'))
  })
})

it('compares tags without case, and keeps different ones apart', () => {
  expect(foldTag(' VIP ')).toBe(foldTag('vip'))
  expect(foldTag('café')).not.toBe(foldTag('cafe'))
  expect(tidyTags(['VIP', 'vip', ' ', 'new  customer', 'Vip'])).toEqual(['VIP', 'new customer'])
})

it('stores text without control characters, halves of characters and spare spaces', () => {
  expect(tidy(' a\u0000b\n\tc \ud800 ')).toBe('a b c \ufffd')
  expect(tidyName(' \t ')).toBeNull()
  expect(tidyName('👩‍👩‍👧 Família')).toBe('👩‍👩‍👧 Família')
})
