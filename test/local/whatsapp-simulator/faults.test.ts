/** Fault rules: each effect, each mode, each way to match, and what the ledger says about it. */
import { describe, expect, it } from 'vitest'
import { Faults } from '../../../local/whatsapp-simulator/faults.ts'
import { noStore } from '../../../local/whatsapp-simulator/store.ts'
import { anyText } from './reply.ts'
import { aSimulator, aTemplate } from './world.ts'
import type { Simulated } from './world.ts'

const ann = '15550000001'
const bob = '15550000002'

async function ready(): Promise<Simulated> {
  const simulator = await aSimulator()
  await aTemplate(simulator)
  return simulator
}

/** The code of the answer, its status where it is not Graph's, or `broken` without one. */
async function outcome(simulator: Simulated, to = ann): Promise<number | string> {
  try {
    const { status, code } = await simulator.sendTemplate(`+${to}`)
    return status === 200 ? 'ok' : (code ?? `http ${status}`)
  } catch {
    return 'broken'
  }
}

async function several(simulator: Simulated, count: number): Promise<(number | string)[]> {
  const outcomes: (number | string)[] = []
  for (let index = 0; index < count; index += 1) outcomes.push(await outcome(simulator, `1555${7_000_000 + index}`))
  return outcomes
}

describe('the effect of a fault', () => {
  it('is a Graph error with the body of the table', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { effect: { kind: 'graph_error', code: 131057 } })
    const { status, body } = await simulator.sendTemplate(`+${ann}`)
    expect(status).toBe(500)
    expect(body.error).toEqual({
      message: '(#131057) Account in maintenance mode',
      type: 'OAuthException',
      code: 131057,
      error_data: { messaging_product: 'whatsapp', details: 'The business account is in maintenance mode.' },
      fbtrace_id: anyText,
    })
  })

  it('can be any code of the table, each with its HTTP status', async () => {
    const simulator = await ready()
    const expected: Record<number, number> = {
      0: 401,
      1: 400,
      2: 503,
      4: 400,
      10: 403,
      190: 401,
      368: 403,
      80007: 400,
      130429: 400,
      131000: 500,
      131031: 403,
      132001: 404,
      133004: 503,
    }
    for (const [code, http] of Object.entries(expected)) {
      await simulator.control('DELETE', 'faults')
      await simulator.control('POST', 'faults', { effect: { kind: 'graph_error', code: Number(code) } })
      const { status, body } = await simulator.sendTemplate(`+${ann}`)
      expect([body.error.code, status]).toEqual([Number(code), http])
    }
    await simulator.control('DELETE', 'faults')
    await simulator.control('POST', 'faults', {
      effect: { kind: 'graph_error', code: 130429, http: 429, subcode: 2494055, details: 'slow down' },
    })
    const { status, body } = await simulator.sendTemplate(`+${ann}`)
    expect(status).toBe(429)
    expect(body.error).toMatchObject({ error_subcode: 2494055, error_data: { details: 'slow down' } })
  })

  it('is a gateway’s page instead of JSON', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', {
      effect: { kind: 'http', status: 503, headers: { 'retry-after': '7' } },
    })
    const answer = await simulator.sendTemplate(`+${ann}`)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('retry-after')]).toEqual([
      503,
      'text/html; charset=utf-8',
      '7',
    ])
    expect(answer.body).toContain('<html>')
    expect((await simulator.control('GET', 'ledger')).refused_by_code).toEqual({ http_503: 1 })
  })

  it('is silence: nothing is accepted, and the socket ends late', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { mode: { next: 1 }, effect: { kind: 'timeout', ms: 60 } })
    const started = Date.now()
    expect(await outcome(simulator)).toBe('broken')
    expect(Date.now() - started).toBeGreaterThanOrEqual(55)
    expect(await simulator.control('GET', 'ledger')).toMatchObject({ accepted: 0, refused_by_code: { timeout: 1 } })
  })

  it('is latency before a normal answer', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { effect: { kind: 'latency', ms: 50 } })
    const started = Date.now()
    expect(await outcome(simulator)).toBe('ok')
    expect(Date.now() - started).toBeGreaterThanOrEqual(45)
  })

  it('is a lost answer: accepted, recorded, reported, but never told', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { effect: { kind: 'answer_lost' } })
    expect(await outcome(simulator)).toBe('broken')
    expect(await simulator.control('GET', 'ledger')).toMatchObject({ accepted: 1, refused: 0 })
    await simulator.quiet()
    expect(simulator.statuses().map(({ status }) => status)).toContain('delivered')
  })

  it('is a connection reset before anything is done', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { effect: { kind: 'reset' } })
    expect(await outcome(simulator)).toBe('broken')
    expect(await simulator.control('GET', 'ledger')).toMatchObject({ accepted: 0, refused_by_code: { reset: 1 } })
  })
})

