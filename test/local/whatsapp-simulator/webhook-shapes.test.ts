/** What the simulator emits has the shapes of the reference samples, wherever kinds overlap. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aSimulator, aTemplate } from './world.ts'
import type { Reply } from './reply.ts'
import type { Simulated } from './world.ts'

function sample(name: string): Reply {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/webhooks/${name}.json`), 'utf8')) as Reply
}

/** Keys and kinds of values; texts of digits are told apart from other texts, lists by their first element. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value === 'string') return /^\d+$/.test(value) ? 'digits' : 'text'
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, shapeOf(part)]))
}

function lastBody(simulator: Simulated): Reply {
  return simulator.receiver.posts.at(-1)!.body
}

/** The sample as a request to the control API: its message, and of its sender name and ids. */
function requestOf(value: Reply): object {
  const [message] = value.messages
  const contact = 'contacts' in value ? value.contacts[0] : undefined
  const { from, from_user_id: userId, ...rest } = message
  return {
    ...rest,
    from,
    ...(contact && { name: contact.profile.name, username: contact.profile.username }),
    ...(userId !== undefined && { user_id: userId }),
  }
}

const inboundSamples = [
  'message-text',
  'message-text-reply-context',
  'message-text-forwarded',
  'message-text-ctwa-referral',
  'message-text-product-inquiry',
  'message-text-bsuid-with-phone',
  'message-image',
  'message-video',
  'message-audio-voice',
  'message-document',
  'message-sticker',
  'message-location',
  'message-contacts',
  'message-interactive-button-reply',
  'message-interactive-list-reply',
  'message-interactive-nfm-reply',
  'message-button-template-quick-reply',
  'message-reaction',
  'message-reaction-removed',
  'message-order',
  'message-system-number-changed',
  'message-unsupported',
  'message-group-text',
]

describe('an incoming message', () => {
  it.each(inboundSamples)('has the shape of %s', async (name) => {
    const simulator = await aSimulator()
    const wanted = sample(name)
    await simulator.control('POST', 'inbound', requestOf(wanted.entry[0].changes[0].value))
    await simulator.quiet()
    expect(shapeOf(lastBody(simulator))).toEqual(shapeOf(wanted))
    expect(lastBody(simulator).entry[0].changes[0].value.messages[0].type).toBe(
      wanted.entry[0].changes[0].value.messages[0].type,
    )
  })

  it.each([
    'image',
    'video',
    'audio',
    'document',
    'sticker',
    'location',
    'contacts',
    'button',
    'interactive',
    'order',
    'system',
    'unsupported',
  ])('of type %s has content of its own when the test gives none', async (type) => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'inbound', { from: '15550009876', type })
    await simulator.quiet()
    const names: Record<string, string> = {
      audio: 'audio-voice',
      button: 'button-template-quick-reply',
      interactive: 'interactive-button-reply',
      system: 'system-number-changed',
    }
    const wanted = sample(`message-${names[type] ?? type}`).entry[0].changes[0].value.messages[0]
    const content = (message: Reply) => new Map(Object.entries(message)).get(type) as unknown
    expect(shapeOf(content(simulator.incoming()[0]!))).toEqual(shapeOf(content(wanted)))
  })
})

