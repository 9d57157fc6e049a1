/** Templates: creation with its refusals, review, list, edits, deletion, and what Meta does to them later. */
import { describe, expect, it } from 'vitest'
import { anyText, holding, like } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Simulated } from './world.ts'
import { aSimulator } from './world.ts'

const dayMs = 24 * 3600 * 1000
const body = { type: 'BODY', text: 'Hi {{1}}, your order is on its way.', example: { body_text: [['Ana']] } }
const wanted = { name: 'order', language: 'en_US', category: 'UTILITY', components: [body] }
const textBody = (text: string, example?: object) => ({ type: 'BODY', text, ...(example && { example }) })
const buttons = (list: object[]) => [body, { type: 'BUTTONS', buttons: list }]
const quick = (text: string) => ({ type: 'QUICK_REPLY', text })

async function create(simulator: Simulated, parts: object = {}): Promise<{ status: number; body: Reply }> {
  return simulator.graph('POST', `${simulator.wabaId}/message_templates`, { ...wanted, ...parts })
}

async function approved(simulator: Simulated, parts: object = {}): Promise<string> {
  const { id } = (await create(simulator, parts)).body
  await simulator.quiet()
  return id
}

describe('a new template', () => {
  it('is PENDING and approved a moment later, with a webhook whose id is a number too long for a double', async () => {
    const simulator = await aSimulator()
    const { status, body: created } = await create(simulator)
    expect([status, created]).toEqual([200, { id: like(/^\d{17}$/), status: 'PENDING', category: 'UTILITY' }])
    await simulator.quiet()
    expect((await simulator.graph('GET', created.id)).body).toMatchObject({
      status: 'APPROVED',
      name: 'order',
      language: 'en_US',
    })
    expect(simulator.receiver.posts[0]?.raw).toContain(`"message_template_id":${created.id},`)
    expect(simulator.changes()[0]).toMatchObject({
      field: 'message_template_status_update',
      value: {
        event: 'APPROVED',
        message_template_name: 'order',
        reason: 'NONE',
        message_template_category: 'UTILITY',
      },
    })
  })

  it('is rejected with a reason when its name says so', async () => {
    const simulator = await aSimulator()
    const plain = await approved(simulator, { name: 'please_reject' })
    const scam = await approved(simulator, { name: 'reject_scam' })
    expect((await simulator.graph('GET', `${plain}?fields=status,rejected_reason`)).body).toMatchObject({
      status: 'REJECTED',
      rejected_reason: 'INVALID_FORMAT',
    })
    expect((await simulator.graph('GET', `${scam}?fields=rejected_reason`)).body.rejected_reason).toBe('SCAM')
    const values = simulator.changes().map((change) => change.value)
    expect(values[0]).toMatchObject({
      event: 'REJECTED',
      reason: 'INVALID_FORMAT',
      rejection_info: { reason: anyText, recommendation: anyText },
    })
    expect(values[1]).not.toHaveProperty('rejection_info')
  })

  it('judged to be marketing is approved as MARKETING', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator, { name: 'promo_week' })
    expect((await simulator.graph('GET', `${id}?fields=category,previous_category`)).body).toEqual({
      id,
      category: 'MARKETING',
      previous_category: 'UTILITY',
    })
    expect(simulator.changes().map(({ field }) => field)).toEqual([
      'message_template_status_update',
      'template_category_update',
    ])
  })

  it('can take as long to be reviewed as a test wants', async () => {
    const simulator = await aSimulator({ behaviour: { review_ms: dayMs } })
    const { id } = (await create(simulator)).body
    expect((await simulator.graph('GET', id)).body.status).toBe('PENDING')
    await simulator.control('POST', 'clock', { advance_ms: dayMs })
    await simulator.quiet()
    expect((await simulator.graph('GET', id)).body.status).toBe('APPROVED')
  })

  it('for authentication gets the fixed text and its button', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator, {
      category: 'authentication',
      components: [
        { type: 'BODY', add_security_recommendation: true },
        { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
      ],
    })
    const { components } = (await simulator.graph('GET', id)).body
    expect(components[0].text).toBe('*{{1}}* is your verification code. For your security, do not share this code.')
    expect(components[1]!.buttons[0]).toMatchObject({ type: 'URL', url: holding('otp{{1}}') })
  })

  const refusals: [string, object, number | undefined, string][] = [
    ['a bad name', { name: 'Order!' }, undefined, 'Param name'],
    [
      'a bad category',
      { category: 'SPAM' },
      undefined,
      'Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}',
    ],
    ['a bad language', { language: 'en-US' }, undefined, 'Param language'],
    ['no components', { components: [] }, undefined, 'components is required'],
    ['no body', { components: [{ type: 'FOOTER', text: 'f' }] }, 2388072, 'BODY'],
    ['two bodies', { components: [body, body] }, 2388072, 'more than one'],
    [
      'a missing example',
      { components: [textBody('Hi {{1}}, hello.')] },
      2388043,
      'component of type BODY is missing expected field(s) (example)',
    ],
    [
      'a body that begins with a variable',
      { components: [textBody('{{1}} is here now', { body_text: [['x']] })] },
      2388299,
      'variable',
    ],
    [
      'too many variables',
      { components: [textBody('a {{1}}, {{2}}, {{3}}.', { body_text: [['x', 'y', 'z']] })] },
      2388293,
      'too many variables',
    ],
    [
      'a gap in the variables',
      { components: [textBody('Hi {{2}}, hello.', { body_text: [['x']] })] },
      2388072,
      'without gaps',
    ],
    ['a long body', { components: [textBody('x'.repeat(1025))] }, 2388040, '1024'],
    ['a footer with a variable', { components: [body, { type: 'FOOTER', text: 'by {{1}}' }] }, 2388073, 'footer'],
    [
      'a header with two variables',
      { components: [body, { type: 'HEADER', format: 'TEXT', text: '{{1}} {{2}}' }] },
      2388047,
      'one variable',
    ],
    [
      'a header with markdown',
      { components: [body, { type: 'HEADER', format: 'TEXT', text: '*News*' }] },
      2388047,
      'formatting',
    ],
    ['a media header without a sample', { components: [body, { type: 'HEADER', format: 'IMAGE' }] }, 2388043, 'HEADER'],
    [
      'eleven buttons',
      { components: buttons(Array.from({ length: 11 }, (_, index) => quick(`b${index}`))) },
      2388043,
      '10',
    ],
    [
      'scattered quick replies',
      { components: buttons([quick('a'), { type: 'URL', text: 'u', url: 'https://e.com' }, quick('b')]) },
      2388043,
      'grouped',
    ],
    [
      'a URL variable without example',
      { components: buttons([{ type: 'URL', text: 'u', url: 'https://e.com/{{1}}' }]) },
      2388043,
      'example',
    ],
    ['a long button', { components: buttons([quick('x'.repeat(26))]) }, 2388040, '25'],
    ['a bad TTL', { message_send_ttl_seconds: 5 }, undefined, 'message_send_ttl_seconds'],
  ]
  it.each(refusals)('is refused: %s', async (_what, parts, subcode, words) => {
    const simulator = await aSimulator()
    const { status, body: answer } = await create(simulator, parts)
    expect([status, answer.error.code, answer.error.error_subcode]).toEqual([400, 100, subcode])
    expect(
      `${answer.error.message} ${answer.error.error_user_title ?? ''} ${answer.error.error_user_msg ?? ''}`,
    ).toContain(words)
  })

  it('must not exist in that language yet', async () => {
    const simulator = await aSimulator()
    await create(simulator)
    const { status, body: answer } = await create(simulator)
    expect(status).toBe(400)
    expect(answer.error).toMatchObject({
      message: 'Invalid parameter',
      code: 100,
      error_subcode: 2388024,
      is_transient: false,
      error_user_title: anyText,
      error_user_msg: holding('There is already en_US content for this template.'),
    })
    expect((await create(simulator, { language: 'pt_BR' })).status).toBe(200)
  })

  it('may name its variables', async () => {
    const simulator = await aSimulator()
    const named = textBody('Hi {{first_name}}, hello.', {
      body_text_named_params: [{ param_name: 'first_name', example: 'Ana' }],
    })
    const id = await approved(simulator, { parameter_format: 'named', components: [named] })
    expect((await simulator.graph('GET', id)).body.parameter_format).toBe('NAMED')
  })
})

