import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../../shared/errors.ts'
import { checkedComponents } from '../../../shared/templates/check.ts'
import type { TemplateCategory } from '../../../shared/templates/schema.ts'

/** One row for each thing Meta demands of a template: what is just right, and what is just wrong and where. */
interface Rule {
  rule: string
  category?: TemplateCategory
  right: unknown[]
  wrong: [components: unknown, loc: string][]
}

const OTP = { type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }
const body = (text: string, ...samples: string[]) => ({ text, example: { body_text: [samples] } })
const withButtons = (...buttons: unknown[]) => ({ body: 'Hello!', buttons })
const reply = (text: string) => ({ type: 'QUICK_REPLY', text })
const media = (format: string) => ({ header: { format, example: { header_handle: ['4::aW'] } }, body: 'Hello!' })

const RULES: Rule[] = [
  {
    rule: 'a body, exactly one',
    right: [[{ type: 'BODY', text: 'Hello!' }]],
    wrong: [
      [[], ''],
      [{ footer: 'Acme' }, ''],
      [
        [
          { type: 'BODY', text: 'A' },
          { type: 'body', text: 'B' },
        ],
        '1',
      ],
    ],
  },
  {
    rule: 'a body of 1024 characters, counted as people do',
    right: [{ body: 'x'.repeat(1024) }, { body: '\u{1F600}'.repeat(1024) }],
    wrong: [
      [{ body: 'x'.repeat(1025) }, 'body.text'],
      [{ body: { text: '' } }, 'body.text'],
    ],
  },
  {
    rule: 'a text header of 60 characters without formatting',
    right: [{ header: 'x'.repeat(60), body: 'Hello!' }],
    wrong: [
      [{ header: 'x'.repeat(61), body: 'Hello!' }, 'header.text'],
      [{ header: '_x_', body: 'Hello!' }, 'header.text'],
      [{ header: 'a\nb', body: 'Hello!' }, 'header.text'],
    ],
  },
  {
    rule: 'one variable in the header',
    right: [
      { header: { text: 'To {{1}}', example: { header_text: ['Ana'] } }, body: 'Hello!' },
      {
        header: {
          text: 'To {{first_name}}',
          example: { header_text_named_params: [{ param_name: 'first_name', example: 'Ana' }] },
        },
        body: 'Hello!',
      },
    ],
    wrong: [
      [{ header: { text: '{{1}} {{2}}', example: { header_text: ['a', 'b'] } }, body: 'Hello!' }, 'header.text'],
      [{ header: 'To {{1}}', body: 'Hello!' }, 'header.example.header_text'],
    ],
  },
  {
    rule: 'a sample for a file in the header, none for a place',
    right: [media('IMAGE'), media('video'), media('Document'), { header: { format: 'LOCATION' }, body: 'Hello!' }],
    wrong: [
      [{ header: { format: 'IMAGE' }, body: 'Hello!' }, 'header.example.header_handle'],
      [media('GIF'), 'header.format'],
    ],
  },
  {
    rule: 'a footer of 60 characters without variables',
    right: [{ body: 'Hello!', footer: 'x'.repeat(60) }],
    wrong: [
      [{ body: 'Hello!', footer: 'x'.repeat(61) }, 'footer.text'],
      [{ body: 'Hello!', footer: 'By {{1}}.' }, 'footer.text'],
    ],
  },
  {
    rule: 'variables by number without gaps, or by name, each once',
    right: [
      { body: body('A {{2}} and a {{1}} here.', 'x', 'y') },
      { body: { text: 'A {{a_b}} here.', example: { body_text_named_params: [{ param_name: 'a_b', example: 'x' }] } } },
    ],
    wrong: [
      [{ body: body('A {{1}} and a {{3}} here.', 'x', 'y') }, 'body.text'],
      [{ body: body('A {{a}} and a {{a}} here.', 'x') }, 'body.text'],
      [{ body: body('A {{a}} and a {{1}} here.', 'x', 'y') }, 'body.text'],
      [{ body: body('A {{#}} here.', 'x') }, 'body.text'],
      [{ body: body('A {{$1}} here.', 'x') }, 'body.text'],
      [{ body: body('A {{A}} here.', 'x') }, 'body.text'],
      [{ body: body('A {{ 1 }} here.', 'x') }, 'body.text'],
      [{ body: body('A {1}} here.', 'x') }, 'body.text'],
    ],
  },
  {
    rule: 'words before, after and between the variables, and enough of them',
    right: [{ body: body('Hi {{1}}, {{2}} it is.', 'x', 'y') }],
    wrong: [
      [{ body: body('{{1}} it is.', 'x') }, 'body.text'],
      [{ body: body('It is {{1}}', 'x') }, 'body.text'],
      [{ body: body('It is {{1}}{{2}} here.', 'x', 'y') }, 'body.text'],
      [{ body: body('It is {{1}} {{2}} here.', 'x', 'y') }, 'body.text'],
      [{ body: body('A {{1}}, {{2}}, {{3}}!', 'x', 'y', 'z') }, 'body.text'],
    ],
  },
  {
    rule: 'a sample for every variable',
    right: [{ body: body('Hi {{1}}!', 'Ana') }],
    wrong: [
      [{ body: 'Hi {{1}}!' }, 'body.example.body_text'],
      [{ body: body('Hi {{1}}!', 'Ana', 'Bo') }, 'body.example.body_text'],
      [{ body: 'Hi {{name}}!' }, 'body.example.body_text_named_params'],
    ],
  },
  {
    rule: 'up to ten buttons, two links, one phone number, one code, quick replies together',
    right: [withButtons(...Array.from({ length: 10 }, () => reply('Yes')))],
    wrong: [
      [withButtons(...Array.from({ length: 11 }, () => reply('Yes'))), 'buttons.buttons'],
      [
        withButtons(reply('A'), { type: 'PHONE_NUMBER', text: 'B', phone_number: '+1555' }, reply('C')),
        'buttons.buttons',
      ],
    ],
  },
  {
    rule: 'labels of 25 characters',
    right: [withButtons(reply('x'.repeat(25))), withButtons({ type: 'FLOW', text: 'Book', flow_id: '1' })],
    wrong: [
      [withButtons(reply('x'.repeat(26))), 'buttons.buttons.0.text'],
      [withButtons({ type: 'CATALOG' }), 'buttons.buttons.0.text'],
      [withButtons({ type: 'SPLENDID', text: 'x' }), 'buttons.buttons.0.type'],
    ],
  },
  {
    rule: 'links of 2000 characters, phone numbers of 20, codes of 15',
    right: [
      withButtons({ type: 'URL', text: 'Go', url: `https://example.com/${'x'.repeat(1980)}` }),
      withButtons({ type: 'PHONE_NUMBER', text: 'Call', phone_number: '1'.repeat(20) }),
      withButtons({ type: 'COPY_CODE', example: 'x'.repeat(15) }),
      withButtons({ type: 'REQUEST_CONTACT_INFO' }),
    ],
    wrong: [
      [
        withButtons({ type: 'URL', text: 'Go', url: `https://example.com/${'x'.repeat(1981)}` }),
        'buttons.buttons.0.url',
      ],
      [
        withButtons({ type: 'PHONE_NUMBER', text: 'Call', phone_number: '1'.repeat(21) }),
        'buttons.buttons.0.phone_number',
      ],
      [withButtons({ type: 'COPY_CODE', example: 'x'.repeat(16) }), 'buttons.buttons.0.example'],
    ],
  },
  {
    rule: 'Meta’s own words and one code button in authentication templates',
    category: 'AUTHENTICATION',
    right: [
      { body: {}, buttons: [OTP] },
      { body: { add_security_recommendation: true }, footer: { code_expiration_minutes: 90 }, buttons: [OTP] },
    ],
    wrong: [
      [{ body: {} }, ''],
      [{ body: {}, buttons: [OTP, OTP] }, 'buttons.buttons'],
      [{ body: {}, buttons: [reply('Yes')] }, 'buttons.buttons'],
      [{ body: {}, buttons: [{ type: 'OTP' }] }, 'buttons.buttons.0.otp_type'],
      [{ body: 'Your code is {{1}}.', buttons: [OTP] }, 'body.text'],
      [{ body: {}, footer: { code_expiration_minutes: 91 }, buttons: [OTP] }, 'footer.code_expiration_minutes'],
      [{ header: { format: 'LOCATION' }, body: {}, buttons: [OTP] }, 'header'],
    ],
  },
  {
    rule: 'whole Unicode',
    right: [{ body: 'Grüße \u{1F600}' }],
    wrong: [
      [{ body: 'a\ud800b' }, ''],
      [{ body: 'a\0b' }, ''],
      [[{ type: 'BODY', text: 'Hello!', extra: { note: '\0' } }], ''],
    ],
  },
]

function placesOf(category: TemplateCategory, components: unknown): string[] {
  try {
    checkedComponents(category, components)
    return []
  } catch (error) {
    if (error instanceof ValidationError) return error.problems.map(({ loc }) => loc.slice(2).join('.'))
    throw error
  }
}

describe('Meta demands of a template', () => {
  it.each(RULES)('$rule', ({ category = 'UTILITY', right, wrong }) => {
    for (const components of right) expect(placesOf(category, components)).toEqual([])
    for (const [components, loc] of wrong) expect(placesOf(category, components)).toContain(loc)
  })

  it('the same of every form that components can be written in', () => {
    const wrong = [{ type: 'BODY', text: 'x'.repeat(1025) }]
    expect(placesOf('UTILITY', wrong)).toEqual(['0.text'])
    expect(placesOf('UTILITY', { components: wrong })).toEqual(['components.0.text'])
    expect(placesOf('UTILITY', { body: wrong[0] })).toEqual(['body.text'])
  })
})
