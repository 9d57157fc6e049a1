/** The questions a test can ask: who got this twice, how fast, what was refused, what was really reported. */
import { describe, expect, it } from 'vitest'
import { anyNumber, like } from './reply.ts'
import { aSimulator, aTemplate } from './world.ts'
import type { Simulated } from './world.ts'

const to = (index: number): string => `+1555${1_000_000 + index}`
const data = (campaign: string, index: number) => ({ biz_opaque_callback_data: `${campaign}:${index}` })

async function ready(behaviour: object = {}): Promise<Simulated> {
  const simulator = await aSimulator({ throughput: 'HIGH', behaviour })
  await aTemplate(simulator)
  return simulator
}

describe('the ledger', () => {
  it('sums up accepts, recipients, repeats, refusals and the peak rate', async () => {
    const simulator = await ready()
    for (const index of [1, 2, 2, 2, 3, 3]) await simulator.sendTemplate(to(index), data('a', index))
    await simulator.sendTemplate('nobody')
    expect(await simulator.control('GET', 'ledger')).toEqual({
      accepted: 6,
      recipients: 3,
      recipients_with_more_than_one: 2,
      max_per_recipient: 3,
      refused: 1,
      refused_by_code: { '131009': 1 },
      first_accepted_at: like(/^\d{4}-.*Z$/),
      last_accepted_at: like(/^\d{4}-.*Z$/),
      rate_peak_per_second: 6,
    })
  })

  it('answers for one campaign, template, number or time', async () => {
    const simulator = await ready()
    await aTemplate(simulator, { name: 'other' })
    await simulator.sendTemplate(to(1), data('a', 1))
    await simulator.sendTemplate(to(1), data('b', 1))
    const { now } = await simulator.control('POST', 'clock', { advance_ms: 5000 })
    await simulator.sendTemplate(to(2), { ...data('a', 2), template: { name: 'other', language: { code: 'en' } } })
    await simulator.sendTemplate('nobody', data('b', 9))
    const accepted = async (query: string) => (await simulator.control('GET', `ledger?${query}`)).accepted
    expect(await accepted('callback_prefix=a:')).toBe(2)
    expect(await accepted('callback_prefix=a')).toBe(2)
    expect(await accepted('template=other')).toBe(1)
    expect(await accepted(`since=${now}`)).toBe(1)
    expect(await accepted('phone_number_id=1')).toBe(0)
    expect((await simulator.control('GET', 'ledger?callback_prefix=b:')).refused).toBe(1)
    expect((await simulator.control('GET', 'ledger?callback_prefix=a:')).recipients_with_more_than_one).toBe(0)
  })

  it('streams its entries, all or of one recipient', async () => {
    const simulator = await ready()
    for (let index = 0; index < 30; index += 1) await simulator.sendTemplate(to(index), data('a', index))
    expect(await simulator.lines('ledger/entries')).toHaveLength(30)
    const [entry, ...others] = await simulator.lines(`ledger/entries?to=${encodeURIComponent(to(7))}`)
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      to: to(7).slice(1),
      phone_number_id: simulator.phoneNumberId,
      type: 'template',
      template: 'hello',
      wamid: like(/^wamid\./),
      biz_opaque_callback_data: 'a:7',
      planned: ['sent', 'delivered', 'read'],
    })
    await simulator.sendTemplate('nobody')
    expect(await simulator.lines('ledger/refused')).toMatchObject([{ code: '131009', template: 'hello' }])
  })
})

