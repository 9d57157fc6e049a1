/** An import whose workers are killed, run twice or race each other, and one that is cancelled. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DocumentContainer } from '../../../shared/azure/cosmos.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import type { Contact } from '../../../shared/contacts/schema.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { cancelImport } from '../../../shared/imports/cancel.ts'
import { findImport } from '../../../shared/imports/find.ts'
import { runImport } from '../../../shared/imports/run.ts'
import type { Import } from '../../../shared/imports/schema.ts'
import { SILENT_AFTER_MS, sweepImports } from '../../../shared/imports/sweep.ts'
import type { Queues } from '../../../shared/queue/messages.ts'
import { deleteWorkspace } from '../../../shared/workspaces/delete.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aTenant } from '../../support/tenants.ts'
import { aContact, aContactsWorld, allContacts, withContacts, type ContactsWorld } from '../contacts/support.ts'
import { aFile, aNumber, countContacts, imported, run, step, uploaded } from './support.ts'

let at: ContactsWorld
let workspace: WorkspaceId
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())
beforeEach(() => {
  workspace = aWorkspaceId()
})

class Killed extends Error {}

/** Dies ahead of the so manieth write of contacts. */
function killedAtBatch(number: number): Deps {
  return withContacts(at.deps, 'batch', (call) => {
    if (call >= number) throw new Killed()
  })
}

/** `before` runs ahead of each replacement of a document in `core`. */
function withCore(deps: Deps, before: (document: Partial<Import>) => Promise<void> | void): Deps {
  const core: DocumentContainer = {
    ...deps.containers.core,
    async replace(stored, document, partition) {
      await before(document)
      return deps.containers.core.replace(stored, document, partition)
    },
  }
  return { ...deps, containers: { ...deps.containers, core } }
}

function countsAre(job: Import, counts: Partial<Import['counts']>): void {
  expect(job.counts).toEqual({ imported: 0, updated: 0, skipped: 0, failed: 0, ...counts })
}

async function documents(): Promise<Map<string, Contact>> {
  const text = "SELECT * FROM c WHERE c.type = 'contact'"
  const found = await at.deps.containers.contacts.query({ text, partition: workspace }, (one) => one as Contact)
  return new Map(found.map((one) => [one.id, one]))
}

