import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  CSV_HEADER,
  DEMO_DEFAULT_COUNTRY,
  DEMO_ROWS,
  demoFile,
  generateContacts,
  MAX_GENERATED,
} from '../../../local/demo/make-contacts.ts'
import { capacityOf, EVERYWHERE, numberAt } from '../../../local/demo/fictitious-numbers.ts'
import { parsePhone } from '../../../shared/contacts/phone.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aContactsWorld, allContacts, importText, type ContactsWorld } from '../../shared/contacts/support.ts'

const SHIPPED = new URL('../../../local/demo/contacts.csv', import.meta.url)

let at: ContactsWorld

beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

describe('the shipped file', () => {
  it('is what the generator makes, byte for byte', () => {
    expect(readFileSync(SHIPPED).equals(Buffer.from(demoFile()))).toBe(true)
  })

  it('has 1,000 rows, which an import takes as promised', async () => {
    const workspace = aWorkspaceId()
    const { results, ...counts } = await importText(at.deps, workspace, readFileSync(SHIPPED), DEMO_DEFAULT_COUNTRY)
    expect(counts).toEqual({ total_rows: 1000, updated: 0, ...DEMO_ROWS })
    expect(new Set(results.map(({ reason }) => reason)).size).toBeGreaterThan(8)
    const again = await importText(at.deps, workspace, readFileSync(SHIPPED), DEMO_DEFAULT_COUNTRY)
    expect(again).toMatchObject({ imported: 0, updated: DEMO_ROWS.imported })
  })

  it('has local numbers, which fail without the default country', async () => {
    const { failed } = await importText(at.deps, aWorkspaceId(), readFileSync(SHIPPED))
    expect(failed).toBeGreaterThan(DEMO_ROWS.failed + 20)
  })

  it('has names in many scripts', () => {
    const text = demoFile()
    const scripts = [
      'Latin',
      'Cyrillic',
      'Arabic',
      'Devanagari',
      'Han',
      'Hiragana',
      'Hangul',
      'Greek',
      'Hebrew',
      'Thai',
    ]
    for (const script of scripts) expect(text).toMatch(new RegExp(`\\p{Script=${script}}`, 'u'))
    expect(text).toMatch(/\p{Extended_Pictographic}/u)
  })
})

describe('generated contacts', () => {
  it('have different valid numbers, 100,000 of them', () => {
    const numbers = new Set<string>()
    for (const row of generateContacts(100_000, 1)) {
      const phone = row.slice(0, row.indexOf(','))
      expect(parsePhone(phone)).toMatchObject({ ok: true, phone: { e164: phone } })
      numbers.add(phone)
    }
    expect(numbers.size).toBe(100_000)
  })

  it('are all imported', async () => {
    const workspace = aWorkspaceId()
    const text = CSV_HEADER + [...generateContacts(500, 7)].join('')
    expect(await importText(at.deps, workspace, text)).toMatchObject({ total_rows: 500, imported: 500 })
    expect(await allContacts(at.deps, workspace)).toHaveLength(100)
  })

  it('are the same for the same seed, and others for another', () => {
    const make = (seed: number): string => [...generateContacts(50, seed)].join('')
    expect(make(3)).toBe(make(3))
    expect(make(3)).not.toBe(make(4))
  })

  it('are as many as there are fictitious numbers', () => {
    expect(MAX_GENERATED).toBeGreaterThan(300_000)
    expect(() => generateContacts(MAX_GENERATED + 1, 1).next()).toThrow('fictitious numbers')
    expect(() => numberAt(EVERYWHERE, capacityOf(EVERYWHERE))).toThrow('fictitious numbers')
  })
})
