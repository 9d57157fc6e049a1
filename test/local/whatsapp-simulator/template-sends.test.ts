/** Template messages against the stored template: parameters are counted, kinds compared, codes as Meta gives them. */
import { describe, expect, it } from 'vitest'
import { aSimulator, aTemplate } from './world.ts'
import { anyText } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Simulated } from './world.ts'

const text = (...values: string[]) => values.map((value) => ({ type: 'text', text: value }))
const bodyOf = (...values: string[]) => ({ type: 'body', parameters: text(...values) })
const example = (...values: string[]) => ({ body_text: [values] })
const two = { components: [{ type: 'BODY', text: 'Hi {{1}}, order {{2}} is here.', example: example('Ana', '7') }] }
const image = { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4::aW1n'] } }
const plainBody = { type: 'BODY', text: 'Hello there.' }
const urlButton = { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}', example: ['x'] }

async function sendWith(simulator: Simulated, components: unknown[]): Promise<{ status: number; error: Reply }> {
  const template = { name: 'hello', language: { code: 'en' }, components }
  const { status, body } = await simulator.sendTemplate('+15550009876', { template })
  return { status, error: body.error }
}

describe('a template message', () => {
  it('with every parameter is accepted', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, two)
    expect((await sendWith(simulator, [bodyOf('Ana', '7')])).status).toBe(200)
  })

  it('with a wrong number of parameters is refused in Meta’s words', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, two)
    const { status, error } = await sendWith(simulator, [bodyOf('Ana')])
    expect(status).toBe(400)
    expect(error).toEqual({
      message: '(#132000) Number of parameters does not match the expected number of params',
      type: 'OAuthException',
      code: 132000,
      error_data: {
        messaging_product: 'whatsapp',
        details: 'body: number of localizable_params (1) does not match the expected number of params (2)',
      },
      fbtrace_id: anyText,
    })
  })

  it('whose name, language or approval is missing is 404 with 132001', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, { name: 'waiting', status: 'PENDING' })
    await aTemplate(simulator)
    for (const [name, code] of [
      ['promo', 'en'],
      ['hello', 'es'],
      ['waiting', 'en'],
    ]) {
      const { status, body } = await simulator.sendTemplate('+15550009876', { template: { name, language: { code } } })
      expect(status).toBe(404)
      expect(body.error).toMatchObject({
        message: '(#132001) Template name does not exist in the translation',
        code: 132001,
        error_data: { details: `template name (${name}) does not exist in ${code}` },
      })
    }
  })

  it('belongs to its WABA', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator)
    const { waba_id: waba } = await simulator.control('POST', 'wabas', {})
    const { phone_number_id: phone } = await simulator.control('POST', 'phone-numbers', { waba_id: waba })
    const message = {
      messaging_product: 'whatsapp',
      to: '+15550009876',
      type: 'template',
      template: { name: 'hello', language: { code: 'en' } },
    }
    expect((await simulator.graph('POST', `${phone}/messages`, message)).status).toBe(404)
  })

  it('without name or language lacks a parameter', async () => {
    const simulator = await aSimulator()
    for (const template of [{ language: { code: 'en' } }, { name: 'hello' }]) {
      expect((await simulator.sendTemplate('+15550009876', { template })).body.error.code).toBe(131008)
    }
  })

  it('with named parameters takes them in any order, but needs each by its name', async () => {
    const simulator = await aSimulator()
    const named = {
      body_text_named_params: ['first_name', 'order'].map((param_name) => ({ param_name, example: 'x' })),
    }
    const components = [{ type: 'BODY', text: 'Hi {{first_name}}, order {{order}} is here.', example: named }]
    await aTemplate(simulator, { parameter_format: 'NAMED', components })
    const parameter = (name: string) => ({ type: 'text', parameter_name: name, text: 'x' })
    const body = (...names: string[]) => [{ type: 'body', parameters: names.map(parameter) }]
    expect((await sendWith(simulator, body('order', 'first_name'))).status).toBe(200)
    expect((await sendWith(simulator, body('order', 'surname'))).error.code).toBe(132018)
  })

  it('needs exactly one parameter of the right kind in a media header', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, { components: [image, plainBody] })
    const header = (parameter: object) => [{ type: 'header', parameters: [parameter] }]
    expect((await sendWith(simulator, header({ type: 'image', image: { link: 'https://e.com/a.png' } }))).status).toBe(
      200,
    )
    const wrong = (await sendWith(simulator, header({ type: 'video', video: { link: 'https://e.com/a.mp4' } }))).error
    expect([wrong.code, wrong.error_data!.details]).toEqual([
      132012,
      'header: Format mismatch, expected IMAGE, received VIDEO',
    ])
    expect((await sendWith(simulator, [])).error.code).toBe(132012)
    expect((await sendWith(simulator, header({ type: 'image', image: {} }))).error.code).toBe(131008)
    expect((await sendWith(simulator, header({ type: 'image', image: { id: '12345' } }))).error.code).toBe(131009)
  })

  it('needs the parameter of a URL button with a variable, and none otherwise', async () => {
    const simulator = await aSimulator()
    const buttons = [{ type: 'QUICK_REPLY', text: 'Stop' }, urlButton, { type: 'COPY_CODE', example: '25OFF' }]
    await aTemplate(simulator, { components: [plainBody, { type: 'BUTTONS', buttons }] })
    const url = { type: 'button', sub_type: 'url', index: 1, parameters: text('abc') }
    const copy = {
      type: 'button',
      sub_type: 'copy_code',
      index: '2',
      parameters: [{ type: 'coupon_code', coupon_code: '25OFF' }],
    }
    const quick = {
      type: 'button',
      sub_type: 'quick_reply',
      index: '0',
      parameters: [{ type: 'payload', payload: 'STOP' }],
    }
    expect((await sendWith(simulator, [url, copy])).status).toBe(200)
    expect((await sendWith(simulator, [quick, url, copy])).status).toBe(200)
    const without = (await sendWith(simulator, [copy])).error
    expect([without.code, without.error_data!.details]).toEqual([
      131008,
      'buttons: Button at index 1 of type Url requires a parameter',
    ])
    expect((await sendWith(simulator, [url])).error.error_data!.details).toContain('CopyCode')
    expect((await sendWith(simulator, [url, copy, { ...quick, index: '5' }])).error.code).toBe(131009)
  })

  it('for authentication needs the code twice, and a phone number', async () => {
    const simulator = await aSimulator()
    const buttons = [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }]
    await aTemplate(simulator, {
      category: 'AUTHENTICATION',
      components: [{ type: 'BODY' }, { type: 'BUTTONS', buttons }],
    })
    const components = [bodyOf('123456'), { type: 'button', sub_type: 'url', index: '0', parameters: text('123456') }]
    expect((await sendWith(simulator, components)).status).toBe(200)
    expect((await sendWith(simulator, [bodyOf('123456')])).error.code).toBe(131008)
    const template = { name: 'hello', language: { code: 'en' }, components }
    const byId = await simulator.sendTemplate('', { to: undefined, recipient: 'US.134912', template })
    expect(byId.body.error.code).toBe(131062)
  })

  it('refuses texts that are empty, broken over lines or too long once put in', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, two)
    expect((await sendWith(simulator, [bodyOf('', '7')])).error.code).toBe(131008)
    expect((await sendWith(simulator, [bodyOf('a\nb', '7')])).error.code).toBe(132018)
    expect((await sendWith(simulator, [bodyOf('x'.repeat(1024), '7')])).error.code).toBe(132005)
  })

  it('takes the older currency and date parameters', async () => {
    const simulator = await aSimulator()
    await aTemplate(simulator, two)
    const parameters = [
      { type: 'currency', currency: { fallback_value: '$10', code: 'USD', amount_1000: 10_000 } },
      { type: 'date_time', date_time: { fallback_value: 'today' } },
    ]
    expect((await sendWith(simulator, [{ type: 'body', parameters }])).status).toBe(200)
  })
})
