/** With a state file nothing is forgotten: not by a restart, and no accepted send by a SIGKILL in the middle of work. */
import { describe, expect, it } from 'vitest'
import { aStateFile, running } from './process.ts'
import { aReceiver, aTemplate, plain, until } from './world.ts'

const hourMs = 3600 * 1000
const to = (index: number): string => `+1555${1_000_000 + index}`
const start = (state: string, url: string) =>
  running(['--state', state, '--webhook-url', url, '--seed', '7', '--throughput', 'HIGH'])

describe('a restart', () => {
  it('brings back numbers, tokens, templates, media, windows, faults, the clock and the ledger', async () => {
    const [state, receiver] = [aStateFile(), await aReceiver()]
    const before = await start(state, receiver.url)
    const old = before.simulator(receiver)
    await old.control('POST', 'behaviour', { ...plain, answers: { share: 0 } })
    await aTemplate(old)
    const { phone_number_id: phone } = await old.control('POST', 'phone-numbers', {})
    const { access_token: token } = await old.control('POST', 'tokens', {})
    const bytes = Buffer.from('a text file')
    const form = new FormData()
    form.set('messaging_product', 'whatsapp')
    form.set('file', new Blob([bytes], { type: 'text/plain' }), 'a.txt')
    const media = (await old.graph('POST', `${old.phoneNumberId}/media`, form)).body.id
    await old.control('POST', 'inbound', { from: '15550009876' })
    await old.control('POST', 'clock', { advance_ms: hourMs })
    await old.sendTemplate(to(1), { biz_opaque_callback_data: 'a:1' })
    await old.quiet()
    await old.control('POST', 'faults', {
      match: { to: to(9) },
      mode: { next: 5 },
      effect: { kind: 'graph_error', code: 131000 },
    })
    const { now } = await old.control('GET', 'state')
    expect(await before.end('SIGTERM')).toBe(0)

    const after = await start(state, receiver.url)
    const simulator = after.simulator(receiver)
    expect(after.ready['access_token']).toBe(before.ready['access_token'])
    expect((await simulator.graph('GET', phone, undefined, token)).status).toBe(200)
    expect(Date.parse((await simulator.control('GET', 'state')).now)).toBeGreaterThanOrEqual(Date.parse(now))
    expect(await simulator.control('GET', 'ledger?callback_prefix=a:')).toMatchObject({ accepted: 1 })
    expect((await simulator.control('GET', 'webhooks/counts')).reported.reached.read).toBe(1)
    expect((await simulator.sendTemplate(to(9))).body.error.code).toBe(131000)
    const { url } = (await simulator.graph('GET', media)).body
    const file = await fetch(url, { headers: { authorization: `Bearer ${simulator.accessToken}` } })
    expect(await file.text()).toBe('a text file')
    await simulator.send({ text: { body: 'the window is open' } })
    await simulator.quiet()
    expect(simulator.statuses().at(-1)!.status).toBe('read')
    await after.end('SIGTERM')
  })
})

describe('a SIGKILL', () => {
  it('loses no answered send, and every status is still reported afterwards', async () => {
    const [state, receiver] = [aStateFile(), await aReceiver()]
    const before = await start(state, receiver.url)
    const old = before.simulator(receiver)
    await old.control('POST', 'behaviour', {
      ...plain,
      delivered: 0.8,
      failed: 0.1,
      read: 0.5,
      latency_ms: { sent: [0, 20], delivered: [0, 400], read: [0, 400] },
    })
    await aTemplate(old)
    const answered: string[] = []
    let next = 0
    const sender = async (): Promise<void> => {
      for (;;) {
        const answer = await old.sendTemplate(to(next++)).catch(() => undefined)
        if (answer?.status !== 200) return
        answered.push(answer.body.messages[0].id)
      }
    }
    const senders = Promise.all(Array.from({ length: 16 }, sender))
    await until(() => answered.length > 300 && receiver.posts.length > 3, 'some sends and webhooks')
    await before.end('SIGKILL')
    await senders

    const after = await start(state, receiver.url)
    const simulator = after.simulator(receiver)
    const kept = new Set((await simulator.lines('ledger/entries')).map(({ wamid }) => wamid))
    expect(answered.filter((wamid) => !kept.has(wamid))).toEqual([])
    await simulator.quiet()
    const { accepted, reported, planned } = await simulator.control('GET', 'webhooks/counts')
    expect(accepted).toBe(kept.size)
    expect(reported).toEqual(planned)
    const seen = new Set(simulator.statuses().map(({ id }) => id))
    expect([...kept].filter((wamid) => !seen.has(wamid))).toEqual([])
    await after.end('SIGTERM')
  })

  it('does not forget a running review, an unsent event or an answer that was coming', async () => {
    const [state, receiver] = [aStateFile(), await aReceiver()]
    const before = await start(state, receiver.url)
    const old = before.simulator(receiver)
    await old.control('POST', 'behaviour', {
      ...plain,
      review_ms: hourMs,
      latency_ms: { answer: [hourMs, hourMs] },
      answers: { share: 1 },
    })
    await aTemplate(old)
    const components = [{ type: 'BODY', text: 'Hello there.' }]
    const wanted = { name: 'late', language: 'en', category: 'UTILITY', components }
    const { id } = (await old.graph('POST', `${old.wabaId}/message_templates`, wanted)).body
    await old.sendTemplate(to(1))
    receiver.answers.push(500, 500, 500, 500, 500, 500)
    await old.control('POST', 'inbound', { from: '15550009876' })
    await before.end('SIGKILL')

    receiver.answers.length = 0
    const after = await start(state, receiver.url)
    const simulator = after.simulator(receiver)
    await simulator.control('POST', 'clock', { advance_ms: hourMs + 1000 })
    await simulator.quiet()
    expect((await simulator.graph('GET', id)).body.status).toBe('APPROVED')
    const senders = simulator.incoming().map(({ from }) => from)
    expect(new Set(senders)).toEqual(new Set(['15550009876', to(1).slice(1)]))
    await after.end('SIGTERM')
  })
})
