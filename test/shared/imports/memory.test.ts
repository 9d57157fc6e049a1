/** What an import holds does not grow with its file: not while it is taken in, read, or written. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Deps } from '../../../shared/deps.ts'
import { createImport } from '../../../shared/imports/create.ts'
import { aForm, FORM_HEADERS } from '../../support/media-samples.ts'
import { bytesInUse } from '../../support/memory.ts'
import { aContactsWorld, type ContactsWorld } from '../contacts/support.ts'
import { aNumber, run } from './support.ts'

const MB = 1024 * 1024
const ROWS = 250
const CELL = 'x'.repeat(100_000)
/** Half of what a file of 24 MB that is held would be: whatever blocks, ranges and parts are on their way meanwhile. */
const MOST_MORE = 12 * MB

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

/** Made while it is sent. */
// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* aLongForm(): AsyncGenerator<Uint8Array> {
  const form = aForm([{ name: 'file', content: 'phone,notes\n', filename: 'contacts.csv', type: 'text/csv' }])
  const end = form.lastIndexOf('\r\n--')
  yield form.subarray(0, end)
  for (let row = 0; row < ROWS; row++) yield Buffer.from(`${aNumber(row)},${CELL}\n`)
  yield form.subarray(end)
}

type Phase = 'taken in' | 'read' | 'written'

/** Deps that note at each block, range and part how much is in use. */
function noting(deps: Deps, note: (phase: Phase) => void): Deps {
  const blobs: Deps['blobs'] = {
    ...deps.blobs,
    writer(...place) {
      const writer = deps.blobs.writer(...place)
      let bytes = 0
      const write = async (chunk: Uint8Array): Promise<void> => {
        await writer.write(chunk)
        bytes += chunk.byteLength
        if (bytes % MB < chunk.byteLength) note('taken in')
      }
      return { ...writer, write }
    },
    put(...blob) {
      note('read')
      return deps.blobs.put(...blob)
    },
    async get(...place) {
      const bytes = await deps.blobs.get(...place)
      note('written')
      return bytes
    },
  }
  return { ...deps, blobs }
}

/** The least at several steps: at single ones more than usual is on its way. */
function growth(inUse: readonly number[]): number {
  const some = Math.ceil(inUse.length / 3)
  return Math.min(...inUse.slice(-some)) - Math.min(...inUse.slice(0, some))
}

it('of a file of 24 MB as much is held at the end as at the beginning', async () => {
  const inUse: Record<Phase, number[]> = { 'taken in': [], read: [], written: [] }
  const deps = noting(at.deps, (phase) => void inUse[phase].push(bytesInUse()))
  const request = {
    method: 'POST',
    path: '/api/contacts/imports',
    query: new URLSearchParams(),
    headers: new Headers(FORM_HEADERS),
    params: {},
    body: aLongForm(),
  }
  const choices = { defaultCountry: undefined, mode: 'merge', otherColumns: 'ignore', createdBy: null } as const
  const job = await createImport(deps, at.acme, { request, ...choices })
  expect(job.file_size).toBeGreaterThan(23 * MB)
  expect((await run(deps, job)).counts).toMatchObject({ imported: ROWS })
  for (const phase of ['taken in', 'read', 'written'] as const) {
    expect(inUse[phase].length, phase).toBeGreaterThanOrEqual(9)
    expect(growth(inUse[phase]), phase).toBeLessThan(MOST_MORE)
  }
})
