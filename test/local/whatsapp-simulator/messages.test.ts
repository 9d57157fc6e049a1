/** Sending: what is accepted, what the answer looks like, and which code refuses what. */
import { describe, expect, it } from 'vitest'
import { anyText, like, partly } from './reply.ts'
import { aSimulator, aTemplate } from './world.ts'

const wamid = /^wamid\.[A-Za-z0-9+/]+=*$/
const button = (id: string, title = id) => ({ type: 'reply', reply: { id, title } })
const row = (id: string) => ({ id, title: id })
const list = (rows: object[]) => ({
  type: 'list',
  body: { text: 'b' },
  action: { button: 'Menu', sections: [{ title: 's', rows }] },
})
const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index))

describe('an accepted message', () => {
  it('is answered with input, wa_id and a unique wamid, without message_status', async () => {
    const simulator = await aSimulator()
    const { status, body } = await simulator.send({ to: '+1 (555) 000-9876', type: 'text', text: { body: 'hi' } })
    expect(status).toBe(200)
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+1 (555) 000-9876', wa_id: '15550009876' }],
      messages: [{ id: like(wamid) }],
    })
    const other = await simulator.send({ type: 'text', text: { body: 'hi' } })
    expect(other.body.messages[0].id).not.toBe(body.messages[0].id)
  })

  it('has message_status when it is a template: accepted, or held while the template is paced', async () => {
    const simulator = await aSimulator()
    const { id } = await aTemplate(simulator)
    const first = await simulator.sendTemplate('+15550009876')
    expect(first.body.messages[0]).toEqual({ id: like(wamid), message_status: 'accepted' })
    await simulator.control('POST', `templates/${id}/event`, { pacing: 'drop' })
    const held = await simulator.sendTemplate('+15550009877')
    expect(held.body.messages[0].message_status).toBe('held_for_quality_assessment')
    await simulator.quiet()
    expect(simulator.statuses().find((status) => status.id === held.body.messages[0].id)).toMatchObject({
      status: 'failed',
      errors: [{ code: 132015 }],
    })
  })

  it('may be known under another wa_id than what was dialled', async () => {
    const simulator = await aSimulator()
    const { body } = await simulator.send({ to: '+52 55 1234 5678', text: { body: 'hola' } })
    expect(body.contacts).toEqual([{ input: '+52 55 1234 5678', wa_id: '5215512345678' }])
  })

  it('can be addressed to a business-scoped id: user_id instead of wa_id, and no recipient_id later', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator)
    const user = 'US.13491208655302741918'
    const { body } = await simulator.sendTemplate('', { to: undefined, recipient: user })
    expect(body.contacts).toEqual([{ input: user, user_id: user }])
    await simulator.quiet()
    for (const status of simulator.statuses()) {
      expect(status.recipient_user_id).toBe(user)
      expect(status).not.toHaveProperty('recipient_id')
    }
  })
})

