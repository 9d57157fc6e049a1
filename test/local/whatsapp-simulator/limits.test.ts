/** Windows, throughput, the pair of two numbers, the portfolio. */
import { describe, expect, it } from 'vitest'
import { Limits } from '../../../local/whatsapp-simulator/limits.ts'
import { defaultBehaviour } from '../../../local/whatsapp-simulator/behaviour.ts'
import type { PhoneNumber } from '../../../local/whatsapp-simulator/world.ts'
import { aSimulator, aTemplate } from './world.ts'

const hourMs = 3600 * 1000
const number = (throughput: 'STANDARD' | 'HIGH'): PhoneNumber => ({
  id: '1',
  wabaId: '2',
  displayPhoneNumber: '+1 555-000-1234',
  verifiedName: 'x',
  qualityRating: 'GREEN',
  status: 'CONNECTED',
  throughput,
  tier: 'TIER_250',
  pin: null,
  overrideUrl: null,
  onboardedAt: 0,
})

describe('the customer-service window', () => {
  it('is closed at first: 200, then failed with 131047 and nothing else', async () => {
    const simulator = await aSimulator()
    const { status, body } = await simulator.send({ text: { body: 'hi' } })
    expect(status).toBe(200)
    await simulator.quiet()
    expect(simulator.statuses()).toMatchObject([
      { id: body.messages[0].id, status: 'failed', errors: [{ code: 131047 }] },
    ])
  })

  it('opens with a message of the user and closes 24 hours after the last one', async () => {
    const simulator = await aSimulator()
    const outcome = async (): Promise<string> => {
      await simulator.send({ text: { body: 'hi' } })
      await simulator.quiet()
      return simulator.statuses().at(-1)!.status
    }
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    expect(await outcome()).toBe('read')
    await simulator.control('POST', 'clock', { advance_ms: 23 * hourMs })
    expect(await outcome()).toBe('read')
    await simulator.control('POST', 'inbound', { from: '15550009876' })
    await simulator.control('POST', 'clock', { advance_ms: 23 * hourMs })
    expect(await outcome()).toBe('read')
    await simulator.control('POST', 'clock', { advance_ms: hourMs + 1000 })
    expect(await outcome()).toBe('failed')
  })

  it('belongs to one number, and never matters to templates', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator)
    const { phone_number_id: other } = await simulator.control('POST', 'phone-numbers', {})
    await simulator.control('POST', 'inbound', { phone_number_id: other, from: '15550009876' })
    await simulator.send({ text: { body: 'hi' } })
    await simulator.sendTemplate('+15550009876')
    await simulator.quiet()
    const ends = simulator.statuses().filter(({ status }) => status === 'failed' || status === 'read')
    expect(ends.map(({ status }) => status).sort()).toEqual(['failed', 'read'])
  })
})

describe('the throughput of a number', () => {
  it.each([
    ['STANDARD', 80],
    ['HIGH', 1000],
  ] as const)('%s lets %i through in any second, plus the tolerance', (throughput, perSecond) => {
    const limits = new Limits()
    const allowed = Math.floor(perSecond * 1.05)
    let now = 1_000_000
    const take = (user: number) => limits.take(defaultBehaviour, number(throughput), `u${user}`, now)
    for (let user = 0; user < allowed; user += 1) expect(take(user)).toBeUndefined()
    expect(take(-1)).toBe(130429)
    now += 999
    expect(take(-2)).toBe(130429)
    now += 1
    expect(take(-3)).toBeUndefined()
  })

  it('refuses over it with 400, code 130429, and counts only what it accepted', async () => {
    const simulator = await aSimulator({ behaviour: { throughput_tolerance: 0 } })
    await aTemplate(simulator)
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, index) => simulator.sendTemplate(`+1555${1_000_000 + index}`)),
    )
    const refused = answers.filter(({ status }) => status !== 200)
    // A slow machine may need more than a second for 120 requests; it never gets more than 80 through in one.
    expect((await simulator.control('GET', 'ledger')).rate_peak_per_second).toBeLessThanOrEqual(80)
    for (const { status, body } of refused) {
      expect(status).toBe(400)
      expect(body.error).toMatchObject({
        message: '(#130429) Rate limit hit',
        code: 130429,
        error_data: { messaging_product: 'whatsapp', details: 'Cloud API message throughput has been reached.' },
      })
    }
  })

  it('is each number’s own', () => {
    const limits = new Limits()
    const one = number('STANDARD')
    for (let user = 0; user < 84; user += 1) limits.take(defaultBehaviour, one, `u${user}`, 1)
    expect(limits.take(defaultBehaviour, one, 'x', 1)).toBe(130429)
    expect(limits.take(defaultBehaviour, { ...one, id: '9' }, 'x', 1)).toBeUndefined()
  })
})

describe('one number to one user', () => {
  it('has a burst of 45 and then one every six seconds', () => {
    const limits = new Limits()
    let now = 0
    const take = () => limits.take(defaultBehaviour, number('HIGH'), 'u', now)
    for (let count = 0; count < 45; count += 1) expect(take()).toBeUndefined()
    expect(take()).toBe(131056)
    now += 5999
    expect(take()).toBe(131056)
    now += 1
    expect(take()).toBeUndefined()
    expect(take()).toBe(131056)
    expect(limits.take(defaultBehaviour, number('HIGH'), 'another', now)).toBeUndefined()
  })

  it('refuses with 131056 in Meta’s words', async () => {
    const simulator = await aSimulator({ behaviour: { pair_burst: 2 } })
    await aTemplate(simulator)
    await simulator.sendTemplate('+15550009876')
    await simulator.sendTemplate('+15550009876')
    const { status, body } = await simulator.sendTemplate('+15550009876')
    expect(status).toBe(400)
    expect(body.error).toMatchObject({
      message: '(#131056) (Business Account, Consumer Account) pair rate limit hit',
      code: 131056,
    })
    await simulator.control('POST', 'clock', { advance_ms: 6001 })
    expect((await simulator.sendTemplate('+15550009876')).status).toBe(200)
  })
})

describe('the limit of the portfolio', () => {
  it('counts unique users of the moving day and frees them after it', () => {
    const limits = new Limits()
    for (let user = 0; user < 250; user += 1) expect(limits.takePortfolio('b', 'TIER_250', `u${user}`, user)).toBe(true)
    expect(limits.takePortfolio('b', 'TIER_250', 'new', 300)).toBe(false)
    expect(limits.takePortfolio('b', 'TIER_250', 'u7', 300)).toBe(true)
    expect(limits.takePortfolio('b', 'TIER_UNLIMITED', 'new', 300)).toBe(true)
    expect(limits.takePortfolio('b', 'TIER_250', 'newer', 24 * hourMs + 5)).toBe(true)
  })

  it('is off unless asked for; then the message fails by webhook with 131048', async () => {
    const simulator = await aSimulator({ throughput: 'HIGH', behaviour: { enforce_portfolio_limit: true } })
    await aTemplate(simulator)
    await simulator.control('PATCH', `phone-numbers/${simulator.phoneNumberId}`, { tier: 'TIER_50' })
    for (let index = 0; index < 51; index += 1) await simulator.sendTemplate(`+1555${1_000_000 + index}`)
    await simulator.quiet()
    const failed = simulator.statuses().filter(({ status }) => status === 'failed')
    expect(failed.map((status) => status.errors[0].code)).toEqual([131048])
  })
})
