import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { eraseContact, eraseNumber } from '../../../shared/contacts/erase/ask.ts'
import { erasePerson } from '../../../shared/contacts/erase/erase.ts'
import { importContacts } from '../../../shared/contacts/import-contacts.ts'
import { exportPerson } from '../../../shared/contacts/person-export.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import type { Deps } from '../../../shared/deps.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'
import { crash, interrupted } from '../../support/tenants.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

/** Somebody who wrote and was answered, and got a campaign. */
async function aPerson() {
  const phone = w.aStranger()
  const { id } = await createContact(w.deps, w.workspaceId, {
    phone_number: phone,
    name: 'Ada Lovelace',
    tags: ['vip'],
  })
  await updateContact(w.deps, w.workspaceId, id, {
    opted_in: true,
    source: 'api',
    proof: { evidence: 'Letter of Ada Lovelace' },
  })
  const written = inbound(w, phone, new Date(), { text: { body: 'I am Ada Lovelace' } })
  await applyMessages(w.deps, { received_at: new Date().toISOString(), changes: [written] })
  await w.simulator.control('POST', 'windows', { from: phone, last_message_at: new Date().toISOString() })
  await w.text(phone)
  await w.deliver()
  const campaign = await createCampaign(w.deps, w.workspaceId, {
    workspace_id: w.workspaceId,
    phone_number_id: w.phoneNumberId,
    template_id: w.templateId,
    name: 'Autumn',
    variables: { 'body.1': { field: 'name' } },
    audience: { contact_ids: [id] },
  })
  await executeCampaign(w.deps, w.workspaceId, campaign.id)
  await w.settle()
  return { phone, id, written }
}

const everything = async (): Promise<string> => {
  const { contacts, messages, pages } = w.deps.containers
  const all = [contacts, messages, pages].map((container) =>
    container.query({ text: 'SELECT * FROM c' }, (document) => JSON.stringify(document)),
  )
  return (await Promise.all(all)).flat().join('\n')
}
const erase = (id: string, deps: Deps = w.deps, look = 0) =>
  erasePerson(deps, { workspace_id: w.workspaceId, contact_id: id, look })
const stored = async (id: string) => (await contactStore(w.deps.containers).find(w.workspaceId, id))!.value

it('exports everything that is held about one person, and nothing of others or elsewhere', async () => {
  const { id, phone } = await aPerson()
  const other = await aPerson()
  const content = await exportPerson(w.deps, w.workspaceId, id)
  const told = JSON.parse(Buffer.concat(await Array.fromAsync(content)).toString('utf8')) as Record<string, unknown[]>
  expect(told).toMatchObject({
    contact: { id, name: 'Ada Lovelace', phone_number: phone },
    consents: [{ kind: 'opt_in', evidence: 'Letter of Ada Lovelace' }, { kind: 'opt_in' }],
    conversations: [{ person: phone.slice(1) }],
    campaign_recipients: [{ campaign_name: 'Autumn', to_number: phone, values: ['Ada Lovelace'] }],
  })
  expect(told['messages']).toHaveLength(2)
  expect(told['messages']).toMatchObject([
    { direction: 'outbound' },
    { direction: 'inbound', text: 'I am Ada Lovelace' },
  ])
  expect(JSON.stringify(told)).not.toContain(other.phone.slice(1))
  await expect(exportPerson(w.deps, aWorkspaceId(), id)).rejects.toMatchObject({ code: 'contact_not_found' })
})

