/** Numbers and WABAs as Graph nodes: read, list, connect, register, and where their webhooks go. */
import { describe, expect, it } from 'vitest'
import { anyText, like, partly } from './reply.ts'
import { aReceiver, aSimulator, aTemplate, app } from './world.ts'

describe('a phone number', () => {
  it('comes with the usual fields when none are asked for', async () => {
    const simulator = await aSimulator()
    const { body } = await simulator.graph('GET', simulator.phoneNumberId)
    expect(body).toEqual({
      verified_name: 'Lucky Shrub',
      code_verification_status: 'VERIFIED',
      display_phone_number: '+1 555-000-1234',
      quality_rating: 'GREEN',
      platform_type: 'CLOUD_API',
      throughput: { level: 'STANDARD' },
      last_onboarded_time: like(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
      webhook_configuration: { application: simulator.receiver.url },
      id: '106540000000001',
    })
  })

  it('gives exactly the fields that are asked for, also inside of them, and always the id', async () => {
    const simulator = await aSimulator({ throughput: 'HIGH' })
    const fields = 'whatsapp_business_manager_messaging_limit,status,throughput{level},health_status{can_send_message}'
    const { body } = await simulator.graph('GET', `${simulator.phoneNumberId}?fields=${fields}`)
    expect(body).toEqual({
      whatsapp_business_manager_messaging_limit: 'TIER_UNLIMITED',
      status: 'CONNECTED',
      throughput: { level: 'HIGH' },
      health_status: { can_send_message: 'AVAILABLE' },
      id: simulator.phoneNumberId,
    })
    const unknown = await simulator.graph('GET', `${simulator.phoneNumberId}?fields=nonsense`)
    expect([unknown.status, unknown.body.error.code]).toEqual([400, 100])
  })

  it('is registered with a PIN that must stay the same', async () => {
    const simulator = await aSimulator()
    const { phone_number_id: phone } = await simulator.control('POST', 'phone-numbers', { status: 'PENDING' })
    const send = () =>
      simulator.graph('POST', `${phone}/messages`, {
        messaging_product: 'whatsapp',
        to: '+15550009876',
        text: { body: 'x' },
      })
    const register = (pin: string) =>
      simulator.graph('POST', `${phone}/register`, { messaging_product: 'whatsapp', pin })
    expect((await send()).body.error.code).toBe(133010)
    expect((await register('12345')).body.error.code).toBe(100)
    expect((await register('123456')).body).toEqual({ success: true })
    expect((await send()).status).toBe(200)
    expect((await register('654321')).body.error.code).toBe(133005)
  })

  it('that Meta upgrades is announced by webhook', async () => {
    const simulator = await aSimulator()
    await simulator.control('PATCH', `phone-numbers/${simulator.phoneNumberId}`, { throughput: 'HIGH' })
    await simulator.quiet()
    expect(simulator.changes()).toEqual([
      {
        field: 'phone_number_quality_update',
        value: partly({ display_phone_number: '15550001234', event: 'THROUGHPUT_UPGRADE' }),
      },
    ])
  })
})

describe('the numbers of a WABA', () => {
  it('are listed page by page, newest first unless sorted otherwise', async () => {
    const simulator = await aSimulator()
    for (let count = 0; count < 4; count += 1) await simulator.control('POST', 'phone-numbers', {})
    const seen: string[] = []
    let path = `${simulator.wabaId}/phone_numbers?limit=2&fields=id&sort=creation_time.asc`
    for (let pages = 0; path !== '' && pages < 9; pages += 1) {
      const { body } = await simulator.graph('GET', path)
      seen.push(...body.data.map((number: { id: string }) => number.id))
      expect(body.paging.cursors).toEqual({ before: anyText, after: anyText })
      const next = body.paging.next
      path = next === undefined ? '' : next.replace(simulator.url, '')
    }
    expect(seen).toHaveLength(5)
    expect(new Set(seen).size).toBe(5)
    expect(seen[0]).toBe(simulator.phoneNumberId)
  })

  it('can be filtered', async () => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'phone-numbers', { status: 'BANNED' })
    const filtering = encodeURIComponent('[{"field":"status","operator":"EQUAL","value":"BANNED"}]')
    const { body } = await simulator.graph(
      'GET',
      `${simulator.wabaId}/phone_numbers?fields=status&filtering=${filtering}`,
    )
    expect(body.data).toEqual([{ id: anyText, status: 'BANNED' }])
  })
})

describe('subscribed_apps', () => {
  it('decides whether webhooks of the WABA are sent at all', async () => {
    const simulator = await aSimulator()
    const { waba_id: waba } = await simulator.control('POST', 'wabas', { subscribed: false })
    const { phone_number_id: phone } = await simulator.control('POST', 'phone-numbers', { waba_id: waba })
    await simulator.control('POST', 'inbound', { phone_number_id: phone, from: '15550009876' })
    await simulator.quiet()
    expect(simulator.changes()).toEqual([])
    expect((await simulator.control('GET', 'webhooks')).dropped_updates).toBe(1)
    expect((await simulator.graph('POST', `${waba}/subscribed_apps`)).body).toEqual({ success: true })
    expect((await simulator.graph('GET', `${waba}/subscribed_apps`)).body.data[0].whatsapp_business_api_data.id).toBe(
      app.appId,
    )
    await simulator.control('POST', 'inbound', { phone_number_id: phone, from: '15550009876' })
    await simulator.quiet()
    expect(simulator.changes()).toHaveLength(1)
  })

  it('sends to the override URL once that has answered the handshake', async () => {
    const simulator = await aSimulator()
    const other = await aReceiver()
    const override = (token: string) =>
      simulator.graph('POST', `${simulator.wabaId}/subscribed_apps`, {
        override_callback_uri: other.url,
        verify_token: token,
      })
    const refused = await override('wrong')
    expect([refused.status, refused.body.error.code]).toEqual([400, 2200])
    expect((await override(app.verifyToken)).body).toEqual({ success: true })
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.quiet()
    expect([simulator.receiver.posts.length, other.posts.length]).toEqual([0, 1])
    const { body } = await simulator.graph('GET', `${simulator.phoneNumberId}?fields=webhook_configuration`)
    expect(body.webhook_configuration.whatsapp_business_account).toBe(other.url)
  })

  it('has an override per number too', async () => {
    const simulator = await aSimulator()
    const other = await aReceiver()
    await simulator.graph('POST', simulator.phoneNumberId, {
      webhook_configuration: { override_callback_uri: other.url, verify_token: app.verifyToken },
    })
    await aTemplate(simulator)
    await simulator.sendTemplate('+15550009876')
    await simulator.quiet()
    expect(simulator.statuses()).toEqual([])
    expect(other.posts.length).toBeGreaterThan(0)
  })
})