describe('the list of templates', () => {
  it('is paged, and narrowed by name, status and language', async () => {
    const simulator = await aSimulator()
    for (const name of ['a_one', 'a_two', 'reject_me']) await create(simulator, { name })
    await simulator.quiet()
    const names = async (query: string): Promise<string[]> =>
      (await simulator.graph('GET', `${simulator.wabaId}/message_templates?fields=name&${query}`)).body.data.map(
        (template: Reply) => template.name,
      )
    expect(await names('limit=2')).toEqual(['a_one', 'a_two'])
    expect(await names('name=a_')).toEqual(['a_one', 'a_two'])
    expect(await names('status=rejected')).toEqual(['reject_me'])
    expect(await names('language=de')).toEqual([])
    const first = (await simulator.graph('GET', `${simulator.wabaId}/message_templates?limit=2`)).body
    const second = (await simulator.graph('GET', first.paging.next!.replace(simulator.url, ''))).body
    expect(second.data.map((template: Reply) => template.name)).toEqual(['reject_me'])
    expect(second.paging).not.toHaveProperty('next')
  })
})

describe('an edit', () => {
  const edit = { components: [textBody('Quite another text, without variables.')] }

  it('is reviewed again and announced with the new components', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator)
    await simulator.control('PATCH', 'behaviour', { review_ms: dayMs })
    expect((await simulator.graph('POST', id, edit)).body).toEqual({ success: true })
    expect((await simulator.graph('GET', id)).body.status).toBe('PENDING')
    expect((await simulator.graph('POST', id, edit)).body.error.error_subcode).toBe(2388039)
    await simulator.control('POST', 'clock', { advance_ms: dayMs })
    await simulator.quiet()
    expect((await simulator.graph('GET', id)).body).toMatchObject({ status: 'APPROVED', components: edit.components })
    expect(simulator.changes().at(-1)).toMatchObject({
      field: 'message_template_components_update',
      value: { message_template_element: edit.components[0]?.text },
    })
  })

  it('of an approved template is allowed once a day and ten times in 30 days, and never of its category', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator)
    expect((await simulator.graph('POST', id, { category: 'MARKETING' })).body.error.error_subcode).toBe(2388039)
    for (let count = 0; count < 10; count += 1) {
      expect((await simulator.graph('POST', id, edit)).status).toBe(200)
      await simulator.quiet()
      expect((await simulator.graph('POST', id, edit)).body).toMatchObject({ error: { error_subcode: 2388039 } })
      await simulator.control('POST', 'clock', { advance_ms: dayMs })
    }
    expect((await simulator.graph('POST', id, edit)).status).toBe(400)
    await simulator.control('POST', 'clock', { advance_ms: 20 * dayMs })
    expect((await simulator.graph('POST', id, edit)).status).toBe(200)
  })

  it('of a rejected one may change everything and be tried again at once', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator, { name: 'reject_it' })
    for (const category of ['MARKETING', 'UTILITY']) {
      expect((await simulator.graph('POST', id, { ...edit, category })).status).toBe(200)
      await simulator.quiet()
    }
  })
})