describe('a status', () => {
  const withTemplate = async (behaviour: object): Promise<Simulated> => {
    const simulator = await aSimulator({ behaviour: { batch_max: 1, webhook_concurrency: 1, ...behaviour } })
    await aTemplate(simulator)
    return simulator
  }
  const bodyWith = (simulator: Simulated, status: string): Reply =>
    simulator.receiver.posts.find(({ body }) => body.entry[0].changes[0].value.statuses?.[0].status === status)!.body

  it.each(['sent', 'delivered', 'read'])(
    '%s has the 2026 shape with contacts and business-scoped ids',
    async (status) => {
      const simulator = await withTemplate({ bsuid: 1, usernames: status === 'sent' ? 0 : 1 })
      await simulator.sendTemplate('+15550009876')
      await simulator.quiet()
      expect(shapeOf(bodyWith(simulator, status))).toEqual(shapeOf(sample(`status-${status}`)))
    },
  )

  it('of a message in an open window is free', async () => {
    const simulator = await withTemplate({})
    await simulator.control('POST', 'windows', { from: '15550009876', open: true })
    await simulator.send({ text: { body: 'x' } })
    await simulator.quiet()
    const body = bodyWith(simulator, 'delivered')
    const wanted = sample('status-delivered-free-service')
    expect(shapeOf(body)).toEqual(shapeOf(wanted))
    const pricing = (one: Reply) => one.entry[0].changes[0].value.statuses![0].pricing
    expect(pricing(body)).toEqual(pricing(wanted))
  })

  it('with callback data has it next to the recipient', async () => {
    const simulator = await withTemplate({})
    await simulator.sendTemplate('+15550009876', { biz_opaque_callback_data: 'campaign=42;recipient=1001' })
    await simulator.quiet()
    expect(shapeOf(bodyWith(simulator, 'sent'))).toEqual(shapeOf(sample('status-with-callback-data')))
  })

  it('played comes for voice messages', async () => {
    const simulator = await withTemplate({})
    await simulator.control('POST', 'windows', { from: '15550009876', open: true })
    await simulator.send({ type: 'audio', audio: { link: 'https://e.com/a.ogg', voice: true } })
    await simulator.quiet()
    expect(shapeOf(bodyWith(simulator, 'played'))).toEqual(shapeOf(sample('status-played')))
  })

  it.each([
    ['131049', 'status-failed-131049-ecosystem'],
    ['131026', 'status-failed-131026-undeliverable'],
    ['131050', 'status-failed-131050-opted-out'],
  ])('failed with %s has the very error of the sample, without contacts and price', async (code, name) => {
    const simulator = await withTemplate({ bsuid: 1, failed: 1, failure_codes: { [code]: 1 }, sent_before_failed: 0 })
    await simulator.sendTemplate('+15550009876')
    await simulator.quiet()
    const wanted = sample(name)
    expect(shapeOf(bodyWith(simulator, 'failed'))).toEqual(shapeOf(wanted))
    const errors = (one: Reply) => one.entry[0].changes[0].value.statuses![0].errors
    expect(errors(bodyWith(simulator, 'failed'))).toEqual(errors(wanted))
  })

  it('failed outside the window has the very error of the sample', async () => {
    const simulator = await withTemplate({})
    await simulator.send({ text: { body: 'x' } })
    await simulator.quiet()
    const { errors } = sample('status-failed-131047-reengagement').entry[0].changes[0].value.statuses![0]
    expect(simulator.statuses()[0]!.errors).toEqual(errors)
  })
})

describe('an account event', () => {
  const event = async (parts: object, name = 'hello'): Promise<Simulated> => {
    const simulator = await aSimulator()
    const { id } = await aTemplate(simulator, { name })
    await simulator.control('POST', `templates/${id}/event`, parts)
    await simulator.quiet()
    return simulator
  }

  it.each([
    ['template-status-approved', { event: 'APPROVED' }],
    ['template-status-rejected', { event: 'REJECTED' }],
    ['template-status-paused', { event: 'PAUSED' }],
    ['template-status-disabled', { event: 'DISABLED' }],
    ['template-quality-update', { quality: 'YELLOW' }],
    ['template-category-update-impending', { correct_category: 'UTILITY' }],
    ['template-category-update-completed', { new_category: 'UTILITY' }],
  ])('%s', async (name, parts) => {
    const simulator = await event(parts)
    expect(shapeOf(lastBody(simulator))).toEqual(shapeOf(sample(name)))
    expect(lastBody(simulator).entry[0].changes[0].field).toBe(sample(name).entry[0].changes[0].field)
  })

  it('template-components-update', async () => {
    const simulator = await aSimulator({ behaviour: { batch_max: 1, webhook_concurrency: 1 } })
    const { value } = sample('template-components-update').entry[0].changes[0]
    const { id } = await aTemplate(simulator)
    await simulator.graph('POST', id, {
      components: [
        { type: 'HEADER', format: 'TEXT', text: value.message_template_title },
        { type: 'BODY', text: value.message_template_element, example: { body_text: [['Ana', '7']] } },
        { type: 'FOOTER', text: value.message_template_footer },
        {
          type: 'BUTTONS',
          buttons: [
            { type: 'PHONE_NUMBER', text: 'Phone support', phone_number: '+15550001234' },
            { type: 'URL', text: 'Email support', url: 'https://www.example.com/support' },
          ],
        },
      ],
    })
    await simulator.quiet()
    expect(shapeOf(lastBody(simulator))).toEqual(shapeOf(sample('template-components-update')))
    expect(simulator.changes().at(-1)!.value.message_template_buttons).toEqual(value.message_template_buttons)
  })

  it('phone-number-quality-update', async () => {
    const simulator = await aSimulator()
    await simulator.control('PATCH', `phone-numbers/${simulator.phoneNumberId}`, {
      throughput: 'HIGH',
      tier: 'TIER_UNLIMITED',
    })
    await simulator.quiet()
    expect(shapeOf(lastBody(simulator))).toEqual(shapeOf(sample('phone-number-quality-update')))
  })

  it.each(['stop', 'resume'])('user-preferences-%s', async (value) => {
    const simulator = await aSimulator()
    const request = { from: '15550009876', user_id: 'US.13490000000000000001', name: 'Sample Customer', value }
    await simulator.control('POST', 'preferences', request)
    await simulator.quiet()
    expect(shapeOf(lastBody(simulator))).toEqual(shapeOf(sample(`user-preferences-${value}`)))
  })
})
