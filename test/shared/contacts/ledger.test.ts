import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contactConsentsEndpoint } from '../../../functions/contacts/consents.ts'
import { listContactsEndpoint } from '../../../functions/contacts/list.ts'
import { updateContactEndpoint } from '../../../functions/contacts/update.ts'
import { createContactEndpoint } from '../../../functions/contacts/create.ts'
import { contactForInbound } from '../../../shared/contacts/for-inbound.ts'
import { consentLedger, type LedgerEntry } from '../../../shared/contacts/ledger.ts'
import { recordConsent } from '../../../shared/contacts/record-consent.ts'
import { changeNumber } from '../../../shared/contacts/renumber.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import {
  aContact,
  aContactsWorld,
  aPhone,
  allContacts,
  importText,
  withContacts,
  type ContactsWorld,
} from './support.ts'

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const minute = (number: number) => new Date(Date.parse('2026-11-01T10:00:00.000Z') + number * 60_000).toISOString()

async function allEntries(workspace = at.acme, id = '', limit = 100): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = []
  let cursor: string | undefined
  do {
    const page = await consentLedger(at.deps, workspace, id, { limit, cursor })
    all.push(...page.entries)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return all
}

describe('GET /api/contacts/{contact_id}/consents', () => {
  it('tells when, how, by whom and with what evidence, the latest first, from the first consent on', async () => {
    const json = { workspace_id: at.acme, phone_number: aPhone(1), consent_how: 'Form at the checkout' }
    const created = await at.call(createContactEndpoint, { json })
    const params = { contact_id: (created.body as { id: string }).id }
    const out = { opted_in: false, consent_how: 'By phone', consent_evidence: 'Call 4711' }
    expect(await at.call(updateContactEndpoint, { params, json: out })).toMatchObject({
      status: 200,
      body: { opted_in: false, consent: { state: 'opted_out', source: 'api' } },
    })
    const answer = await at.call(contactConsentsEndpoint, { params })
    expect(answer).toMatchObject({
      status: 200,
      body: {
        next_cursor: null,
        data: [
          { kind: 'opt_out', source: 'api', how: 'By phone', evidence: 'Call 4711', by: { who: 'member' } },
          { kind: 'opt_in', source: 'api', how: 'Form at the checkout', evidence: null, by: { who: 'member' } },
        ],
      },
    })
  })

  it('has an entry for a proof also where nothing changes, and refuses a proof of nothing', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(2) })
    const params = { contact_id: id }
    await at.call(updateContactEndpoint, { params, json: { opted_in: true } })
    expect(await allEntries(at.acme, id)).toHaveLength(1)
    await at.call(updateContactEndpoint, { params, json: { opted_in: true, consent_evidence: 'Scan 12' } })
    expect(await allEntries(at.acme, id)).toMatchObject([{ kind: 'opt_in', evidence: 'Scan 12' }, { kind: 'opt_in' }])
    expect(await at.call(updateContactEndpoint, { params, json: { consent_how: 'By phone' } })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'consent_how'] }] },
    })
  })

  it('shows what a file stands for, and what the person said later', async () => {
    const workspace = aWorkspaceId()
    await importText(at.deps, workspace, `phone\n${aPhone(3)}`)
    const [contact] = await allContacts(at.deps, workspace)
    expect(await allEntries(workspace, contact!.id)).toMatchObject([{ kind: 'opt_in', source: 'import' }])
    const said = { kind: 'opt_out', at: minute(1), source: 'inbound', key: 'x' } as const
    await recordConsent(at.deps, workspace, contact!.id, said)
    expect(await allEntries(workspace, contact!.id)).toMatchObject([
      { kind: 'opt_out', source: 'inbound', said_at: minute(1) },
      { kind: 'opt_in', source: 'import', at: contact!.created_at },
    ])
  })

  it('has nothing of somebody who never said anything, until a file names them', async () => {
    const workspace = aWorkspaceId()
    const { id } = await contactForInbound(at.deps, workspace, { waId: aPhone(4).slice(1), at: minute(0) })
    expect(await allEntries(workspace, id)).toEqual([])
    await importText(at.deps, workspace, `phone\n${aPhone(4)}`)
    expect(await allEntries(workspace, id)).toMatchObject([{ kind: 'opt_in', source: 'import' }])
  })

  it('comes in pages that neither repeat nor skip, also where entries have the same time', async () => {
    const deps = { ...at.deps, now: () => new Date(minute(0)) }
    const { id } = await aContact(deps, at.acme, { phone: aPhone(5) })
    for (let turn = 0; turn < 7; turn++) {
      await updateContact(deps, at.acme, id, { opted_in: turn % 2 === 1, source: 'api' })
    }
    const all = await allEntries(at.acme, id)
    expect(all).toHaveLength(8)
    for (const limit of [1, 3]) {
      const paged = await allEntries(at.acme, id, limit)
      expect(paged.map((entry) => entry.id).sort()).toEqual(all.map((entry) => entry.id).sort())
    }
  })

  it('takes two requests, and is 404 in another workspace', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(6) })
    let requests = 0
    const count = () => {
      requests++
    }
    const deps = withContacts(withContacts(at.deps, 'query', count), 'read', count)
    await consentLedger(deps, at.acme, id, { limit: 20 })
    expect(requests).toBe(2)
    await expect(consentLedger(at.deps, at.globex, id, { limit: 20 })).rejects.toMatchObject({
      code: 'contact_not_found',
    })
  })

  it('goes with the person to another number, and shows nothing of whoever has the old one', async () => {
    const workspace = aWorkspaceId()
    const [from, to] = [aPhone(7).slice(1), aPhone(8).slice(1)]
    const { id } = await aContact(at.deps, workspace, { phone: `+${from}` })
    await updateContact(at.deps, workspace, id, { opted_in: false, source: 'api' })
    const moved = new Date(Date.now() + 60_000).toISOString()
    await changeNumber(at.deps, workspace, { waId: from, toWaId: to, at: moved })
    const later = { ...at.deps, now: () => new Date(Date.now() + 120_000) }
    const stranger = await contactForInbound(later, workspace, { waId: from, at: later.now().toISOString() })
    await updateContact(later, workspace, stranger.id, { opted_in: true, source: 'api', proof: { how: 'At the fair' } })
    expect(stranger.id).toBe(id)
    expect(await allEntries(workspace, contactId(workspace, to))).toMatchObject([
      { kind: 'opt_out' },
      { kind: 'opt_in' },
    ])
    expect(await allEntries(workspace, stranger.id)).toMatchObject([{ how: 'At the fair' }])
  })
})

