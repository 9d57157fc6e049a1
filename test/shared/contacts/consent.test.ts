import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consentFromMessage } from '../../../shared/contacts/consent-from-message.ts'
import { couldBeWord, isAmong, OPT_IN_WORDS, OPT_OUT_WORDS } from '../../../shared/contacts/consent-words.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { contactForInbound } from '../../../shared/contacts/for-inbound.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { markContacts } from '../../../shared/contacts/mark.ts'
import { recordConsent } from '../../../shared/contacts/record-consent.ts'
import { contactId, isOptedOut, isSilent, type Contact } from '../../../shared/contacts/schema.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { findMessage } from '../../../shared/messages/find.ts'
import { newUuid } from '../../../shared/ids.ts'
import { rememberedSettings } from '../../../shared/workspaces/settings.ts'
import { updateWorkspace } from '../../../shared/workspaces/update.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'
import { optedOutSince } from '../../support/opted-out.ts'
import { aStoredWorkspace } from '../../support/workspaces.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
  await aStoredWorkspace(w.deps, w.workspaceId)
})
afterAll(() => w.close())

const minute = (number: number) => new Date(Date.parse('2026-11-01T10:00:00.000Z') + number * 60_000).toISOString()
const person = async (optedIn = true): Promise<Contact> => {
  const phone_number = w.aStranger()
  if (!optedIn) return contactForInbound(w.deps, w.workspaceId, { waId: phone_number.slice(1), at: minute(0) })
  return createContact(w.deps, w.workspaceId, { phone_number })
}
const now = ({ id }: Contact) => getContact(w.deps, w.workspaceId, id)
const says = (contact: Contact, text: string, at = minute(1), wamid = newUuid()) =>
  consentFromMessage({ ...w.deps, settingsOf: rememberedSettings(w.deps) }, w.workspaceId, contact, {
    text,
    at,
    wamid,
    phoneNumberId: w.phoneNumberId,
  })
const ledger = async ({ id }: Contact): Promise<string[]> =>
  w.deps.containers.contacts.query(
    {
      text: "SELECT c.kind, c.source FROM c WHERE c.type = 'consent' AND c.contact_id = @id",
      parameters: { id },
      partition: w.workspaceId,
    },
    (row) => Object.values(row as object).join(' '),
  )
const settings = (given: Record<string, unknown>) =>
  updateWorkspace(w.deps, w.workspaceId, 'OWNER', { settings: given })
/** Sends that were queued since they were last counted. */
const answers = () => w.entries().length

describe('words', () => {
  it.each([
    'STOP',
    ' stop ',
    'Stop!',
    '“stop”',
    'Arrêt',
    'arret',
    'BAJA.',
    'стоп',
    '退订',
    'Abonelikten çık',
    'إيقاف',
    'opt-out',
  ])('%s is one', (text) => {
    expect(isAmong(text, OPT_OUT_WORDS)).toBe(true)
  })

  it.each(['please stop', 'stop it now', 'nonstop', '', '!!!', 'stop stop', 'cancel'])('%s is none', (text) => {
    expect(isAmong(text, OPT_OUT_WORDS)).toBe(false)
  })

  it('never mean both', () => {
    expect(OPT_IN_WORDS.filter((word) => isAmong(word, OPT_OUT_WORDS))).toEqual([])
    expect([...OPT_IN_WORDS, ...OPT_OUT_WORDS].filter((word) => !couldBeWord(word))).toEqual([])
  })
})

