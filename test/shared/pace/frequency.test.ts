import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { Table } from '../../../shared/azure/tables.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { newCampaignId, type WorkspaceId } from '../../../shared/ids.ts'
import { overCap } from '../../../shared/pace/frequency.ts'
import { countSend, fromCells, hasRoom, prune, toCells, type Sends } from '../../../shared/pace/frequency-row.ts'
import { pacer } from '../../../shared/pace/pacer.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aWorld, type World } from '../../support/world.ts'

const HOUR = 3_600_000
const START = Date.parse('2027-01-11T10:30:00Z')

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

/** An instance of its own, at this hour of the test. */
const at = (hours: number, paceTable: Table = world.deps.paceTable) =>
  pacer({ paceTable, now: () => new Date(START + hours * HOUR) }).frequency

/** In the order in which planning puts them into pages. */
function people(workspaceId: WorkspaceId, count: number): string[] {
  return Array.from({ length: count }, (_, index) => contactId(workspaceId, `4915${10_000_000 + index}`)).sort()
}

function aCampaign(workspaceId: WorkspaceId): string {
  return newCampaignId(workspaceId, new Date(START))
}

describe('how often contacts are written to', () => {
  it('is bounded over all campaigns and instances, in the hours that count', async () => {
    const id = aWorkspaceId()
    const contacts = people(id, 300)
    const cap = { messages: 2, hours: 24 }
    const ask = async (hours: number, some = contacts, campaignId = aCampaign(id)) =>
      (await at(hours).count(id, { campaignId, contacts: some, cap })).size
    expect(await ask(0)).toBe(300)
    expect(await ask(10, contacts.slice(0, 100))).toBe(100)
    expect(await ask(11)).toBe(200)
    expect(await ask(23)).toBe(0)
    // The first is over, with the time that a message may take to go out; the second is not.
    expect(await ask(24)).toBe(0)
    expect(await ask(24.5)).toBe(300)
    expect(await ask(25)).toBe(0)
  })

  it('counts a campaign once with a contact, however often it tries', async () => {
    const id = aWorkspaceId()
    const [campaignId, contacts, cap] = [aCampaign(id), people(id, 128), { messages: 1, hours: 48 }]
    for (const hours of [0, 0, 5, 30]) {
      expect((await at(hours).count(id, { campaignId, contacts, cap })).size).toBe(128)
    }
    const other = { campaignId: aCampaign(id), contacts, cap }
    // The last try counts.
    expect((await at(50).count(id, other)).size).toBe(0)
    expect((await at(79).count(id, other)).size).toBe(128)
  })

  it('gives back who was not sent to, in the campaign that counted them only', async () => {
    const id = aWorkspaceId()
    const [one, other] = [aCampaign(id), aCampaign(id)]
    const [contacts, cap] = [people(id, 128), { messages: 1, hours: 48 }]
    const instance = at(0)
    const counted = await instance.count(id, { campaignId: one, contacts, cap })
    await instance.giveBack(id, { campaignId: other, contacts, cap }, counted)
    expect((await at(1).count(id, { campaignId: other, contacts, cap })).size).toBe(0)
    await instance.giveBack(id, { campaignId: one, contacts: contacts.slice(0, 40), cap }, counted)
    expect((await at(1).count(id, { campaignId: other, contacts, cap })).size).toBe(40)
  })

  it('gives back nobody whom another worker has counted since, for the same message in the same second', async () => {
    const id = aWorkspaceId()
    const [contacts, cap] = [people(id, 128), { messages: 1, hours: 48 }]
    const request = { campaignId: aCampaign(id), contacts, cap }
    const [early, late] = [at(0), at(0)]
    const stale = await early.count(id, request)
    const counted = await late.count(id, request)
    await early.giveBack(id, request, stale)
    const other = { campaignId: aCampaign(id), contacts, cap }
    expect((await at(1).count(id, other)).size).toBe(0)
    await late.giveBack(id, request, counted)
    expect((await at(1).count(id, other)).size).toBe(128)
  })

  it('is exact when campaigns ask for the same contacts at once, each on an instance that knows old rows', async () => {
    const id = aWorkspaceId()
    const [contacts, cap] = [people(id, 500), { messages: 2, hours: 24 }]
    const instances = Array.from({ length: 6 }, () => at(0))
    await Promise.all(instances.map((one) => one.giveBack(id, { campaignId: aCampaign(id), contacts, cap }, new Map())))
    const told = new Map<string, number>()
    const asked = instances.map(async (one, index) => {
      const order = index % 2 === 0 ? contacts : contacts.toReversed()
      const campaignId = aCampaign(id)
      for (let from = 0; from < order.length; from += 125) {
        const page = order.slice(from, from + 125)
        for (const place of (await one.count(id, { campaignId, contacts: page, cap })).keys()) {
          told.set(page[place]!, (told.get(page[place]!) ?? 0) + 1)
        }
      }
    })
    await Promise.all(asked)
    expect(contacts.filter((contact) => told.get(contact) !== 2)).toEqual([])
  })

  it('is not seen from another workspace', async () => {
    const [one, other] = [aWorkspaceId(), aWorkspaceId()]
    const contacts = people(one, 10)
    const request = { contacts, cap: { messages: 1, hours: 24 } }
    await at(0).count(one, { ...request, campaignId: aCampaign(one) })
    expect((await at(0).count(other, { ...request, campaignId: aCampaign(other) })).size).toBe(10)
  })

  it('costs a request a page, and some more to read', async () => {
    const requests = { reads: 0, writes: 0 }
    const counting: Table = {
      ...world.deps.paceTable,
      query: (query) => {
        requests.reads++
        return world.deps.paceTable.query(query)
      },
      write: (rows) => {
        requests.writes++
        return world.deps.paceTable.write(rows)
      },
    }
    const id = aWorkspaceId()
    const [contacts, cap, campaignId] = [people(id, 12_800), { messages: 3, hours: 168 }, aCampaign(id)]
    const instance = at(0, counting)
    for (let from = 0; from < contacts.length; from += 128) {
      await instance.count(id, { campaignId, contacts: contacts.slice(from, from + 128), cap })
    }
    expect(requests.writes).toBe(100)
    expect(requests.reads).toBeLessThanOrEqual(3)
    expect(
      (
        await overCap({ ...world.deps, paceTable: counting, now: () => new Date(START) }, id, {
          campaignId: aCampaign(id),
          contacts,
          cap: { messages: 1, hours: 24 },
        })
      ).size,
    ).toBe(12_800)
  })

  it('survives its way into the store and back, and forgets only what counts no more', () => {
    const workspaceId = aWorkspaceId()
    const campaigns = [1, 2, 3].map(() => aCampaign(workspaceId))
    const contacts = people(workspaceId, 5)
    const message = fc.record({
      contact: fc.constantFrom(...contacts),
      campaign: fc.constantFrom(...campaigns),
      hours: fc.integer({ min: 0, max: 100 }),
    })
    const cap = { messages: 1, hours: 24 }
    fc.assert(
      fc.property(fc.array(message, { maxLength: 60 }), fc.integer({ min: 100, max: 130 }), (messages, hours) => {
        const sends: Sends = new Map()
        for (const { contact, campaign, hours: then } of messages.toSorted((a, b) => a.hours - b.hours)) {
          countSend(sends, contact, campaign, START + then * HOUR)
        }
        const moment = { cap, nowMs: START + hours * HOUR }
        const fresh = aCampaign(workspaceId)
        const expected = contacts.map((contact) => hasRoom(sends, contact, fresh, moment))
        prune(sends, moment)
        const read = fromCells(toCells(sends))
        expect(contacts.map((contact) => hasRoom(read, contact, fresh, moment))).toEqual(expected)
        for (const [index, contact] of contacts.entries()) {
          const last = Math.max(-Infinity, ...messages.filter((m) => m.contact === contact).map((m) => m.hours))
          expect(expected[index]).toBe(last <= hours - 25)
        }
      }),
    )
  })
})