describe('the list of those who opted out', () => {
  it('says when and how, and leaves out who never said anything', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(20) })
    await contactForInbound(at.deps, at.acme, { waId: aPhone(21).slice(1), at: minute(0) })
    await recordConsent(at.deps, at.acme, id, { kind: 'opt_out', at: minute(3), source: 'meta', key: 'y' })
    const list = async (consent: string) => {
      const answer = await at.call(listContactsEndpoint, { query: { workspace_id: at.acme, consent, limit: '100' } })
      return (answer.body as { data: { id: string; phone_number: string; consent: unknown }[] }).data
    }
    const out = await list('OPTED_OUT')
    expect(out.find((contact) => contact.id === id)).toMatchObject({
      consent: { state: 'opted_out', source: 'meta', at: minute(3) },
    })
    expect(out.map(({ phone_number }) => phone_number)).not.toContain(aPhone(21))
    expect((await list('none')).map(({ phone_number }) => phone_number)).toContain(aPhone(21))
  })
})

it('finds people by their username, with and without @, in any case', async () => {
  const workspace = aWorkspaceId()
  const person = { userId: 'US.1', username: '@Ada.Lovelace', profileName: 'Countess', at: minute(0) }
  const { id } = await contactForInbound(at.deps, workspace, person)
  await aContact(at.deps, workspace, { phone: aPhone(30), name: 'Adam' })
  for (const search of ['ada.l', '@ADA', '@ada.lovelace', 'lovelace']) {
    expect((await allContacts(at.deps, workspace, { search })).map((contact) => contact.id)).toContain(id)
  }
  expect(await allContacts(at.deps, workspace, { search: '@ada' })).toHaveLength(1)
})