describe('a word that a person writes', () => {
  it('opts them out, once, with an entry, and campaigns hear of it', async () => {
    const contact = await person()
    const wamid = newUuid()
    expect(await says(contact, 'Stop', minute(1), wamid)).toMatchObject({ id: contact.id, opted_in: false })
    expect(await says(contact, 'Stop', minute(1), wamid)).toBeUndefined()
    const after = await now(contact)
    expect(after).toMatchObject({ opted_in: false, opted_in_source: 'inbound', consent_at: minute(1) })
    expect(await ledger(contact)).toEqual(['opt_out inbound'])
    expect(await optedOutSince(w.deps, w.workspaceId, '2020')).toContain(contact.id)
    await expect(w.template(String(contact.phone_number))).rejects.toMatchObject({ code: 'contact_opted_out' })
  })

  it('is heard for campaigns by when it was stored, however long ago it was written', async () => {
    const contact = await person()
    const since = w.deps.now().toISOString()
    await says(contact, 'stop', '2026-01-01T00:00:00.000Z')
    expect(await optedOutSince(w.deps, w.workspaceId, since)).toContain(contact.id)
  })

  it('takes a no back, but makes nobody opt in who never said anything', async () => {
    const contact = await person()
    await says(contact, 'stop', minute(1))
    expect(await says(await now(contact), 'START', minute(2))).toMatchObject({ opted_in: true })
    expect(await ledger(contact)).toHaveLength(2)
    const silent = await person(false)
    expect(await says(silent, 'start')).toBeUndefined()
    expect(isSilent(await now(silent))).toBe(true)
    expect(await says(silent, 'stop')).toMatchObject({ opted_in: false })
  })

  it('is none in the middle of a sentence, and long texts ask nothing', async () => {
    const contact = await person()
    const containers = {
      ...w.deps.containers,
      core: { ...w.deps.containers.core, read: () => Promise.reject(new Error('asked')) },
    }
    const text = 'Please do not stop sending me these wonderful offers'
    const told = { text, at: minute(1), wamid: 'x', phoneNumberId: w.phoneNumberId }
    expect(
      await consentFromMessage(
        { ...w.deps, settingsOf: rememberedSettings({ containers }) },
        w.workspaceId,
        contact,
        told,
      ),
    ).toBeUndefined()
    expect(await says(contact, 'do not stop')).toBeUndefined()
    expect(await now(contact)).toEqual(contact)
  })

  it('may be the workspace’s own, in place of ours, and such a word opts anybody in', async () => {
    await settings({ opt_out_words: ['No More'], opt_in_words: ['Join'] })
    const contact = await person(false)
    expect(await says(contact, 'stop')).toBeUndefined()
    expect(await says(contact, 'JOIN!')).toMatchObject({ opted_in: true, opted_in_source: 'inbound' })
    expect(await says(contact, 'no more', minute(2))).toMatchObject({ opted_in: false })
    await settings({ opt_out_words: null, opt_in_words: null })
  })

  it('is confirmed by the text that is set, once for each opt-out, within the window', async () => {
    const contact = await person()
    await w.writes(String(contact.phone_number))
    await settings({ opt_out_reply: 'You will get no more offers.', opt_in_reply: 'Welcome back.' })
    await w.deliver()
    const wamid = newUuid()
    await Promise.all([says(contact, 'stop', minute(1), wamid), says(contact, 'stop', minute(1), wamid)])
    await says(await now(contact), 'stop', minute(2))
    expect(answers()).toBe(1)
    await says(await now(contact), 'start', minute(3))
    expect(answers()).toBe(1)
    const outside = await person()
    expect(await says(outside, 'stop')).toMatchObject({ opted_in: false })
    expect(answers()).toBe(0)
    await settings({ opt_out_reply: null, opt_in_reply: null })
    await w.deliver()
  })
})

describe('the word STOP, as Meta tells it', () => {
  const saidIn: [place: string, field: string, make: (message: object) => object, optedIn: boolean][] = [
    ['to the business', 'messages', (message) => ({ messages: [message] }), false],
    ['in a group', 'messages', (message) => ({ messages: [{ ...message, group_id: 'Y2Fw' }] }), true],
    [
      'before the number was connected',
      'history',
      (message) => ({ history: [{ threads: [{ messages: [message] }] }] }),
      true,
    ],
    ['by the business itself', 'smb_message_echoes', (message) => ({ message_echoes: [message] }), true],
  ]
  it.each(saidIn)('%s counts as it should', async (_place, field, make, optedIn) => {
    const contact = await person()
    const { value, ...change } = inbound(w, String(contact.phone_number), new Date())
    const [written] = value.messages
    const message = {
      ...written,
      text: { body: 'Stop' },
      ...(field === 'smb_message_echoes' ? { to: contact.wa_id } : {}),
    }
    const said = { ...change, field, value: { metadata: value.metadata, ...make(message) } }
    await applyMessages(w.deps, { received_at: new Date().toISOString(), changes: [said] })
    expect(await now(contact)).toMatchObject({ opted_in: optedIn })
  })
})

describe('a word of somebody who hides their number', () => {
  it('is confirmed to their user id, once, whatever Meta repeats', async () => {
    await settings({ opt_out_reply: 'You will get no more offers.' })
    const userId = `US.${Date.now()}`
    const { value, ...change } = inbound(w, '', new Date(), { from: undefined, from_user_id: userId })
    const [message] = value.messages
    const said = { ...value, contacts: [{ user_id: userId }], messages: [{ ...message, text: { body: 'Stop' } }] }
    const entry = { received_at: new Date().toISOString(), changes: [{ ...change, value: said }] }
    await applyMessages(w.deps, entry)
    await applyMessages(w.deps, entry)
    const [queued, ...others] = w.entries()
    expect(others).toEqual([])
    const answer = await findMessage(w.deps, w.workspaceId, queued?.message_id ?? '')
    expect(answer).toMatchObject({ to_number: userId, content: { text: 'You will get no more offers.' } })
    await w.deliverOne(queued!)
    expect(await w.status(answer.id)).toMatchObject({ status: 'sent' })
    await settings({ opt_out_reply: null })
  })
})

