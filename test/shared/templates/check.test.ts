import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../shared/errors.ts'
import { ValidationError } from '../../../shared/errors.ts'
import { checkedComponents } from '../../../shared/templates/check.ts'
import type { TemplateCategory } from '../../../shared/templates/schema.ts'
import { A_BODY } from './support.ts'

function problemsOf(components: unknown, category: TemplateCategory = 'UTILITY'): Problem[] {
  try {
    checkedComponents(category, components)
    return []
  } catch (error) {
    if (error instanceof ValidationError) return error.problems
    throw error
  }
}

const HEADER = { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}', example: { header_text: ['A-17'] } }
const FOOTER = { type: 'FOOTER', text: 'Acme Ltd.' }
const REPLY = { type: 'QUICK_REPLY', text: 'Thanks' }
const LINK = { type: 'URL', text: 'Track', url: 'https://example.com/t/{{1}}', example: ['https://example.com/t/1'] }
const PHONE = { type: 'PHONE_NUMBER', text: 'Call us', phone_number: '+15550001234' }
const COUPON = { type: 'COPY_CODE', example: '25OFF' }
const WHOLE = [HEADER, A_BODY, FOOTER, { type: 'BUTTONS', buttons: [REPLY, LINK, PHONE, COUPON] }]

describe('components', () => {
  it('in Meta’s form pass as they are', () => {
    expect(checkedComponents('MARKETING', WHOLE)).toEqual(WHOLE)
  })

  it('are the same in every form they can be written in', () => {
    const [, , , buttons] = WHOLE
    const byKey = { header: HEADER, body: A_BODY, footer: FOOTER, buttons }
    const short = {
      Header: { type: 'text', text: HEADER.text, example: { header_text: 'A-17' } },
      body: { text: A_BODY.text, example: { body_text: ['Ana', 'A-17'] } },
      footer: FOOTER.text,
      buttons: [REPLY, { ...LINK, type: 'url', example: LINK.example[0] }, PHONE, { ...COUPON, example: ['25OFF'] }],
    }
    const lower = WHOLE.map((component) => ({ ...component, type: component.type.toLowerCase() }))
    for (const form of [byKey, short, lower, { components: WHOLE }, { components: byKey }]) {
      expect(checkedComponents('MARKETING', form)).toEqual(WHOLE)
    }
  })

  it('may leave parts out, in any way of writing nothing', () => {
    const body = { type: 'BODY', text: 'Hello!' }
    expect(checkedComponents('UTILITY', { header: null, body: 'Hello!', footer: '', buttons: [] })).toEqual([body])
  })

  it('hand on to Meta what Herald does not know', () => {
    const link = { ...LINK, app_deep_link: { android: 'x' } }
    const sent = [A_BODY, { type: 'BUTTONS', buttons: [link] }]
    expect(checkedComponents('UTILITY', sent)).toEqual(sent)
  })

  it.each<[string, unknown, Problem['loc'], string]>([
    ['nothing', [], ['body', 'components'], 'needs a body'],
    ['no body', { header: 'Hi' }, ['body', 'components'], 'needs a body'],
    ['something else', { body: 'Hi', picture: {} }, ['body', 'components', 'picture'], 'header, body, footer'],
    ['no objects', [7], ['body', 'components', 0], 'dictionary'],
    ['an unknown type', [A_BODY, { type: 'CAROUSEL' }], ['body', 'components', 1, 'type'], 'Invalid'],
    ['two bodies', [A_BODY, A_BODY], ['body', 'components', 1], 'one BODY at most'],
    ['no text', { components: [{ type: 'BODY' }] }, ['body', 'components', 'components', 0, 'text'], 'Give the text'],
    ['a number as text', { body: { text: 1 } }, ['body', 'components', 'body', 'text'], 'valid string'],
    [
      'a long body',
      { body: 'x'.repeat(1025) },
      ['body', 'components', 'body', 'text'],
      '1025 characters, at most 1024',
    ],
    ['a long footer', { body: 'Hi', footer: 'x'.repeat(61) }, ['body', 'components', 'footer', 'text'], 'at most 60'],
    [
      'a variable in the footer',
      { body: 'Hi', footer: 'By {{1}}.' },
      ['body', 'components', 'footer', 'text'],
      'no variables',
    ],
    ['a long header', { header: 'x'.repeat(61), body: 'Hi' }, ['body', 'components', 'header', 'text'], 'at most 60'],
    [
      'markdown in the header',
      { header: '*Hi*', body: 'Hi' },
      ['body', 'components', 'header', 'text'],
      'no formatting',
    ],
    [
      'two variables in the header',
      { header: '{{1}} {{2}}', body: 'Hi' },
      ['body', 'components', 'header', 'text'],
      'one variable',
    ],
    [
      'an unknown header',
      { header: { format: 'GIF' }, body: 'Hi' },
      ['body', 'components', 'header', 'format'],
      'TEXT',
    ],
    [
      'no sample picture',
      { header: { format: 'IMAGE' }, body: 'Hi' },
      ['body', 'components', 'header', 'example', 'header_handle'],
      'Resumable Upload',
    ],
    ['a variable first', { body: '{{1}} ordered.' }, ['body', 'components', 'body', 'text'], 'begins or ends'],
    ['a variable last', { body: 'Thanks {{1}} ' }, ['body', 'components', 'body', 'text'], 'begins or ends'],
    [
      'variables side by side',
      { body: 'Hi {{1}}{{2}}.' },
      ['body', 'components', 'body', 'text'],
      'between two variables',
    ],
    ['no samples', { body: 'Hi {{1}}, {{2}}.' }, ['body', 'components', 'body', 'example', 'body_text'], '[["…","…"]]'],
    [
      'too few samples',
      { body: { ...A_BODY, example: { body_text: [['Ana']] } } },
      ['body', 'components', 'body', 'example', 'body_text'],
      '{{1}}, {{2}}',
    ],
    [
      'an empty sample',
      { body: { ...A_BODY, example: { body_text: [['Ana', ' ']] } } },
      ['body', 'components', 'body', 'example', 'body_text'],
      'sample',
    ],
    [
      'no header sample',
      [{ ...HEADER, example: {} }, A_BODY],
      ['body', 'components', 0, 'example', 'header_text'],
      '["…"]',
    ],
    [
      'no sample for a name',
      { body: 'Hi {{first_name}}.' },
      ['body', 'components', 'body', 'example', 'body_text_named_params'],
      '"param_name":"first_name"',
    ],
    ['too much', { body: { text: 'Hi', extra: 'x'.repeat(40_000) } }, ['body', 'components'], 'below 32 KB'],
  ])('with %s are refused at the place, with the cure', (_what, components, loc, cure) => {
    const problems = problemsOf(components)
    expect(problems.map((problem) => problem.loc)).toContainEqual(loc)
    expect(problems.map(({ msg }) => msg).join('; ')).toContain(cure)
  })

  it('tell everything that is wrong at once', () => {
    const components = { header: '*Hi*', body: 'Hi {{2}}.', buttons: [{ type: 'URL', text: '', url: 'example.com' }] }
    expect(problemsOf(components).map(({ loc }) => loc.slice(2).join('.'))).toEqual([
      'header.text',
      'body.text',
      'buttons.buttons.0.text',
      'buttons.buttons.0.url',
    ])
  })

  it('name their variables or number them, but not both', () => {
    const named = {
      text: 'Hi {{name}}.',
      example: { body_text_named_params: [{ param_name: 'name', example: 'Ana' }] },
    }
    expect(problemsOf({ body: named })).toEqual([])
    expect(problemsOf([HEADER, { type: 'BODY', ...named }])).toMatchObject([{ loc: ['body', 'components'] }])
  })

  it('take a place as header without a sample', () => {
    expect(problemsOf({ header: { format: 'location' }, body: 'Here we are.' })).toEqual([])
  })
})