describe('a worker that is killed', () => {
  it('in the middle of a part leaves what the next one brings to its end, and nothing is written or counted twice', async () => {
    await imported(at.deps, workspace, `phone,name\n${aNumber(1)},Known\n${aNumber(2)},Person 2`)
    const job = await uploaded(at.deps, workspace, aFile(4300))
    await expect(runImport(killedAtBatch(30), step(job))).rejects.toThrow(Killed)
    const halfway = await findImport(at.deps, workspace, job.id)
    expect(halfway).toMatchObject({ status: 'importing', next_part: 1 })
    const before = await documents()
    expect(before.size).toBeGreaterThan(2300)
    expect(before.size).toBeLessThan(4300)
    const done = await run(at.deps, job)
    expect(done.status).toBe('completed')
    countsAre(done, { imported: 4298, updated: 2 })
    const after = await documents()
    expect(after.size).toBe(4300)
    for (const [id, contact] of before) expect(after.get(id)).toEqual(contact)
  })

  it('between the writing of a part and its record leaves a part that is done again without a change', async () => {
    const job = await uploaded(at.deps, workspace, aFile(2500))
    let records = 0
    const dying = withCore(at.deps, ({ next_part = 0 }) => {
      if (next_part > 0 && ++records === 2) throw new Killed()
    })
    await expect(runImport(dying, step(job))).rejects.toThrow(Killed)
    const before = await documents()
    expect(before.size).toBe(2500)
    countsAre(await run(at.deps, job), { imported: 2500 })
    expect(await documents()).toEqual(before)
  })

  it('does not undo what a person did to a contact meanwhile', async () => {
    const job = await uploaded(at.deps, workspace, aFile(1500))
    await expect(runImport(killedAtBatch(12), step(job))).rejects.toThrow(Killed)
    const [renamed, deleted, out] = [...(await documents()).keys()]
    await updateContact(at.deps, workspace, renamed!, { name: 'Renamed', source: 'api' })
    await deleteContact(at.deps, workspace, deleted!)
    await updateContact(at.deps, workspace, out!, { opted_in: false, source: 'inbound' })
    countsAre(await run(at.deps, job), { imported: 1500 })
    const after = await documents()
    expect(after.get(renamed!)).toMatchObject({ name: 'Renamed' })
    expect(after.get(deleted!)).toMatchObject({ deleted: true })
    expect(after.get(out!)).toMatchObject({ opted_in: false })
  })

  it('while it reads leaves a file that is read again', async () => {
    const job = await uploaded(at.deps, workspace, aFile(4100))
    const blobs: Deps['blobs'] = {
      ...at.deps.blobs,
      put(container, name, body, type) {
        if (name.endsWith('000001')) throw new Killed()
        return at.deps.blobs.put(container, name, body, type)
      },
    }
    await expect(runImport({ ...at.deps, blobs }, step(job))).rejects.toThrow(Killed)
    expect(await findImport(at.deps, workspace, job.id)).toMatchObject({ status: 'reading', parts: null })
    countsAre(await run(at.deps, job), { imported: 4100 })
  })

  it('is noticed once it is silent for long, and its import goes on; one that never comes on is given up', async () => {
    const own = await aContactsWorld()
    const job = await uploaded(own.deps, workspace, aFile(3))
    let now = Date.now()
    const sent: string[] = []
    const queues: Queues = {
      send: (queue) => {
        sent.push(queue)
        return Promise.resolve()
      },
    }
    const deps = { ...own.deps, queues, now: () => new Date(now) }
    expect(await sweepImports(deps)).toBe(0)
    for (let stalls = 1; stalls <= 5; stalls++) {
      now += SILENT_AFTER_MS + 1000
      expect(await sweepImports(deps)).toBe(1)
      expect(await sweepImports(deps)).toBe(0)
      expect(await findImport(own.deps, workspace, job.id)).toMatchObject({ status: 'queued', stalls })
    }
    expect(sent).toEqual(Array(5).fill('contact-imports'))
    now += SILENT_AFTER_MS + 1000
    expect(await sweepImports(deps)).toBe(0)
    const problem = expect.stringContaining('Import the file again') as unknown
    expect(await findImport(own.deps, workspace, job.id)).toMatchObject({ status: 'failed', problem })
    await own.world.close()
  })
})

describe('two workers at once', () => {
  it('make each contact once and count it once', async () => {
    const job = await uploaded(at.deps, workspace, aFile(5000))
    await Promise.all([1, 2, 3].map(() => runImport(at.deps, step(job))))
    let done = await findImport(at.deps, workspace, job.id)
    // Who lost stops; where the one that went on lost to it at the same moment, the message comes again.
    if (done.status !== 'completed') done = await run(at.deps, job)
    countsAre(done, { imported: 5000 })
    expect(await countContacts(at.deps, workspace)).toBe(5000)
    expect(await run(at.deps, job)).toEqual(done)
  })

  it('of two imports of one file make each contact once', async () => {
    const jobs = await Promise.all([1, 2].map(() => uploaded(at.deps, workspace, aFile(2500))))
    const done = await Promise.all(jobs.map((job) => run(at.deps, job)))
    const sum = (name: 'imported' | 'updated') => done.reduce((total, { counts }) => total + counts[name], 0)
    expect([sum('imported'), sum('updated')]).toEqual([2500, 2500])
    expect(await countContacts(at.deps, workspace)).toBe(2500)
  })

  it('of an import and somebody who creates a contact: it is updated instead', async () => {
    const job = await uploaded(at.deps, workspace, aFile(10))
    const deps = withContacts(at.deps, 'batch', async (call) => {
      if (call === 1) await aContact(at.deps, workspace, { phone: aNumber(5), tags: ['theirs'] })
    })
    countsAre(await run(deps, job), { imported: 9, updated: 1 })
    expect(await allContacts(at.deps, workspace, { tags: 'theirs' })).toMatchObject([{ name: 'Person 5' }])
  })
})