describe('consent in the order it was said', () => {
  it('a late older word changes nothing but the ledger', async () => {
    const contact = await person()
    await says(contact, 'stop', minute(5))
    await says(await now(contact), 'start', minute(3))
    expect(isOptedOut(await now(contact))).toBe(true)
    expect((await ledger(contact)).sort()).toEqual(['opt_in inbound', 'opt_out inbound'])
  })

  it('a late no that a later yes has overruled keeps nobody out of a running campaign', async () => {
    const contact = await person()
    await says(contact, 'stop', minute(2))
    await says(await now(contact), 'start', minute(5))
    const since = w.deps.now().toISOString()
    await says(await now(contact), 'stop', minute(4))
    expect(await ledger(contact)).toHaveLength(3)
    expect(await optedOutSince(w.deps, w.workspaceId, since)).not.toContain(contact.id)
  })

  it('ends the same in every order and with repeats: the last word counts, a no at the same second more', async () => {
    const statement = fc.record({
      kind: fc.constantFrom('opt_in' as const, 'opt_out' as const),
      minute: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        async (said, dice) => {
          const all = said.map((one, index) => ({ ...one, key: `${newUuid()} ${index}` }))
          const told = [...all, ...all]
            .map((one) => ({ one, order: Number(dice.next().value) }))
            .sort((a, b) => a.order - b.order)
          const contact = await person(false)
          for (const { one } of told) {
            const statement = { kind: one.kind, key: one.key, at: minute(one.minute), source: 'inbound' as const }
            await recordConsent(w.deps, w.workspaceId, contact.id, statement)
          }
          const latest = Math.max(...said.map((one) => one.minute))
          const isOut = said.some((one) => one.minute === latest && one.kind === 'opt_out')
          expect((await now(contact)).opted_in).toBe(!isOut)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('an explicit opt-in by the API is not undone by an older no', async () => {
    const contact = await person()
    await updateContact(w.deps, w.workspaceId, contact.id, { opted_in: false, source: 'api' })
    await updateContact(w.deps, w.workspaceId, contact.id, { opted_in: true, source: 'api' })
    await says(contact, 'stop', '2026-01-01T00:00:00.000Z')
    expect((await now(contact)).opted_in).toBe(true)
  })

  it('Meta’s 131050 counts as of its own time, under an old id too', async () => {
    const waId = w.aStranger().slice(1)
    const hidden = await contactForInbound(w.deps, w.workspaceId, { userId: 'US.131050', at: minute(0) })
    await contactForInbound(w.deps, w.workspaceId, { waId, userId: 'US.131050', at: minute(1) })
    await markContacts(w.deps, w.workspaceId, [{ contactId: hidden.id, code: 131050, at: minute(2) }])
    const contact = await getContact(w.deps, w.workspaceId, contactId(w.workspaceId, waId))
    expect(contact).toMatchObject({ opted_in: false, opted_in_source: 'meta', consent_at: minute(2) })
    await recordConsent(w.deps, w.workspaceId, contact.id, {
      kind: 'opt_in',
      at: minute(4),
      source: 'meta',
      key: newUuid(),
    })
    await markContacts(w.deps, w.workspaceId, [{ contactId: contact.id, code: 131050, at: minute(3) }])
    expect((await now(contact)).opted_in).toBe(true)
  })
})

describe('who could not be reached', () => {
  it('and writes is on WhatsApp after all; the same failure told again changes nothing', async () => {
    const contact = await person()
    const failedAt = (at: string) => markContacts(w.deps, w.workspaceId, [{ contactId: contact.id, code: 131026, at }])
    await failedAt(minute(-62))
    await failedAt(minute(1))
    expect(await now(contact)).toMatchObject({ unreachable: { code: 131026, at: minute(-62) } })
    await contactForInbound(w.deps, w.workspaceId, { waId: String(contact.wa_id), at: minute(2) })
    await failedAt(minute(1))
    expect(await now(contact)).not.toHaveProperty('unreachable')
    await failedAt(minute(3))
    await failedAt(minute(64))
    expect(await now(contact)).toMatchObject({ unreachable: { code: 131026, at: minute(3) } })
  })

  it('is not who had one such failure, told in Meta’s answer and by webhook, nor who wrote between two', async () => {
    const contact = await person()
    const failedAt = (at: string) => markContacts(w.deps, w.workspaceId, [{ contactId: contact.id, code: 131026, at }])
    await failedAt(minute(-62))
    await failedAt(minute(-62))
    await failedAt(minute(-3))
    expect(await now(contact)).toMatchObject({ doubted_at: minute(-62) })
    await contactForInbound(w.deps, w.workspaceId, { waId: String(contact.wa_id), at: minute(-2) })
    await failedAt(minute(-1))
    expect(await now(contact)).not.toHaveProperty('unreachable')
  })
})
