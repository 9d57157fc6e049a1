import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../../shared/errors.ts'
import { checkSendComponents, type SendableTemplate } from '../../../shared/templates/check-send.ts'
import type { Component } from '../../../shared/templates/components.ts'
import { A_BODY } from './support.ts'

const HEADER: Component = { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' }
const NAMED: Component = { type: 'BODY', text: 'Hi {{first_name}}, your {{thing}} is here.' }
const BUTTONS: Component = {
  type: 'BUTTONS',
  buttons: [
    { type: 'QUICK_REPLY', text: 'Thanks' },
    { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}' },
    { type: 'URL', text: 'Home', url: 'https://example.com/' },
    { type: 'COPY_CODE', example: '25OFF' },
  ],
}
const IMAGE: Component = { type: 'HEADER', format: 'IMAGE' }
const DOCUMENT: Component = { type: 'HEADER', format: 'DOCUMENT' }
const PLACE: Component = { type: 'HEADER', format: 'LOCATION' }
const CODE: Component[] = [
  { type: 'BODY', text: '*{{1}}* is your verification code.' },
  { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', text: 'Copy' }] },
]
const STATIC: Component = { type: 'BODY', text: 'Hello!' }

const text = (value: string, parameter_name?: string) => ({
  type: 'text',
  text: value,
  ...(parameter_name === undefined ? {} : { parameter_name }),
})
const BODY = { type: 'body', parameters: [text('Ana'), text('A-17')] }
const URL_BUTTON = { type: 'button', sub_type: 'url', index: '1', parameters: [text('t/17')] }
const CODE_BUTTON = {
  type: 'button',
  sub_type: 'copy_code',
  index: '3',
  parameters: [{ type: 'coupon_code', coupon_code: 'X' }],
}

function sent(components: Component[], value: unknown, special?: string[]) {
  const template: SendableTemplate = { components, special_parts: special }
  return checkSendComponents(template, value)
}

function problemsOf(components: Component[], value: unknown): string[] {
  try {
    sent(components, value)
    return []
  } catch (error) {
    if (error instanceof ValidationError)
      return error.problems.map(({ loc, msg }) => `${loc.slice(2).join('.')}: ${msg}`)
    throw error
  }
}

describe('what a template is filled in with', () => {
  it.each<[string, Component[], unknown, unknown]>([
    ['Meta’s own form', [A_BODY], [BODY], [BODY]],
    ['upper case', [A_BODY], [{ ...BODY, type: 'BODY' }], [BODY]],
    ['components inside of an object', [A_BODY], { components: [BODY] }, [BODY]],
    ['an object', [A_BODY], { body: { parameters: BODY.parameters } }, [BODY]],
    [
      'plain texts and numbers',
      [A_BODY],
      { body: ['Ana', 17] },
      [{ type: 'body', parameters: [text('Ana'), text('17')] }],
    ],
    ['a single text', [HEADER, STATIC], { header: 'A-17' }, [{ type: 'header', parameters: [text('A-17')] }]],
    [
      'names in any order',
      [NAMED],
      [{ type: 'body', parameters: [text('order', 'thing'), text('Ana', 'first_name')] }],
      [{ type: 'body', parameters: [text('Ana', 'first_name'), text('order', 'thing')] }],
    ],
    [
      'an object of names',
      [NAMED],
      { body: { first_name: 'Ana', thing: 'order' } },
      [{ type: 'body', parameters: [text('Ana', 'first_name'), text('order', 'thing')] }],
    ],
    [
      'an amount of money',
      [A_BODY],
      { body: ['Ana', { type: 'currency', currency: { fallback_value: '$5', code: 'USD', amount_1000: 5000 } }] },
      [
        {
          type: 'body',
          parameters: [
            text('Ana'),
            { type: 'currency', currency: { fallback_value: '$5', code: 'USD', amount_1000: 5000 } },
          ],
        },
      ],
    ],
    [
      'a picture',
      [IMAGE, STATIC],
      { header: { image: { link: 'https://example.com/a.png' } } },
      [{ type: 'header', parameters: [{ type: 'image', image: { link: 'https://example.com/a.png' } }] }],
    ],
    [
      'a document with its name',
      [DOCUMENT, STATIC],
      [{ type: 'header', parameters: [{ type: 'document', document: { id: '42', filename: 'a.pdf' } }] }],
      [{ type: 'header', parameters: [{ type: 'document', document: { id: '42', filename: 'a.pdf' } }] }],
    ],
    [
      'a place',
      [PLACE, STATIC],
      { header: { location: { latitude: '52.5', longitude: 13.4, name: 'Berlin' } } },
      [
        {
          type: 'header',
          parameters: [{ type: 'location', location: { latitude: 52.5, longitude: 13.4, name: 'Berlin' } }],
        },
      ],
    ],
    ['buttons in any order', [STATIC, BUTTONS], [CODE_BUTTON, { ...URL_BUTTON, index: 1 }], [URL_BUTTON, CODE_BUTTON]],
    [
      'buttons in an object',
      [STATIC, BUTTONS],
      {
        buttons: [
          null,
          { index: 1, parameters: ['t/17'] },
          { sub_type: 'copy_code', index: '3', parameters: ['X'] },
        ].slice(1),
      },
      [URL_BUTTON, CODE_BUTTON],
    ],
    [
      'the payload of a quick reply',
      [STATIC, { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Yes' }] }],
      [{ type: 'button', index: 0, parameters: [{ type: 'payload', payload: 'YES' }] }],
      [{ type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'YES' }] }],
    ],
    [
      'a code once',
      CODE,
      { body: ['123456'] },
      [
        { type: 'body', parameters: [text('123456')] },
        { type: 'button', sub_type: 'url', index: '0', parameters: [text('123456')] },
      ],
    ],
    ['nothing, where nothing is needed', [STATIC], null, []],
    ['an empty object', [STATIC], {}, []],
  ])('may be %s', (_what, components, value, expected) => {
    expect(sent(components, value)).toEqual(expected)
  })

  it('hands parts on that Herald does not know', () => {
    const carousel = { type: 'carousel', cards: [{ card_index: 0 }] }
    expect(sent([STATIC], [carousel], ['CAROUSEL'])).toEqual([carousel])
  })

  it.each<[string, Component[], unknown, string]>([
    ['nothing', [A_BODY], undefined, ": The template's body takes 2 values ({{1}}, {{2}}), not 0"],
    ['too little', [A_BODY], { body: ['Ana'] }, "body.parameters: The template's body takes 2 values"],
    ['too much', [STATIC], { body: ['Ana'] }, "body.parameters: The template's body takes no values"],
    ['a word', [A_BODY], 'Ana', ': Input should be a list'],
    ['another part', [STATIC], { footer: 'x' }, 'footer: A send fills in'],
    ['an unknown type', [STATIC], [{ type: 'footer' }], "0.type: Input should be 'header'"],
    ['two bodies', [A_BODY], [BODY, BODY], '1: A message has one body at most'],
    ['no object', [A_BODY], [7], '0: Input should be a valid dictionary'],
    ['a truth', [A_BODY], { body: [true, 'x'] }, 'body.parameters.0: Input should be a text'],
    ['an empty value', [A_BODY], { body: ['', 'x'] }, 'body.parameters.0.text: Meta takes no empty'],
    ['a line break', [A_BODY], { body: ['a\nb', 'x'] }, 'body.parameters.0.text: Meta takes no line breaks'],
    ['half a character', [A_BODY], { body: ['\ud800', 'x'] }, 'body.parameters.0.text: Input should be text'],
    ['an endless value', [A_BODY], { body: ['x'.repeat(1020), 'x'] }, 'body.parameters: The body would have'],
    [
      'a picture in the body',
      [A_BODY],
      { body: [{ type: 'image' }, 'x'] },
      "body.parameters.0.type: Input should be 'text'",
    ],
    ['money without words', [A_BODY], { body: [{ type: 'currency' }, 'x'] }, 'body.parameters.0.currency: Give'],
    [
      'a wrong name',
      [NAMED],
      { body: { first_name: 'Ana', other: 'x' } },
      'body.parameters: There is no value with parameter_name thing',
    ],
    ['no picture', [IMAGE, STATIC], {}, ": The template's header takes one image"],
    [
      'another kind of file',
      [IMAGE, STATIC],
      { header: { video: { id: '1' } } },
      "header.parameters.0.type: The template's header takes",
    ],
    [
      'two sources',
      [IMAGE, STATIC],
      { header: { image: { id: '1', link: 'https://a.example/b' } } },
      'header.parameters.0.image: Give either',
    ],
    ['no link', [IMAGE, STATIC], { header: { image: { link: 'file:///etc' } } }, 'header.parameters.0.image.link'],
    [
      'a named picture',
      [IMAGE, STATIC],
      { header: { image: { id: '1', filename: 'x' } } },
      'header.parameters.0.image.filename: Only',
    ],
    [
      'a place off the map',
      [PLACE, STATIC],
      { header: { location: { latitude: 99, longitude: 0 } } },
      'header.parameters.0.location.latitude',
    ],
    ['buttons missing', [STATIC, BUTTONS], [URL_BUTTON], ': Button 3 (copy_code) of the template needs a value'],
    [
      'no such button',
      [STATIC, BUTTONS],
      [URL_BUTTON, CODE_BUTTON, { ...URL_BUTTON, index: 7 }],
      '2.index: The template has no button 7',
    ],
    [
      'a button twice',
      [STATIC, BUTTONS],
      [URL_BUTTON, URL_BUTTON, CODE_BUTTON],
      '1.index: Button 1 is filled in twice',
    ],
    [
      'a fixed button',
      [STATIC, BUTTONS],
      [URL_BUTTON, CODE_BUTTON, { ...URL_BUTTON, index: 2 }],
      '2: Button 2 of the template takes no',
    ],
    [
      'another kind of button',
      [STATIC, BUTTONS],
      [{ ...URL_BUTTON, sub_type: 'flow' }, CODE_BUTTON],
      '0.sub_type: Button 1',
    ],
    [
      'a long code',
      [STATIC, BUTTONS],
      [URL_BUTTON, { ...CODE_BUTTON, parameters: ['x'.repeat(16)] }],
      '1.parameters.0: Give',
    ],
    [
      'a strange index',
      [STATIC, BUTTONS],
      [{ ...URL_BUTTON, index: 'one' }],
      "0.index: Input should be the button's position",
    ],
    [
      'two codes',
      CODE,
      [
        { type: 'body', parameters: ['1'] },
        { ...URL_BUTTON, index: 0 },
      ],
      ': The code in the body',
    ],
    ['far too much', [A_BODY], { body: ['x'.repeat(40_000), 'y'] }, ': Keep components below 32 KB'],
  ])('is refused at its place: %s', (_what, components, value, start) => {
    expect(problemsOf(components, value)).toContainEqual(expect.stringContaining(start))
  })

  it('tells everything that is wrong at once', () => {
    const value = { header: ['a\tb'], body: ['', 'x'], buttons: [{ index: 1, parameters: [''] }] }
    expect(problemsOf([HEADER, A_BODY, BUTTONS], value)).toHaveLength(4)
  })
})