describe('the mode of a fault', () => {
  const effect = { kind: 'graph_error', code: 131000 }

  it('is always, the next n, or every nth', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { mode: { next: 2 }, effect })
    expect(await several(simulator, 4)).toEqual([131000, 131000, 'ok', 'ok'])
    await simulator.control('DELETE', 'faults')
    await simulator.control('POST', 'faults', { mode: { every: 3 }, effect })
    expect(await several(simulator, 6)).toEqual(['ok', 'ok', 131000, 'ok', 'ok', 131000])
    await simulator.control('DELETE', 'faults')
    const { id } = await simulator.control('POST', 'faults', { mode: 'always', effect })
    expect(await several(simulator, 2)).toEqual([131000, 131000])
    expect(await simulator.control('GET', 'faults')).toMatchObject([{ id, matched: 2, applied: 2 }])
    await simulator.control('DELETE', `faults/${id}`)
    expect(await several(simulator, 1)).toEqual(['ok'])
  })

  it('is a probability by recipient and try, the same in every order', () => {
    const run = (order: number[]) => {
      const faults = new Faults(noStore, () => 5)
      faults.add({ mode: { probability: 0.3 }, effect })
      const call = { method: 'POST', path: '/1/messages', phoneNumberId: '1', template: undefined, callback: undefined }
      return new Map(
        order.map((index) => [
          index,
          [1, 2].map(() => faults.effectFor({ ...call, to: String(index) }) !== undefined).join(),
        ]),
      )
    }
    const order = Array.from({ length: 500 }, (_, index) => index)
    const [one, other] = [run(order), run([...order].reverse())]
    expect(order.map((index) => one.get(index))).toEqual(order.map((index) => other.get(index)))
    const hit = order.filter((index) => one.get(index)?.startsWith('true')).length
    expect(hit / 500).toBeCloseTo(0.3, 1)
    expect(order.some((index) => one.get(index) === 'true,false')).toBe(true)
  })
})

describe('a fault matches', () => {
  const effect = { kind: 'graph_error', code: 131000 }

  it('by recipient', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', { match: { to: `+${ann}` }, effect })
    expect([await outcome(simulator, ann), await outcome(simulator, bob)]).toEqual([131000, 'ok'])
  })

  it('by template, number and callback data', async () => {
    for (const [match, other] of [
      [{ template: 'hello' }, { template: 'other' }],
      [{ phone_number_id: '106540000000001' }, { phone_number_id: '1' }],
      [{ callback_prefix: 'c1:' }, { callback_prefix: 'c2:' }],
    ]) {
      const simulator = await ready()
      const send = async () => (await simulator.sendTemplate(`+${ann}`, { biz_opaque_callback_data: 'c1:7' })).status
      await simulator.control('POST', 'faults', { match: other, effect })
      expect(await send()).toBe(200)
      await simulator.control('POST', 'faults', { match, effect })
      expect(await send()).toBe(500)
    }
  })

  it('by method and path, also of calls that are not sends', async () => {
    const simulator = await ready()
    await simulator.control('POST', 'faults', {
      match: { method: 'GET', path: '/message_templates$' },
      effect: { kind: 'graph_error', code: 80007 },
    })
    expect((await simulator.graph('GET', `${simulator.wabaId}/message_templates`)).body.error.code).toBe(80007)
    expect((await simulator.graph('GET', simulator.wabaId)).status).toBe(200)
    expect((await simulator.control('GET', 'ledger')).refused).toBe(0)
  })

  it('only by what it knows, and has only effects it knows', async () => {
    const simulator = await ready()
    await expect(simulator.control('POST', 'faults', { match: { recipient: ann }, effect })).rejects.toThrow(
      'match has no recipient',
    )
    await expect(simulator.control('POST', 'faults', { effect: { kind: 'earthquake' } })).rejects.toThrow(
      'effect.kind must be one of',
    )
    await expect(simulator.control('POST', 'faults', { mode: 'sometimes', effect })).rejects.toThrow('mode must be')
  })
})