describe('every type', () => {
  const accepted: Record<string, object> = {
    text: { type: 'text', text: { body: 'hi', preview_url: true } },
    'text without a type': { text: { body: 'hi' } },
    'a reply': { type: 'text', text: { body: 'hi' }, context: { message_id: 'wamid.x' } },
    image: { type: 'image', image: { link: 'https://example.com/a.jpg', caption: 'c' } },
    video: { type: 'video', video: { link: 'https://example.com/a.mp4' } },
    audio: { type: 'audio', audio: { link: 'https://example.com/a.ogg', voice: true } },
    document: { type: 'document', document: { link: 'https://example.com/a.pdf', filename: 'a.pdf' } },
    sticker: { type: 'sticker', sticker: { link: 'https://example.com/a.webp' } },
    location: { type: 'location', location: { latitude: '37.44', longitude: '-122.16', name: 'n', address: 'a' } },
    contacts: {
      type: 'contacts',
      contacts: [{ name: { formatted_name: 'B', first_name: 'B' }, birthday: '1990-01-31' }],
    },
    reaction: { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '👍' } },
    'a reaction taken back': { type: 'reaction', reaction: { message_id: 'wamid.x', emoji: '' } },
    buttons: {
      type: 'interactive',
      interactive: {
        type: 'button',
        header: { type: 'text', text: 'h' },
        body: { text: 'b' },
        footer: { text: 'f' },
        action: { buttons: times(3, (index) => button(`b${index}`)) },
      },
    },
    list: { type: 'interactive', interactive: list(times(10, (index) => row(`r${index}`))) },
    cta_url: {
      type: 'interactive',
      interactive: {
        type: 'cta_url',
        body: { text: 'b' },
        action: { name: 'cta_url', parameters: { display_text: 'd', url: 'https://e.com' } },
      },
    },
    location_request_message: {
      type: 'interactive',
      interactive: { type: 'location_request_message', body: { text: 'where?' }, action: { name: 'send_location' } },
    },
    flow: {
      type: 'interactive',
      interactive: { type: 'flow', body: { text: 'b' }, action: { name: 'flow', parameters: {} } },
    },
  }
  it.each(Object.entries(accepted))('is accepted: %s', async (_name, parts) => {
    const simulator = await aSimulator()
    const { status, code } = await simulator.send(parts)
    expect([status, code]).toEqual([200, undefined])
  })

  const interactive = (content: object) => ({ type: 'interactive', interactive: content })
  const buttons = (list_: object[]) => interactive({ type: 'button', body: { text: 'b' }, action: { buttons: list_ } })
  const refused: [what: string, parts: object, code: number, words: string][] = [
    ['an unknown type', { type: 'hologram', hologram: {} }, 100, 'Param type must be one of {AUDIO, CONTACTS,'],
    ['a type without its object', { type: 'image' }, 131008, "Parameter 'image' is mandatory"],
    ['no recipient', { to: undefined, text: { body: 'x' } }, 100, 'The parameter to is required'],
    ['a bad number', { to: 'maria', text: { body: 'x' } }, 131009, 'to is not a valid'],
    ['a number that is too short', { to: '+12', text: { body: 'x' } }, 131009, 'to is not a valid'],
    ['the sender itself', { to: '+15550001234', text: { body: 'x' } }, 131021, 'sender'],
    ['a bad business-scoped id', { to: undefined, recipient: 'nobody', text: { body: 'x' } }, 131009, 'recipient'],
    ['an unknown group', { recipient_type: 'group', to: 'Y2FwaV9', text: { body: 'x' } }, 131041, 'group'],
    ['a text without a body', { type: 'text', text: {} }, 100, "text['body'] is required"],
    ['a text that is too long', { type: 'text', text: { body: 'x'.repeat(4097) } }, 100, 'at most 4096 characters'],
    ['media without id and link', { type: 'video', video: {} }, 131008, 'one of id and link'],
    ['media with both', { type: 'video', video: { id: '1', link: 'https://e.com' } }, 131009, 'only one of'],
    ['a link that is none', { type: 'image', image: { link: 'file' } }, 131009, 'valid URL'],
    ['an unknown media id', { type: 'image', image: { id: '123' } }, 131009, 'does not exist'],
    ['a caption on audio', { type: 'audio', audio: { link: 'https://e.com', caption: 'c' } }, 100, 'caption'],
    [
      'a caption that is too long',
      { type: 'image', image: { link: 'https://e.com', caption: 'c'.repeat(1025) } },
      100,
      '1024',
    ],
    ['a place off the globe', { type: 'location', location: { latitude: 91, longitude: 0 } }, 131009, 'latitude'],
    ['a place without longitude', { type: 'location', location: { latitude: 9 } }, 131008, 'longitude'],
    ['a reaction that is no emoji', { type: 'reaction', reaction: { message_id: 'w', emoji: 'ok' } }, 131009, 'emoji'],
    [
      'a card without a name',
      { type: 'contacts', contacts: [{ name: { first_name: 'B' } }] },
      131008,
      'formatted_name',
    ],
    [
      'too many cards',
      { type: 'contacts', contacts: times(258, () => ({ name: { formatted_name: 'B' } })) },
      131009,
      '257',
    ],
    ['four buttons', buttons(times(4, (index) => button(`b${index}`))), 131009, 'Max allowed buttons: 3'],
    ['two buttons with one title', buttons([button('a', 't'), button('b', 't')]), 131009, 'Duplicated title'],
    ['a long button title', buttons([button('a', 't'.repeat(21))]), 131009, 'Max length: 20'],
    ['eleven rows', interactive(list(times(11, (index) => row(`r${index}`)))), 131009, '10'],
    ['rows with one id', interactive(list([row('a'), row('a')])), 131009, 'Duplicated id'],
    [
      'an interactive without a body',
      interactive({ type: 'button', action: { buttons: [button('a')] } }),
      131008,
      'body.text',
    ],
    ['an unknown interactive', interactive({ type: 'wheel', action: {} }), 131009, 'wheel'],
    [
      'callback data that is too long',
      { text: { body: 'x' }, biz_opaque_callback_data: 'x'.repeat(513) },
      131009,
      '512',
    ],
  ]
  it.each(refused)('is refused: %s', async (_what, parts, code, words) => {
    const simulator = await aSimulator()
    const { status, body, code: given } = await simulator.send(parts)
    expect([status, given]).toEqual([400, code])
    expect(`${body.error.message} ${body.error.error_data?.details ?? ''}`).toContain(words)
    expect((await simulator.control('GET', 'ledger')).refused_by_code).toEqual({ [code]: 1 })
  })
})

