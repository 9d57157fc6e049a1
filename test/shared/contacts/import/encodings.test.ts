/** Files of bytes in one encoding, in two, and in none: what is read is right, and what cannot be read is told. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importContacts } from '../../../../shared/contacts/import-contacts.ts'
import { formatWatch } from '../../../../shared/contacts/import/encoding.ts'
import { fileKind } from '../../../../shared/contacts/import/file-kind.ts'
import type { WorkspaceId } from '../../../../shared/ids.ts'
import { aWorkspaceId } from '../../../support/builders.ts'
import { encodingFiles, ENCODINGS } from '../../../support/import-files/encoding-files.ts'
import { imported, resultOf, uploaded } from '../../imports/support.ts'
import { aContactsWorld, allContacts, type ContactsWorld } from '../support.ts'

const FOLDER = join(import.meta.dirname, '../../../fixtures/imports/encodings')

let at: ContactsWorld
let workspace: WorkspaceId
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

function bytesOf(name: string): Buffer {
  const file = join(FOLDER, name)
  return existsSync(file) ? readFileSync(file) : ENCODINGS[name]!.make()
}

/** Names by number, as they are stored. */
async function stored(): Promise<Map<string | null, string | null>> {
  const contacts = await allContacts(at.deps, workspace)
  return new Map(contacts.map(({ phone_number, name }) => [phone_number, name]))
}

const OF_BYTES = /another encoding than the rest of the file: correct them, or save the file as "CSV UTF-8"/
const READABLE = Object.entries(ENCODINGS).flatMap(([name, { names }]) => (names ? [{ name, names }] : []))

it('each small file is what its script makes', () => {
  const made = encodingFiles()
  expect(made.size).toBeGreaterThanOrEqual(14)
  for (const [name, content] of made) expect(readFileSync(join(FOLDER, name)).equals(content), name).toBe(true)
})

describe('names are right, or their rows fail', () => {
  it.each(READABLE)('$name', async ({ name, names }) => {
    const { results } = await importContacts(at.deps, workspace, { name, bytes: bytesOf(name) })
    const byPhone = await stored()
    const read = results.filter(({ row_number }) => row_number in names)
    expect(read.map(({ row_number }) => row_number)).toEqual(Object.keys(names).map(Number))
    for (const { row_number, phone_number, status, reason } of read) {
      const expected = names[row_number]
      if (expected === null) expect([status, reason]).toEqual(['failed', expect.stringMatching(OF_BYTES)])
      else expect([status, byPhone.get(phone_number)]).toEqual(['imported', expected])
    }
    expect(byPhone.size).toBe(Object.values(names).filter((expected) => expected !== null).length)
  })

  it.each(READABLE)('$name, as a job', async ({ name, names }) => {
    const job = await imported(at.deps, workspace, bytesOf(name), { name })
    const failed = (await resultOf(at.deps, job))
      .split('\n')
      .filter((line) => OF_BYTES.test(line.replaceAll('""', '"')))
    const expected = Object.entries(names).flatMap(([row, text]) => (text === null ? [row] : []))
    expect(failed.map((line) => line.split(',')[0])).toEqual(expected)
    const right = Object.values(names).filter((text) => text !== null)
    expect([...(await stored()).values()].toSorted()).toEqual(right.toSorted())
  })
})

describe('text in an encoding that cannot be told is refused', () => {
  const refused = Object.keys(ENCODINGS).filter((name) => !ENCODINGS[name]!.names)

  it.each(refused)('%s', async (name) => {
    const says = expect.stringContaining('another encoding than UTF-8, UTF-16 or Windows-1252') as unknown
    const refusal = { problems: [{ loc: ['body', 'file'], msg: says }] }
    await expect(importContacts(at.deps, workspace, { name, bytes: bytesOf(name) })).rejects.toMatchObject(refusal)
    await expect(uploaded(at.deps, workspace, bytesOf(name), { name })).rejects.toMatchObject(refusal)
    expect((await stored()).size).toBe(0)
  })
})

describe('bad bytes', () => {
  const [good, bad] = [Buffer.from('Zoë, Åse, '), Buffer.from('Noël', 'latin1')]
  const keeping = (...pieces: (string | Buffer)[]) => {
    const bytes = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
    return importContacts(at.deps, workspace, { name: 'a.csv', bytes }, { otherColumns: 'attributes' })
  }

  it('do no harm in a column that nobody asked for', async () => {
    const bytes = Buffer.concat([Buffer.from('phone,notes\n+12025550102,"'), good, bad, Buffer.from('"\n')])
    expect(await importContacts(at.deps, workspace, { name: 'a.csv', bytes })).toMatchObject({ imported: 1 })
  })

  it('fail the row where the column is kept, and the file where they are in its header', async () => {
    const row = await keeping('phone,notes\n+12025550102,"', good, bad, '"\n')
    expect(row.results).toMatchObject([{ status: 'failed', reason: expect.stringMatching(OF_BYTES) as unknown }])
    const inHeader = keeping('phone,', bad, '\n+12025550102,"', good, '"\n')
    await expect(inHeader).rejects.toMatchObject({
      problems: [{ msg: expect.stringContaining('The header cannot be read') as unknown }],
    })
  })

  it('in a phone number are told as such', async () => {
    const { results } = await keeping('phone,name\n"+1 202', Buffer.from([0xa0]), '555 0102","', good, '"\n')
    expect(results).toMatchObject([{ status: 'failed', reason: expect.stringMatching(OF_BYTES) as unknown }])
  })
})

it.each([...encodingFiles()])('is told the same however the bytes are cut: %s', (name, bytes) => {
  const format = formatInPieces(bytes, bytes.length)
  for (const size of [1, 2, 3, 7]) expect(formatInPieces(bytes, size), String(size)).toEqual(format)
  if (format) expect(fileKind({ name, bytes })).toEqual({ kind: 'text', ...format })
})

function formatInPieces(bytes: Buffer, size: number) {
  const watch = formatWatch(bytes[0] === 0xff ? 'utf-16le' : '8-bit')
  for (let from = 0; from < bytes.length; from += size) watch.take(bytes.subarray(from, from + size))
  return watch.end()
}

it.each(['c0 80', 'e0 80 80', 'ed a0 80', 'f0 80 80 80', 'f4 90 80 80', 'f8 88 80 80 80', 'c3 28'])(
  'is UTF-8 as strictly as it is decoded: %s',
  (hex) => {
    const bytes = Buffer.concat([Buffer.from('phone,ääääää\n'), Buffer.from(hex.replaceAll(' ', ''), 'hex')])
    expect(fileKind({ name: 'a.csv', bytes })).toEqual({ kind: 'text', encoding: 'utf-8', damaged: true })
  },
)