it('erases a person from contacts, messages, the ledger and campaigns, safe to run again', async () => {
  const { id, phone } = await aPerson()
  expect(await everything()).toContain(phone.slice(1))
  await eraseContact(w.deps, w.workspaceId, id, undefined)
  expect(w.taken('contact-erasures')).toMatchObject([{ contact_id: id, look: 0 }])
  await erase(id)
  await erase(id, w.deps, 1)
  const left = (await everything())
    .split('\n')
    .filter((document) => document.includes(id))
    .join('\n')
  for (const trace of [phone.slice(1), 'Lovelace', 'vip']) expect(left).not.toContain(trace)
  expect(await stored(id)).toMatchObject({ deleted: true, opted_in: false, opted_in_source: 'erasure' })
  await expect(eraseContact(w.deps, w.workspaceId, id, undefined)).rejects.toMatchObject({ code: 'contact_not_found' })
})

it('keeps the no: neither an import, a creation nor a message of the number takes it back, a later yes does', async () => {
  const { id, phone } = await aPerson()
  await eraseContact(w.deps, w.workspaceId, id, undefined)
  await erase(id)
  const file = { name: 'old.csv', bytes: Buffer.from(`phone,name\n${phone},Ada`) }
  expect(await importContacts(w.deps, w.workspaceId, file)).toMatchObject({ imported: 1 })
  expect(await stored(id)).toMatchObject({ phone_number: phone, deleted: false, opted_in: false })
  await eraseContact(w.deps, w.workspaceId, id, undefined)
  await createContact(w.deps, w.workspaceId, { phone_number: phone })
  expect(await stored(id)).toMatchObject({ phone_number: phone, opted_in: false })
  await eraseContact(w.deps, w.workspaceId, id, undefined)
  const again = inbound(w, phone, new Date(Date.now() + 60_000))
  await applyMessages(w.deps, { received_at: new Date().toISOString(), changes: [again] })
  expect(await stored(id)).toMatchObject({ phone_number: phone, deleted: false, opted_in: false })
  await expect(w.template(phone)).rejects.toMatchObject({ code: 'contact_opted_out' })
  await updateContact(w.deps, w.workspaceId, id, { opted_in: true, source: 'api' })
  expect(await stored(id)).toMatchObject({ opted_in: true })
})

it('keeps the no of somebody who was no contact yet, and tells nothing of that', async () => {
  const phone = '+12025550199'
  const asked = [0, 1].map(() => eraseNumber(w.deps, w.workspaceId, phone, undefined))
  expect(await Promise.all(asked)).toEqual([expect.any(String), expect.any(String)])
  expect(await everything()).not.toContain(phone.slice(1))
  const file = { name: 'old.csv', bytes: Buffer.from(`phone,name\n${phone},Ada`) }
  expect(await importContacts(w.deps, w.workspaceId, file)).toMatchObject({ imported: 1 })
  expect(await stored(contactId(w.workspaceId, phone.slice(1)))).toMatchObject({ phone_number: phone, opted_in: false })
})

it('a message that Meta repeats after the erasure brings nothing back', async () => {
  const { id, phone, written } = await aPerson()
  await eraseContact(w.deps, w.workspaceId, id, undefined)
  await erase(id)
  await applyMessages(w.deps, { received_at: new Date().toISOString(), changes: [written] })
  expect(await everything()).not.toContain(phone.slice(1))
  expect(await stored(id)).toMatchObject({ deleted: true, name: null })
})

it('goes on where it was killed, and erases a deleted contact by its number', async () => {
  const { id, phone } = await aPerson()
  await eraseNumber(w.deps, w.workspaceId, phone, undefined)
  const killed = interrupted(w.deps, 'messages', 'replace', (call) => {
    if (call === 2) crash()
  })
  await expect(erase(id, killed)).rejects.toThrow('killed')
  await erase(id)
  expect(await everything()).not.toContain(phone.slice(1))
  const failing = interrupted(w.deps, 'contacts', 'batch', crash)
  const other = await aPerson()
  await expect(eraseContact(failing, w.workspaceId, other.id, undefined)).rejects.toThrow('killed')
  await erase(other.id)
  expect(await stored(other.id)).toMatchObject({ deleted: false, name: 'Ada Lovelace' })
  expect(contactId(w.workspaceId, phone.slice(1))).toBe(id)
})
