/** Every file of test/fixtures/imports: the dialects all hold the same four contacts, the hostile ones are refused. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { ValidationError } from '../../../../shared/errors.ts'
import { dialectFiles } from '../../../support/import-files/dialect-files.ts'
import { CONTACTS } from '../../../support/import-files/four-contacts.ts'
import { HOSTILE } from '../../../support/import-files/hostile-files.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { aContactsWorld, allContacts, type ContactsWorld } from '../support.ts'

const FOLDER = join(import.meta.dirname, '../../../fixtures/imports')
const dialects = readdirSync(join(FOLDER, 'dialects'))

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(async () => {
  expect(await allContacts(at.deps, at.acme)).toEqual([])
  await at.world.close()
})

it('there are at least 60 dialects and 12 hostile files, and each is what its script makes', () => {
  expect(dialects.length).toBeGreaterThanOrEqual(60)
  expect(Object.keys(HOSTILE).length).toBeGreaterThanOrEqual(12)
  const made = dialectFiles()
  expect([...made.keys()].sort()).toEqual([...dialects].sort())
  for (const name of dialects.filter((one) => /\.(?:csv|tsv|txt)$/.test(one))) {
    expect(readFileSync(join(FOLDER, 'dialects', name)).equals(made.get(name)!), name).toBe(true)
  }
})

/** Where the four rows do not stand below a header in row 1. */
const ROWS: Record<string, number[]> = { 'begins-at-c3.xlsx': [4, 5, 6, 7] }

describe('the four contacts come out of', () => {
  it.each(dialects)('%s', async (name) => {
    const workspace = aWorkspaceId()
    const bytes = readFileSync(join(FOLDER, 'dialects', name))
    const response = await importContacts(at.deps, workspace, { name, bytes })
    const stored = (await allContacts(at.deps, workspace))
      .map(({ phone_number, name: called, tags }) => ({ phone_number, name: called, tags }))
      .sort((a, b) => (String(a.phone_number) < String(b.phone_number) ? -1 : 1))
    expect(stored).toEqual(CONTACTS)
    expect(response).toMatchObject({ total_rows: 4, imported: 4, failed: 0 })
    expect(response.results.map(({ row_number }) => row_number)).toEqual(ROWS[name] ?? [2, 3, 4, 5])
  })
})

describe('is refused in words that name the cure, within bounds of time and memory', () => {
  it.each(Object.entries(HOSTILE))('%s', async (name, { make, says }) => {
    const file = join(FOLDER, 'hostile', name)
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.from(make())
    const before = process.memoryUsage().rss
    const startedAt = performance.now()
    const error: unknown = await importContacts(at.deps, at.acme, { name, bytes }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({
      problems: [{ loc: ['body', 'file'], msg: expect.stringContaining(says) as unknown }],
    })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
  })
})
