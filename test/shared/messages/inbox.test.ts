/** The inbox: what messages in any order come to, one conversation for one person, answers and receipts. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WorkspaceId, newUuid } from '../../../shared/ids.ts'
import { check } from '../../../shared/http/validation.ts'
import { listConversations, type InboxQuery } from '../../../shared/messages/list-conversations.ts'
import { listMessages } from '../../../shared/messages/list-messages.ts'
import { markRead, sendReadReceipt } from '../../../shared/messages/mark-read.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { readConversation } from '../../../shared/messages/read-conversation.ts'
import { ReplyRequest } from '../../../shared/messages/reply-api.ts'
import { reply } from '../../../shared/messages/reply.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'
import { addContacts } from '../../support/campaign-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

/** Meta counts in seconds. */
const START = Math.floor(Date.now() / 1000) * 1000 - 3_600_000
const at = (seconds: number) => new Date(START + seconds * 1000)

type Change = ReturnType<typeof inbound>

async function apply(...changes: Change[]): Promise<void> {
  await applyMessages(w.deps, { received_at: new Date().toISOString(), changes })
}

async function list(query: Partial<InboxQuery> = {}) {
  return (await listConversations(w.deps, w.workspaceId, { limit: 100, ...query })).conversations
}

async function conversationOf(person: string) {
  const [found] = await list({ search: person.slice(1) })
  if (!found) throw new Error(`nobody talks with ${person}`)
  return found
}

async function messagesOf(id: string, limit = 50, cursor?: string) {
  const page = await readConversation(w.deps, w.workspaceId, id, { limit, cursor })
  return { ...page, messages: page.messages.map(messageDetail) }
}

const text = (person: string, second: number, id: string) => inbound(w, person, at(second), { id, text: { body: id } })

describe('messages that change others', () => {
  it('come to the same in every order, however often they are told', async () => {
    const seen = async (order: readonly number[]) => {
      const person = w.aStranger()
      const key = newUuid()
      const original = `wamid.${key}.a`
      const note = (second: number, item: object) =>
        inbound(w, person, at(second), { id: `wamid.${key}.${second}`, text: undefined, ...item })
      const changes = [
        text(person, 1, original),
        note(2, { type: 'reaction', reaction: { message_id: original, emoji: '👍' } }),
        note(3, { type: 'reaction', reaction: { message_id: original } }),
        note(4, {
          type: 'edit',
          edit: { original_message_id: original, message: { type: 'text', text: { body: 'B' } } },
        }),
        note(5, {
          type: 'edit',
          edit: { original_message_id: original, message: { type: 'text', text: { body: 'C' } } },
        }),
      ]
      for (const index of order) await apply(...changes.slice(index, index + 1))
      const { id, unread_count, last_message, last_inbound_at } = await conversationOf(person)
      const { messages } = await messagesOf(id)
      const shown = messages.map(({ type, text, reactions, edited_at }) => ({ type, text, reactions, edited_at }))
      return { unread_count, text: last_message?.text, last_inbound_at, shown }
    }
    const expected = await seen([0, 1, 2, 3, 4])
    expect(expected).toMatchObject({ unread_count: 1, text: 'C' })
    expect(expected.shown.at(-1)).toEqual({ type: 'text', text: 'C', reactions: [], edited_at: at(5).toISOString() })
    const all = [0, 1, 2, 3, 4]
    const orders = fc
      .tuple(fc.shuffledSubarray(all, { minLength: 5 }), fc.shuffledSubarray(all))
      .map(([one, more]) => [...one, ...more])
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        expect(await seen(order)).toEqual(expected)
      }),
      { numRuns: 8 },
    )
  })

  it('take back what was written, and nothing of it is shown', async () => {
    const person = w.aStranger()
    const revoke = { type: 'revoke', revoke: { original_message_id: 'wamid.regret' }, text: undefined }
    await apply(inbound(w, person, at(2), revoke), text(person, 1, 'wamid.regret'))
    const conversation = await conversationOf(person)
    expect(conversation.last_message).toMatchObject({ text: null })
    const { messages } = await messagesOf(conversation.id)
    expect(messages.at(-1)).toMatchObject({ text: null, revoked_at: at(2).toISOString() })
  })
})

