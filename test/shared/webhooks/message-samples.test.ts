/** What each sample of a message does: one line a sample, and a sample without a line fails. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { personKey } from '../../../shared/contacts/person.ts'
import { personOfGroup } from '../../../shared/messages/conversation.ts'
import { listConversations } from '../../../shared/messages/list-conversations.ts'
import { listMessages } from '../../../shared/messages/list-messages.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { readConversation } from '../../../shared/messages/read-conversation.ts'
import type { Conversation } from '../../../shared/messages/schema.ts'
import { messageStore } from '../../../shared/messages/store.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { splitBody } from '../../../shared/webhooks/split.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { parkedBy, sampleNames, sampleText, type Body } from '../../support/webhooks.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

interface Effect {
  unread: number
  opensWindow: boolean
  /** Each message, the latest first. */
  messages: object[]
}

const read = (message: object): Effect => ({ unread: 1, opensWindow: true, messages: [message] })
const quiet = (message: object, opensWindow: boolean): Effect => ({ unread: 0, opensWindow, messages: [message] })
const file = (file: object) => ({ ...file, state: 'waiting', media_id: null })

const EFFECTS: Record<string, Effect> = {
  'message-text': read({ type: 'text', direction: 'inbound', sent_by: 'person', status: 'received' }),
  'message-text-reply-context': read({ type: 'text', answers: { message_id: null, campaign_id: null } }),
  'message-text-forwarded': read({ type: 'text', forwarded: 'many_times' }),
  'message-text-ctwa-referral': read({ type: 'text', referral: { source_type: 'ad' } }),
  'message-text-product-inquiry': read({
    type: 'text',
    text: 'Is this still available?',
    product: { catalog_id: '194836000000001', product_retailer_id: 'SKU-0001' },
  }),
  'message-text-bsuid-with-phone': read({ type: 'text', text: 'Hello from a user with a username' }),
  'message-image': read({ type: 'image', media: file({ mime_type: 'image/jpeg' }) }),
  'message-video': read({ type: 'video', media: file({ mime_type: 'video/mp4' }) }),
  'message-audio-voice': read({ type: 'audio', text: null, media: file({ is_voice: true }) }),
  'message-document': read({ type: 'document', media: file({ mime_type: 'application/pdf' }) }),
  'message-sticker': read({ type: 'sticker', media: file({ mime_type: 'image/webp' }) }),
  'message-location': read({ type: 'location', location: { latitude: expect.any(Number) as number } }),
  'message-contacts': read({
    type: 'contacts',
    text: 'Barbara J. Johnson',
    contacts: [{ name: 'Barbara J. Johnson', company: 'Social Tsunami', phones: [{ wa_id: '15555550829' }] }],
  }),
  'message-interactive-button-reply': read({ type: 'interactive', reply: { kind: 'button_reply' } }),
  'message-interactive-list-reply': read({ type: 'interactive', reply: { kind: 'list_reply' } }),
  'message-interactive-nfm-reply': read({
    type: 'interactive',
    reply: { kind: 'nfm_reply', response: '{"flow_token":"FT-0001","rating":"4","comment":"Great"}' },
  }),
  'message-button-template-quick-reply': read({ type: 'button', reply: { kind: 'button', id: 'Unsubscribe' } }),
  'message-order': read({
    type: 'order',
    text: 'Love these!',
    order: {
      items: [
        { product_retailer_id: 'SKU-0001', quantity: 2 },
        { quantity: 1, item_price: 25 },
      ],
    },
  }),
  'message-unsupported': read({
    type: 'unsupported',
    text: null,
    unsupported: { type: 'poll_creation' },
    errors: [{ code: 131051, details: 'Message type is currently not supported.' }],
  }),
  'message-group-text': read({ type: 'text', group_id: expect.stringMatching(/^Y2Fw/) as string }),
  'message-reaction': quiet({ type: 'reaction', reaction: { emoji: '👍' } }, true),
  'message-reaction-removed': quiet({ type: 'reaction', reaction: { emoji: null } }, true),
  'message-system-number-changed': quiet({ type: 'system', system: { type: 'user_changed_number' } }, false),
  'smb-message-echoes': quiet(
    { type: 'text', direction: 'outbound', sent_by: 'phone_app', text: "Here's the info you requested!" },
    false,
  ),
  history: {
    unread: 0,
    opensWindow: true,
    messages: [
      { direction: 'outbound', sent_by: 'phone_app', text: 'Old answer', is_history: true },
      { direction: 'inbound', text: 'Old message', is_history: true },
    ],
  },
}

/** Errors of a number beside no message: whoever looks after the server can read them, and nobody's inbox changes. */
const KEPT_FOR_INSPECTION = ['value-errors-130429']

const SAMPLES = [...sampleNames('message-'), ...sampleNames('value-'), 'smb-message-echoes', 'history']

it('every sample of a message is stated here', () => {
  expect(SAMPLES).toEqual([...SAMPLES].sort((a, b) => SAMPLES.indexOf(a) - SAMPLES.indexOf(b)))
  expect(new Set(SAMPLES)).toEqual(new Set([...Object.keys(EFFECTS), ...KEPT_FOR_INSPECTION]))
})

/** The sample about a person of its own, who writes to our number. */
function changesOf(name: string, person: string) {
  const text = sampleText(`${name}.json`)
    .replaceAll('15550009876', person)
    .replaceAll('13490000000000000001', `1349${person}`)
    .replaceAll('106540000000001', w.simulator.phoneNumberId)
  return splitBody(JSON.parse(text) as Body)?.get('messages') ?? []
}

async function conversationWith(person: string): Promise<Conversation | undefined> {
  const { workspaceId, phoneNumberId } = w
  return (await messageStore(w.deps.containers).findConversation({ workspaceId, phoneNumberId, person }))?.value
}

it.each(Object.entries(EFFECTS))('%s', async (name, { unread, opensWindow, messages }) => {
  const person = w.aStranger().slice(1)
  const entry = { received_at: new Date().toISOString(), changes: changesOf(name, person) }
  await applyMessages(w.deps, entry)
  // Meta repeats itself.
  await applyMessages(w.deps, entry)
  const group = /"group_id":"([^"]+)"/.exec(JSON.stringify(entry))?.[1]
  const conversation = await conversationWith(group === undefined ? personKey(person) : personOfGroup(group))
  if (!conversation) throw new Error('there is no conversation')
  const { messages: found } = await readConversation(w.deps, w.workspaceId, conversation.id, { limit: 10 })
  expect(found.map(messageDetail)).toMatchObject(messages)
  expect(found).toHaveLength(messages.length)
  expect(conversation.last_inbound_at !== null).toBe(opensWindow)
  expect(conversation.continued_in ? 0 : conversation.unread_count).toBe(unread)
  expect(conversation.last_message?.id).toBe(
    unread > 0 || name === 'history' || name === 'smb-message-echoes' ? found[0]?.message.id : undefined,
  )
})

it.each(KEPT_FOR_INSPECTION)('%s', async (name) => {
  const person = w.aStranger().slice(1)
  const changes = changesOf(name, person)
  const stored = async () => [
    await listConversations(w.deps, w.workspaceId, { limit: 100 }),
    await listMessages(w.deps, w.workspaceId, { limit: 100 }),
  ]
  const before = await stored()
  const parked = await parkedBy(w.world, () =>
    applyMessages(w.deps, { received_at: new Date().toISOString(), changes }),
  )
  expect(changes).toHaveLength(1)
  expect(parked).toEqual(changes)
  expect(await stored()).toEqual(before)
})