describe('an import that takes long', () => {
  it('goes on in the next invocation', async () => {
    const job = await uploaded(at.deps, workspace, aFile(4100))
    const sent: unknown[] = []
    let now = Date.now()
    const deps: Deps = {
      ...at.deps,
      now: () => new Date((now += 15_000)),
      queues: { send: (queue, message) => Promise.resolve(void sent.push([queue, message])) },
    }
    const halfway = await run(deps, job)
    expect(halfway).toMatchObject({ status: 'importing', next_part: 1 })
    expect(sent).toEqual([['contact-imports', step(job)]])
    countsAre(await run(at.deps, job), { imported: 4100 })
  })
})

describe('a cancel', () => {
  it('before anything was stored ends the import at once', async () => {
    const job = await uploaded(at.deps, workspace, aFile(10))
    expect(await cancelImport(at.deps, workspace, job.id)).toMatchObject({ status: 'cancelled' })
    expect(await run(at.deps, job)).toMatchObject({ status: 'cancelled', read_rows: 0 })
    expect(await cancelImport(at.deps, workspace, job.id)).toMatchObject({ status: 'cancelled' })
    expect(await countContacts(at.deps, workspace)).toBe(0)
  })

  it('while the file is read stores nothing', async () => {
    const job = await uploaded(at.deps, workspace, aFile(10))
    const blobs: Deps['blobs'] = {
      ...at.deps.blobs,
      async put(...part) {
        await cancelImport(at.deps, workspace, job.id)
        await at.deps.blobs.put(...part)
      },
    }
    expect(await run({ ...at.deps, blobs }, job)).toMatchObject({ status: 'cancelled' })
    expect(await countContacts(at.deps, workspace)).toBe(0)
  })

  it('stops within the part that is being written, and every contact that was stored is counted', async () => {
    const job = await uploaded(at.deps, workspace, aFile(6100))
    const deps = withContacts(at.deps, 'batch', async (call) => {
      if (call === 25) await cancelImport(at.deps, workspace, job.id)
    })
    const done = await run(deps, job)
    expect(done).toMatchObject({ status: 'cancelled', next_part: 2 })
    countsAre(done, { imported: 4000 })
    expect(await countContacts(at.deps, workspace)).toBe(4000)
  })

  it('after a worker was killed: what that had begun is brought to its end and counted', async () => {
    const job = await uploaded(at.deps, workspace, aFile(6100))
    await expect(runImport(killedAtBatch(30), step(job))).rejects.toThrow(Killed)
    expect(await cancelImport(at.deps, workspace, job.id)).toMatchObject({ status: 'cancelling' })
    const done = await run(at.deps, job)
    expect(done.status).toBe('cancelled')
    countsAre(done, { imported: 4000 })
    expect(await countContacts(at.deps, workspace)).toBe(4000)
  })

  it('of what came to its end is refused', async () => {
    const job = await imported(at.deps, workspace, aFile(2))
    await expect(cancelImport(at.deps, workspace, job.id)).rejects.toMatchObject({ code: 'import_finished' })
  })
})

it('nothing is imported into a workspace that was deleted meanwhile', async () => {
  const { id } = await aTenant(at.world)
  const job = await uploaded(at.deps, id, aFile(10))
  await deleteWorkspace(at.deps, id)
  expect(await run(at.deps, job)).toMatchObject({ status: 'cancelled' })
  expect(await countContacts(at.deps, id)).toBe(0)
})