describe('the search for conversations', () => {
  it('finds one among hundreds of contacts of the same name, by the user name too', async () => {
    const person = w.aStranger()
    const name = `Annabel ${newUuid()}`
    const { value, ...change } = inbound(w, person, at(1))
    const profile = { name, username: '@anna.bel' }
    await apply({ ...change, value: { ...value, contacts: [{ ...value.contacts[0], profile }] } } as Change)
    await addContacts(w.deps, w.workspaceId, { from: 700_000, count: 150, name })
    for (const search of [name, 'anna.bel']) {
      expect((await list({ search })).map((one) => one.person)).toEqual([person.slice(1)])
    }
  })
})

describe('the list of conversations', () => {
  it('has the latest first, in pages that neither repeat nor skip, and filters', async () => {
    const people = [w.aStranger(), w.aStranger(), w.aStranger()]
    for (const [index, person] of people.entries()) await apply(text(person, 3000 + index, `wamid.${newUuid()}`))
    const ids = (await Promise.all(people.map(conversationOf))).map(({ id }) => id).reverse()
    const first = await listConversations(w.deps, w.workspaceId, { limit: 2 })
    const rest = await listConversations(w.deps, w.workspaceId, { limit: 100, cursor: first.next_cursor ?? '' })
    expect([...first.conversations, ...rest.conversations].slice(0, 3).map(({ id }) => id)).toEqual(ids)
    await markRead(w.deps, w.workspaceId, ids[0] ?? '')
    expect((await list({ unread: true })).map(({ id }) => id)).not.toContain(ids[0])
    expect((await list({ unread: false })).map(({ id }) => id)).toContain(ids[0])
    await apply(inbound(w, w.aStranger(), new Date(Date.now() - 30 * 3_600_000)))
    const [open, closed] = [await list({ window_open: true }), await list({ window_open: false })]
    expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
    expect(open.length + closed.length).toBe((await list()).length)
    expect(closed.length).toBeGreaterThan(0)
  })

  it('shows nothing to another workspace', async () => {
    const other = WorkspaceId.parse(newUuid())
    expect((await listConversations(w.deps, other, { limit: 10 })).conversations).toEqual([])
    expect((await listMessages(w.deps, other, { limit: 10 })).messages).toEqual([])
    const [some] = await list()
    await expect(markRead(w.deps, other, some?.id ?? '')).rejects.toMatchObject({ code: 'conversation_not_found' })
  })
})