describe('the frame of a request', () => {
  it('must name the product, in Meta’s words', async () => {
    const simulator = await aSimulator()
    const answer = await simulator.send({ messaging_product: undefined, text: { body: 'x' } })
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      error: {
        message: '(#100) The parameter messaging_product is required.',
        type: 'OAuthException',
        code: 100,
        fbtrace_id: anyText,
      },
    })
  })

  it('must be JSON', async () => {
    const simulator = await aSimulator()
    const answer = await fetch(`${simulator.url}/v26.0/${simulator.phoneNumberId}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${simulator.accessToken}`, 'content-type': 'application/json' },
      body: '{"messaging_product":',
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: 100 } })
  })

  it('may come without a version', async () => {
    const simulator = await aSimulator()
    const body = { messaging_product: 'whatsapp', to: '+15550009876', text: { body: 'x' } }
    expect((await simulator.graph('POST', `/${simulator.phoneNumberId}/messages`, body)).status).toBe(200)
  })
})

describe('the state of the number', () => {
  it.each([
    ['DISCONNECTED', 133010],
    ['DELETED', 33],
    ['BANNED', 131031],
    ['RESTRICTED', 368],
    ['FLAGGED', 131048],
  ])('%s refuses with %i', async (status, code) => {
    const simulator = await aSimulator()
    await simulator.control('PATCH', `phone-numbers/${simulator.phoneNumberId}`, { status })
    expect((await simulator.send({ text: { body: 'x' } })).body.error.code).toBe(code)
  })
})

describe('a read receipt', () => {
  it('is answered with success, with a typing indicator too, and is not a message', async () => {
    const simulator = await aSimulator()
    const { id } = await simulator.control('POST', 'inbound', { from: '15550009876' })
    const read = { to: undefined, status: 'read', message_id: id }
    expect((await simulator.send(read)).body).toEqual({ success: true })
    expect((await simulator.send({ ...read, typing_indicator: { type: 'text' } })).body).toEqual({ success: true })
    expect((await simulator.control('GET', 'ledger')).accepted).toBe(0)
  })

  it('must name a message that a user wrote', async () => {
    const simulator = await aSimulator()
    const ours = (await simulator.send({ text: { body: 'x' } })).body.messages[0].id
    for (const id of [ours, 'nonsense']) {
      const { status, body } = await simulator.send({ to: undefined, status: 'read', message_id: id })
      expect([status, body.error.code]).toEqual([400, 131009])
    }
  })
})

describe('what only shows after a 200', () => {
  const failures: [string, object, number][] = [
    ['a link that cannot be fetched', { type: 'image', image: { link: 'https://nowhere.invalid/a.jpg' } }, 131053],
    [
      'a reaction to an unknown message',
      { type: 'reaction', reaction: { message_id: 'wamid.none', emoji: '👍' } },
      131009,
    ],
  ]
  it.each(failures)('fails by webhook: %s', async (_what, parts, code) => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'windows', { from: '15550009876', open: true })
    expect((await simulator.send(parts)).status).toBe(200)
    await simulator.quiet()
    expect(simulator.statuses()).toEqual([partly({ status: 'failed', errors: [partly({ code })] })])
  })

  it('reports a reaction as sent only, and a voice message as played too', async () => {
    const simulator = await aSimulator()
    const { id } = await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.send({ type: 'reaction', reaction: { message_id: id, emoji: '👍' } })
    await simulator.quiet()
    expect(simulator.statuses().map((status) => status.status)).toEqual(['sent'])
    await simulator.send({ type: 'audio', audio: { link: 'https://example.com/a.ogg', voice: true } })
    await simulator.quiet()
    expect(simulator.statuses().map((status) => status.status)).toEqual(
      expect.arrayContaining(['delivered', 'read', 'played']),
    )
  })

  it('fails a marketing template with 131050 after the user stopped them, until they resume', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator)
    await simulator.control('POST', 'preferences', { from: '15550009876', value: 'stop' })
    await simulator.sendTemplate('+15550009876')
    await simulator.quiet()
    expect(simulator.statuses().map((status) => status.errors[0].code)).toEqual([131050])
    await simulator.control('POST', 'preferences', { from: '15550009876', value: 'resume' })
    await simulator.sendTemplate('+15550009876')
    await simulator.quiet()
    expect(simulator.statuses().at(-1)!.status).toBe('read')
  })
})