describe('a deletion', () => {
  const remove = (simulator: Simulated, query: string) =>
    simulator.graph('DELETE', `${simulator.wabaId}/message_templates?${query}`)

  it('by name takes all languages, by id one', async () => {
    const simulator = await aSimulator()
    const ids = [
      await approved(simulator),
      await approved(simulator, { language: 'es' }),
      await approved(simulator, { language: 'de' }),
    ]
    expect((await remove(simulator, `name=order&hsm_id=${ids[1]}`)).body).toEqual({ success: true })
    expect((await simulator.graph('GET', ids[0]!)).status).toBe(200)
    await remove(simulator, 'name=order')
    for (const id of ids)
      expect((await simulator.graph('GET', id)).body.error).toMatchObject({ code: 100, error_subcode: 33 })
    expect((await remove(simulator, 'name=order')).status).toBe(400)
  })

  it('by a list of ids is all or nothing', async () => {
    const simulator = await aSimulator()
    const ids = [await approved(simulator), await approved(simulator, { language: 'es' })]
    expect((await remove(simulator, `hsm_ids=[${ids[0]},999]`)).status).toBe(400)
    expect((await simulator.graph('GET', ids[0]!)).status).toBe(200)
    expect((await remove(simulator, `hsm_ids=[${ids.join(',')}]`)).body).toEqual({ success: true })
  })

  it('blocks the name of an approved template for 30 days', async () => {
    const simulator = await aSimulator()
    await approved(simulator)
    await remove(simulator, 'name=order')
    expect((await create(simulator)).body.error.error_subcode).toBe(2388023)
    await simulator.control('POST', 'clock', { advance_ms: 30 * dayMs })
    expect((await create(simulator)).status).toBe(200)
  })

  it('is refused for a disabled template', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator)
    await simulator.control('POST', `templates/${id}/event`, { event: 'DISABLED' })
    expect((await remove(simulator, 'name=order')).body.error.error_subcode).toBe(2388039)
  })
})

describe('what Meta does later', () => {
  it('pauses, unpauses, disables; sends are refused meanwhile with 132015 and 132016', async () => {
    const simulator = await aSimulator()
    const id = await approved(simulator, { components: [textBody('Hello there.')] })
    const send = async () =>
      (await simulator.sendTemplate('+15550009876', { template: { name: 'order', language: { code: 'en_US' } } })).code
    const event = (name: string) => simulator.control('POST', `templates/${id}/event`, { event: name })
    await event('PAUSED')
    expect(await send()).toBe(132015)
    await event('UNPAUSE')
    expect(await send()).toBeUndefined()
    await event('DISABLED')
    expect(await send()).toBe(132016)
    await event('ARCHIVED')
    expect(await send()).toBe(132001)
  })
})