describe('what was reported', () => {
  it('counts each status of a message once, as a counter should end', async () => {
    const simulator = await ready({
      duplicated: 1,
      duplicate_within_ms: [0, 2],
      read_without_delivered: 1,
      read: 0.5,
      failed: 0.2,
      delivered: 0.7,
    })
    for (let index = 0; index < 60; index += 1) await simulator.sendTemplate(to(index), data('a', index))
    await simulator.quiet()
    const { accepted, reported, planned, pending } = await simulator.control(
      'GET',
      'webhooks/counts?callback_prefix=a:',
    )
    expect([accepted, pending]).toEqual([60, 0])
    expect(reported).toEqual(planned)
    expect(reported.reached.sent).toBe(60)
    expect(reported.reached.failed + reported.reached.delivered).toBeLessThan(60)
    expect(reported.distinct.delivered).toBe(reported.reached.delivered - reported.reached.read)
    const lines = await simulator.lines('webhooks/log')
    expect(lines.length).toBeGreaterThan(
      60 + reported.distinct.delivered + reported.distinct.read + reported.distinct.failed,
    )
    const distinct = new Set(lines.map(({ wamid, status }) => `${wamid} ${status}`))
    const { sent, delivered, read, failed } = reported.distinct
    expect(distinct.size).toBe(sent + delivered + read + failed)
    expect(lines.find((line) => line.status === 'failed')).toMatchObject({
      kind: 'status',
      code: anyNumber,
      biz_opaque_callback_data: like(/^a:/),
    })
  })

  it('has only what a receiver acknowledged', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'webhooks/hold')
    await simulator.sendTemplate(to(1))
    expect((await simulator.control('GET', 'quiet?timeout_ms=20')).quiet).toBe(false)
    expect((await simulator.control('GET', 'webhooks/counts')).reported.reached.none).toBe(1)
    await simulator.control('POST', 'webhooks/release')
    await simulator.quiet()
    expect((await simulator.control('GET', 'webhooks/counts')).reported.reached).toMatchObject({ none: 0, read: 1 })
  })

  it('logs other events with their value', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    expect(await simulator.lines('webhooks/log')).toMatchObject([
      { kind: 'value', field: 'messages', value: { messages: [{ type: 'text' }] } },
    ])
  })

  it('is the same for the same seed in another order, with repeats in between', async () => {
    const run = async (order: number[]) => {
      const simulator = await ready({
        delivered: 0.8,
        failed: 0.1,
        read: 0.5,
        sent_before_failed: 0.5,
        read_without_delivered: 0.2,
        duplicated: 0.3,
        duplicate_within_ms: [0, 2],
        reordered: 0.3,
      })
      for (const index of order) await simulator.sendTemplate(to(index))
      await simulator.quiet()
      return (await simulator.control('GET', 'webhooks/counts')).reported
    }
    const order = Array.from({ length: 50 }, (_, index) => index)
    expect(await run(order)).toEqual(await run(order.reverse()))
  })
})

describe('recipients who answer', () => {
  it('write back after the delivery and open their window', async () => {
    const simulator = await ready({ answers: { share: 1, texts: ['Yes please'], press_buttons: false } })
    await simulator.sendTemplate(to(1))
    await simulator.quiet()
    const messages = simulator.incoming()
    expect(messages).toMatchObject([{ from: to(1).slice(1), type: 'text', text: { body: 'Yes please' } }])
    expect((await simulator.send({ to: to(1), text: { body: 'hello' } })).status).toBe(200)
    await simulator.quiet()
    expect(simulator.statuses().some(({ status }) => status === 'failed')).toBe(false)
  })

  it('press the quick reply of a template where they are told to', async () => {
    const simulator = await ready({ answers: { share: 1, texts: ['x'], press_buttons: true } })
    const buttons = [{ type: 'QUICK_REPLY', text: 'Stop' }]
    await aTemplate(simulator, {
      name: 'asks',
      components: [
        { type: 'BODY', text: 'Hello there.' },
        { type: 'BUTTONS', buttons },
      ],
    })
    const { body } = await simulator.sendTemplate(to(1), { template: { name: 'asks', language: { code: 'en' } } })
    await simulator.quiet()
    const messages = simulator.incoming()
    expect(messages).toMatchObject([
      {
        type: 'button',
        button: { payload: 'Stop', text: 'Stop' },
        context: { from: '15550001234', id: body.messages[0].id },
      },
    ])
  })
})

describe('a reset', () => {
  it('forgets everything but the address and the token, and never repeats an id', async () => {
    const simulator = await ready()
    const first = (await simulator.sendTemplate(to(1))).body.messages[0].id
    await simulator.control('POST', 'wabas', { id: '77' })
    await simulator.control('POST', 'behaviour', { read: 0 })
    await simulator.control('POST', 'faults', { effect: { kind: 'reset' } })
    await simulator.control('POST', 'reset')
    expect(await simulator.control('GET', 'state')).toMatchObject({
      accepted: 0,
      templates: 0,
      faults: 0,
      wabas: [{ id: simulator.wabaId }],
      webhooks: { pending: 0 },
    })
    expect((await simulator.control('GET', 'behaviour')).read).toBe(1)
    await aTemplate(simulator)
    expect((await simulator.sendTemplate(to(1))).body.messages[0].id).not.toBe(first)
  })

  it('can be limited to parts', async () => {
    const simulator = await ready()
    await simulator.sendTemplate(to(1))
    await simulator.control('POST', 'faults', { effect: { kind: 'reset' } })
    await simulator.control('POST', 'reset', { only: ['faults'] })
    expect(await simulator.control('GET', 'state')).toMatchObject({ accepted: 1, faults: 0 })
    await expect(simulator.control('POST', 'reset', { only: ['everything'] })).rejects.toThrow('only may name')
  })
})

describe('an unknown control path', () => {
  it('is 404 with its name', async () => {
    const simulator = await ready()
    await expect(simulator.control('POST', 'weather')).rejects.toThrow('The simulator has no POST /_simulator/weather')
  })
})
