/** Who may call what: bearer tokens, scopes, proofs, and the tokens' own endpoints. */
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { anyText } from './reply.ts'
import { aSimulator, aTemplate, app } from './world.ts'
import type { Simulated } from './world.ts'

describe('a bearer token', () => {
  it('must be there and be known: otherwise 401 with code 190', async () => {
    const simulator = await aSimulator()
    for (const token of [null, 'EAAunknown']) {
      const answer = await simulator.graph('GET', simulator.phoneNumberId, undefined, token)
      expect(answer.status).toBe(401)
      expect(answer.body.error).toMatchObject({ code: 190, type: 'OAuthException' })
      expect(answer.body.error.fbtrace_id).toMatch(/^A[\w-]{20,}$/)
      expect(answer.headers.get('www-authenticate')).toContain('invalid_token')
    }
  })

  it('that has expired says so with subcode 463 and both times', async () => {
    const simulator = await aSimulator()
    const { access_token: token } = await simulator.control('POST', 'tokens', { expires_in: -60 })
    const answer = await simulator.graph('GET', simulator.phoneNumberId, undefined, token)
    expect(answer.status).toBe(401)
    expect(answer.body.error).toMatchObject({ code: 190, error_subcode: 463 })
    expect(answer.body.error.message).toMatch(
      /^Error validating access token: Session has expired on \w+day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d UTC\. The current time is /,
    )
  })

  it('sees nothing of a WABA that it was not given, and is not told whether it exists', async () => {
    const simulator = await aSimulator()
    const { waba_id: other } = await simulator.control('POST', 'wabas', {})
    const { phone_number_id: phone } = await simulator.control('POST', 'phone-numbers', { waba_id: other })
    const { id: template } = await aTemplate(simulator)
    const { access_token: token } = await simulator.control('POST', 'tokens', { waba_ids: [other] })
    const hidden = [simulator.phoneNumberId, simulator.wabaId, `${simulator.wabaId}/message_templates`, template, '999']
    for (const path of hidden) {
      const answer = await simulator.graph('GET', path, undefined, token)
      expect(answer.status).toBe(400)
      expect(answer.body.error).toMatchObject({ code: 100, error_subcode: 33, type: 'GraphMethodException' })
    }
    const post = await simulator.graph(
      'POST',
      `${simulator.phoneNumberId}/messages`,
      { messaging_product: 'whatsapp' },
      token,
    )
    expect(post.body.error).toMatchObject({ code: 100, error_subcode: 33 })
    expect((await simulator.graph('GET', phone, undefined, token)).status).toBe(200)
  })

  it('without the scope gets 403 with code 10', async () => {
    const simulator = await aSimulator()
    const { access_token: token } = await simulator.control('POST', 'tokens', {
      scopes: ['whatsapp_business_messaging'],
    })
    const answer = await simulator.graph('GET', `${simulator.wabaId}/message_templates`, undefined, token)
    expect([answer.status, answer.body.error.code]).toEqual([403, 10])
  })

  it('can be revoked', async () => {
    const simulator = await aSimulator()
    await simulator.control('DELETE', 'tokens', { value: simulator.accessToken })
    expect((await simulator.graph('GET', simulator.phoneNumberId)).status).toBe(401)
  })
})

describe('appsecret_proof', () => {
  it('is checked when it is given', async () => {
    const simulator = await aSimulator()
    const proof = createHmac('sha256', app.appSecret).update(simulator.accessToken).digest('hex')
    expect((await simulator.graph('GET', `${simulator.phoneNumberId}?appsecret_proof=${proof}`)).status).toBe(200)
    const wrong = await simulator.graph('GET', `${simulator.phoneNumberId}?appsecret_proof=${proof.replace(/./, 'x')}`)
    expect(wrong.status).toBe(400)
    expect(wrong.body.error).toMatchObject({
      code: 100,
      type: 'GraphMethodException',
      message: 'Invalid appsecret_proof provided in the API argument',
    })
  })
})

describe('an unknown path', () => {
  it('under a known object is code 2500', async () => {
    const simulator = await aSimulator()
    const answer = await simulator.graph('GET', `${simulator.phoneNumberId}/nothing`)
    expect([answer.status, answer.body.error.code]).toEqual([400, 2500])
  })
})