describe('reading a conversation', () => {
  it('goes to what is older and to what is newer', async () => {
    const person = w.aStranger()
    for (const second of [1, 2, 3, 4]) await apply(text(person, second, `${person}.${second}`))
    const { id } = await conversationOf(person)
    const first = await messagesOf(id, 2)
    expect(first.messages.map(({ text }) => text)).toEqual([`${person}.4`, `${person}.3`])
    const older = await messagesOf(id, 2, first.next_cursor ?? '')
    expect(older.messages.map(({ text }) => text)).toEqual([`${person}.2`, `${person}.1`])
    expect(older.next_cursor).toBeNull()
    await apply(text(person, 5, `${person}.5`))
    const newer = await messagesOf(id, 2, first.newer_cursor ?? '')
    expect(newer.messages.map(({ text }) => text)).toEqual([`${person}.5`])
  })

  it('of a person with another number is one conversation, and whoever has the number then begins anew', async () => {
    const [before, after] = [w.aStranger(), w.aStranger()]
    await apply(text(before, 1, 'wamid.before'))
    const old = await conversationOf(before)
    const note = {
      id: 'wamid.moved',
      type: 'system',
      text: undefined,
      system: { type: 'user_changed_number', wa_id: after.slice(1) },
    }
    const moved = inbound(w, before, at(2), note)
    await apply(moved)
    await apply(text(after, 3, 'wamid.after'))
    await apply(text(before, 4, 'wamid.stranger'))
    await apply(moved, text(before, 1, 'wamid.before'))
    const now = await conversationOf(after)
    expect(now).toMatchObject({ unread_count: 2 })
    expect((await messagesOf(now.id)).messages.map(({ wa_message_id }) => wa_message_id)).toEqual([
      'wamid.after',
      'wamid.moved',
      'wamid.before',
    ])
    const stranger = await messagesOf(old.id)
    expect(stranger.messages.map(({ wa_message_id }) => wa_message_id)).toEqual(['wamid.stranger'])
  })

  it('of somebody who gets another user id is one conversation, whichever way Meta tells', async () => {
    const hidden = { from: undefined, from_user_id: 'US.1001', text: { body: 'before' } }
    await apply(inbound(w, w.aStranger(), at(1), { id: 'before', ...hidden }))
    const user_id = { previous: 'US.1001', current: 'US.1002' }
    const value = {
      metadata: { phone_number_id: w.simulator.phoneNumberId },
      user_id_update: [{ user_id, timestamp: String(at(2).getTime() / 1000) }],
    }
    const change = { entry_id: '1', entry_time: null, field: 'user_id_update', value }
    for (let time = 0; time < 2; time++) {
      await applyAccountEvents(w.deps, { received_at: new Date().toISOString(), changes: [change] })
    }
    await apply(inbound(w, w.aStranger(), at(3), { ...hidden, id: 'after', from_user_id: 'US.1002' }))
    const all = await list()
    const [ofBoth, ...others] = all.filter(({ person }) => person.startsWith('US.100'))
    expect(others).toEqual([])
    expect(ofBoth).toMatchObject({ person: 'US.1002', unread_count: 2 })
    const { messages } = await messagesOf(ofBoth?.id ?? '')
    expect(messages.map(({ wa_message_id }) => wa_message_id)).toEqual(['after', 'before'])
  })

  it('of a person who takes one number after the other is one conversation still', async () => {
    const numbers = [w.aStranger(), w.aStranger(), w.aStranger()]
    for (const [index, number] of numbers.entries()) {
      await apply(text(number, 10 * index + 1, `wamid.at${index}${number}`))
      const next = numbers[index + 1]
      const system = { type: 'user_changed_number', wa_id: next?.slice(1) }
      const note = { id: `wamid.to${index}${number}`, type: 'system', text: undefined, system }
      if (next !== undefined) await apply(inbound(w, number, at(10 * index + 2), note))
    }
    const [first = '', second = '', third = ''] = numbers
    const conversation = await conversationOf(third)
    expect(conversation.unread_count).toBe(3)
    const { messages } = await messagesOf(conversation.id)
    const texts = messages.filter(({ type }) => type === 'text').map(({ wa_message_id }) => wa_message_id)
    expect(texts).toEqual([`wamid.at2${third}`, `wamid.at1${second}`, `wamid.at0${first}`])
  })

  it('of somebody whose number shows up later is one conversation', async () => {
    const person = w.aStranger()
    const userId = `US.${person.slice(1)}`
    await apply(inbound(w, person, at(1), { id: `${userId}.1`, from: '', from_user_id: userId }))
    await apply(inbound(w, person, at(2), { id: `${userId}.2`, from_user_id: userId }))
    const conversation = await conversationOf(person)
    expect(conversation.unread_count).toBe(2)
    expect((await messagesOf(conversation.id)).messages).toHaveLength(2)
  })
})