describe('buttons', () => {
  const problemsWith = (...buttons: unknown[]) =>
    problemsOf([A_BODY, { type: 'BUTTONS', buttons }]).map(({ loc, msg }) => `${loc.slice(3).join('.')}: ${msg}`)

  it('stand in two groups, quick replies in one of them', () => {
    expect(problemsWith(REPLY, REPLY, LINK, PHONE)).toEqual([])
    expect(problemsWith(LINK, PHONE, REPLY, REPLY)).toEqual([])
    expect(problemsWith(REPLY, LINK, REPLY)).toEqual([expect.stringContaining('quick replies together')])
    expect(problemsWith(LINK, REPLY, PHONE)).toEqual([expect.stringContaining('quick replies together')])
  })

  it.each<[string, unknown[], string]>([
    ['none', [], 'buttons: Give 1 to 10'],
    ['eleven', Array.from({ length: 11 }, () => REPLY), 'buttons: Give 1 to 10'],
    ['three links', [LINK, LINK, LINK], 'buttons: 2 buttons of type URL at most'],
    ['two phone numbers', [PHONE, PHONE], 'buttons: 1 button of type PHONE_NUMBER at most'],
    ['an unknown type', [{ type: 'constructor', text: 'x' }], 'buttons.0.type: Herald sends'],
    ['a code outside of authentication', [{ type: 'OTP' }], 'buttons.0.type: Herald sends'],
    ['a long label', [{ ...REPLY, text: 'x'.repeat(26) }], 'buttons.0.text: Give a text of 1 to 25'],
    ['a variable label', [{ ...REPLY, text: 'Hi {{1}}' }], 'buttons.0.text: The text of a button'],
    ['no address', [{ ...LINK, url: undefined }], 'buttons.0.url: Give a full address'],
    ['a script as address', [{ ...LINK, url: 'javascript:alert(1)' }], 'buttons.0.url: Give a full address'],
    [
      'a variable in the middle',
      [{ ...LINK, url: 'https://a.example/{{1}}/x' }],
      'buttons.0.url: An address takes one',
    ],
    ['a named variable', [{ ...LINK, url: 'https://a.example/{{id}}' }], 'buttons.0.url: An address takes one'],
    ['two variables', [{ ...LINK, url: 'https://a.example/{{1}}/{{2}}' }], 'buttons.0.url: An address takes one'],
    ['no sample address', [{ ...LINK, example: undefined }], 'buttons.0.example: Give a sample'],
    ['no phone number', [{ ...PHONE, phone_number: '' }], 'buttons.0.phone_number: Give a phone number'],
    [
      'a long phone number',
      [{ ...PHONE, phone_number: '1'.repeat(21) }],
      'buttons.0.phone_number: Give a phone number',
    ],
    ['a long code', [{ ...COUPON, example: 'x'.repeat(16) }], 'buttons.0.example: Give a sample code of 1 to 15'],
  ])('that are %s are refused', (_what, buttons, start) => {
    expect(problemsWith(...buttons)).toContainEqual(expect.stringContaining(start))
  })
})

describe('an authentication template', () => {
  const good = [
    { type: 'BODY', add_security_recommendation: true },
    { type: 'FOOTER', code_expiration_minutes: 10 },
    { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }] },
  ]

  it('has Meta’s words, an expiry and one code button', () => {
    expect(problemsOf(good, 'AUTHENTICATION')).toEqual([])
  })

  it.each<[string, unknown[], Problem['loc']]>([
    ['a header', [HEADER, ...good], [0]],
    ['words of its own', [{ type: 'BODY', text: 'Your code: {{1}}!' }, good[2]], [0, 'text']],
    [
      'an expiry of no time',
      [good[0], { type: 'FOOTER', code_expiration_minutes: 0 }, good[2]],
      [1, 'code_expiration_minutes'],
    ],
    ['a footer of its own', [good[0], FOOTER, good[2]], [1, 'code_expiration_minutes']],
    ['another button', [good[0], { type: 'BUTTONS', buttons: [REPLY] }], [1, 'buttons']],
  ])('with %s is refused', (_what, components, loc) => {
    expect(problemsOf(components, 'AUTHENTICATION')).toMatchObject([{ loc: ['body', 'components', ...loc] }])
  })
})