describe('GET /oauth/access_token', () => {
  const exchange = (token: string, secret = app.appSecret): string =>
    `oauth/access_token?grant_type=fb_exchange_token&client_id=${app.appId}&client_secret=${encodeURIComponent(secret)}&fb_exchange_token=${token}`

  it('exchanges a short-lived token for one of about 60 days with the same rights', async () => {
    const simulator = await aSimulator()
    const { access_token: short } = await simulator.control('POST', 'tokens', { expires_in: 3600, type: 'USER' })
    const { status, body } = await simulator.graph('GET', exchange(short), undefined, null)
    expect(status).toBe(200)
    // Whole seconds that are left: one may have begun since.
    const about60Days: unknown = expect.closeTo(5_183_944, -1)
    expect(body).toEqual({ access_token: anyText, token_type: 'bearer', expires_in: about60Days })
    expect(body.access_token).not.toBe(short)
    expect((await simulator.graph('GET', simulator.phoneNumberId, undefined, body.access_token)).status).toBe(200)
  })

  it('gives a never-expiring token back without expires_in', async () => {
    const simulator = await aSimulator()
    const { body } = await simulator.graph('GET', exchange(simulator.accessToken), undefined, null)
    expect(body).toEqual({ access_token: simulator.accessToken, token_type: 'bearer' })
  })

  it('refuses an expired token with 190 and a wrong secret', async () => {
    const simulator = await aSimulator()
    const { access_token: expired } = await simulator.control('POST', 'tokens', { expires_in: -1 })
    expect((await simulator.graph('GET', exchange(expired), undefined, null)).body.error).toMatchObject({
      code: 190,
      error_subcode: 463,
    })
    const wrong = await simulator.graph('GET', exchange(simulator.accessToken, 'wrong'), undefined, null)
    expect([wrong.status, wrong.body.error.message]).toEqual([400, 'Error validating client secret.'])
  })

  it('redeems a code of Embedded Signup once, within 30 seconds', async () => {
    const simulator = await aSimulator()
    const code = await aCode({ waba_ids: [simulator.wabaId] }, simulator)
    const path = `oauth/access_token?client_id=${app.appId}&client_secret=${encodeURIComponent(app.appSecret)}&code=${code}`
    const first = await simulator.graph('GET', path, undefined, null)
    expect((await simulator.graph('GET', simulator.wabaId, undefined, first.body.access_token)).status).toBe(200)
    expect((await simulator.graph('GET', path, undefined, null)).status).toBe(400)
    const late = await aCode({}, simulator)
    await simulator.control('POST', 'clock', { advance_ms: 31_000 })
    expect((await simulator.graph('GET', path.replace(code, late), undefined, null)).status).toBe(400)
  })
})

describe('GET /debug_token', () => {
  const appToken = encodeURIComponent(`${app.appId}|${app.appSecret}`)

  it('shows scopes, targets and expiry', async () => {
    const simulator = await aSimulator()
    const { access_token: token } = await simulator.control('POST', 'tokens', {
      waba_ids: [simulator.wabaId],
      expires_in: 3600,
    })
    const { body } = await simulator.graph(
      'GET',
      `debug_token?input_token=${token}&access_token=${appToken}`,
      undefined,
      null,
    )
    expect(body.data).toMatchObject({
      app_id: app.appId,
      type: 'SYSTEM_USER',
      is_valid: true,
      data_access_expires_at: 0,
    })
    expect(body.data.expires_at - body.data.issued_at).toBe(3600)
    expect(body.data.granular_scopes[0]).toEqual({
      scope: 'whatsapp_business_messaging',
      target_ids: [simulator.wabaId],
    })
  })

  it('says 0 for a token that never expires and leaves targets out for one with all', async () => {
    const simulator = await aSimulator()
    const { body } = await simulator.graph(
      'GET',
      `debug_token?input_token=${simulator.accessToken}&access_token=${appToken}`,
      undefined,
      null,
    )
    expect(body.data.expires_at).toBe(0)
    expect(body.data.granular_scopes[0]).not.toHaveProperty('target_ids')
  })

  it('tells that a token is not valid, and answers only to the app or a token of it', async () => {
    const simulator = await aSimulator()
    const { body } = await simulator.graph(
      'GET',
      `debug_token?input_token=nonsense&access_token=${appToken}`,
      undefined,
      null,
    )
    expect(body.data).toMatchObject({ is_valid: false, error: { code: 190 } })
    expect((await simulator.graph('GET', 'debug_token?input_token=x', undefined, null)).status).toBe(401)
  })
})

/** A code of Embedded Signup; in errors the same name is a number. */
async function aCode(rights: object, simulator: Simulated): Promise<string> {
  return String((await simulator.control('POST', 'codes', rights)).code)
}