describe('an answer', () => {
  const BODIES: Record<string, unknown>[] = [
    { type: 'text', text: 'Yes' },
    { type: 'location', location: { latitude: 52.5, longitude: 13.4, name: 'Berlin' } },
    { type: 'contacts', contacts: [{ name: { formatted_name: 'Ada L', first_name: 'Ada' } }] },
    {
      type: 'interactive',
      interactive: {
        type: 'button',
        body: { text: 'Which one?' },
        action: { buttons: [{ type: 'reply', reply: { id: 'a', title: 'A' } }] },
      },
    },
    {
      type: 'interactive',
      interactive: {
        type: 'cta_url',
        body: { text: 'Look' },
        action: { name: 'cta_url', parameters: { display_text: 'Here', url: 'https://example.com' } },
      },
    },
  ]

  it.each(BODIES)('of type $type is taken by WhatsApp', async (body) => {
    const person = w.aStranger()
    await w.writes(person, new Date())
    const { id } = await conversationOf(person)
    const message = await reply(w.deps, w.workspaceId, id, ReplyRequest.parse(body))
    await w.deliver()
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    expect((await conversationOf(person)).last_message).toMatchObject({ id: message.id, direction: 'outbound' })
  })

  it('quotes, and reacts to, a message of the conversation only', async () => {
    const [person, other] = [w.aStranger(), w.aStranger()]
    for (const each of [person, other]) await w.writes(each, new Date())
    const { id } = await conversationOf(person)
    const [own] = (await messagesOf(id)).messages
    const [foreign] = (await messagesOf((await conversationOf(other)).id)).messages
    const quoting = (message_id: string | undefined) => ReplyRequest.parse({ type: 'text', text: 'Yes', message_id })
    await expect(reply(w.deps, w.workspaceId, id, quoting(foreign?.id))).rejects.toMatchObject({ status: 422 })
    const { id: quoted } = await reply(w.deps, w.workspaceId, id, quoting(own?.id))
    const reaction = ReplyRequest.parse({ type: 'reaction', emoji: '👍', message_id: own?.id })
    await reply(w.deps, w.workspaceId, id, reaction)
    await w.deliver()
    const { messages } = await messagesOf(id)
    expect(messages.find((message) => message.id === quoted)?.answers).toEqual({
      wa_message_id: own?.wa_message_id,
      message_id: own?.id,
      campaign_id: null,
    })
    expect(messages.filter(({ status }) => status === 'sent')).toHaveLength(2)
  })

  it.each([
    [{ buttons: [] }, ['action', 'buttons'], 'List should have at least 1 item'],
    [{}, ['action', 'buttons'], 'Field required'],
    [
      { buttons: [{ type: 'reply', reply: { id: 'y', title: 'y'.repeat(21) } }] },
      ['action', 'buttons', 0, 'reply', 'title'],
      'String should have at most 20 characters',
    ],
  ])('with buttons that WhatsApp does not take names the field and the cure (%#)', (action, place, msg) => {
    const interactive = { type: 'button', body: { text: 'Yes?' }, action }
    const result = check('body', ReplyRequest, { type: 'interactive', interactive })
    const problems = 'problems' in result ? result.problems : []
    expect(problems.map(({ loc, msg }) => ({ loc, msg }))).toEqual([{ loc: ['body', 'interactive', ...place], msg }])
  })

  it('outside the window is refused with the way out', async () => {
    const person = w.aStranger()
    await apply(inbound(w, person, new Date(Date.now() - 25 * 3_600_000)))
    const { id } = await conversationOf(person)
    const refused = reply(w.deps, w.workspaceId, id, ReplyRequest.parse({ type: 'text', text: 'Late' }))
    await expect(refused).rejects.toMatchObject({
      code: 'outside_service_window',
      details: { hint: expect.stringContaining('template') as string },
    })
  })

  it('of the person names the message of ours that they quote', async () => {
    const person = w.aStranger()
    await w.writes(person, new Date())
    const { id } = await conversationOf(person)
    const sent = await reply(w.deps, w.workspaceId, id, ReplyRequest.parse({ type: 'text', text: 'Red or blue?' }))
    await w.deliver()
    const { wa_message_id: wamid } = await w.status(sent.id)
    await apply(inbound(w, person, new Date(), { context: { from: '1', id: wamid } }))
    const { messages } = await messagesOf(id)
    const found = messages.find(({ answers }) => answers !== null)
    expect(found?.answers).toEqual({ wa_message_id: wamid, message_id: sent.id, campaign_id: null })
  })
})

describe('what follows', () => {
  it('a conversation that is marked as read tells Meta once', async () => {
    const person = w.aStranger()
    await w.writes(person, new Date())
    const { id } = await conversationOf(person)
    w.taken('read-receipts')
    for (const _time of [1, 2]) expect((await markRead(w.deps, w.workspaceId, id)).unread_count).toBe(0)
    const receipts = w.taken('read-receipts')
    expect(receipts).toHaveLength(1)
    for (const receipt of receipts) await sendReadReceipt(w.deps, receipt)
    expect(await conversationOf(person)).toMatchObject({ unread_count: 0 })
  })
})
