import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Button, Component } from '../../../shared/templates/components.ts'
import { templateParameters, valueKeys } from '../../../shared/templates/parameters.ts'
import { renderComponents } from '../../../shared/templates/render.ts'

const link: Button = { type: 'URL', text: 'Track', url: 'https://example.com/{{1}}' }
const reply: Button = { type: 'QUICK_REPLY', text: 'Thanks' }
const coupon: Button = { type: 'COPY_CODE', example: '25OFF' }

function bodyOf(names: string[]): Component {
  return { type: 'BODY', text: `Hi ${names.map((name) => `{{${name}}}`).join(', ')}.` }
}

describe('the values of a template', () => {
  it('have one key each, in the order they are given in', () => {
    const components: Component[] = [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
      { type: 'BODY', text: 'Second {{2}}, first {{1}}.' },
      { type: 'BUTTONS', buttons: [reply, link, coupon] },
    ]
    const variables = templateParameters(components)
    expect(variables).toEqual({
      named: false,
      header: ['1'],
      media: undefined,
      body: ['1', '2'],
      buttons: [
        { index: 1, subType: 'url', name: '1' },
        { index: 2, subType: 'copy_code', name: 'code' },
      ],
      codeButton: undefined,
    })
    expect(valueKeys(variables)).toEqual(['header.1', '1', '2', 'button.1', 'button.2'])
  })

  it('go where Meta wants them', () => {
    const components: Component[] = [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
      bodyOf(['1', '2']),
      { type: 'BUTTONS', buttons: [reply, link, coupon] },
    ]
    expect(renderComponents(components, ['A-17', 'Ana', 'today', 'a17', '25OFF'])).toEqual([
      { type: 'header', parameters: [{ type: 'text', text: 'A-17' }] },
      {
        type: 'body',
        parameters: [
          { type: 'text', text: 'Ana' },
          { type: 'text', text: 'today' },
        ],
      },
      { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'a17' }] },
      {
        type: 'button',
        sub_type: 'copy_code',
        index: '2',
        parameters: [{ type: 'coupon_code', coupon_code: '25OFF' }],
      },
    ])
  })

  it('carry their names where the template names its variables', () => {
    const components: Component[] = [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{order}}' },
      bodyOf(['first_name']),
      { type: 'BUTTONS', buttons: [link] },
    ]
    expect(templateParameters(components).named).toBe(true)
    expect(renderComponents(components, ['A-17', 'Ana', 'a17'])).toEqual([
      { type: 'header', parameters: [{ type: 'text', parameter_name: 'order', text: 'A-17' }] },
      { type: 'body', parameters: [{ type: 'text', parameter_name: 'first_name', text: 'Ana' }] },
      { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'a17' }] },
    ])
  })

  it('are none for a template without variables', () => {
    expect(
      renderComponents(
        [
          { type: 'BODY', text: 'Hello!' },
          { type: 'BUTTONS', buttons: [reply] },
        ],
        [],
      ),
    ).toEqual([])
  })

  it('give the code of an authentication template twice, as submitted and as Meta gives it back', () => {
    const submitted: Component[] = [{ type: 'BODY' }, { type: 'BUTTONS', buttons: [{ type: 'OTP' }] }]
    const url = 'https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}'
    const synced: Component[] = [
      { type: 'BODY', text: '*{{1}}* is your verification code.' },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Copy code', url }] },
    ]
    for (const components of [submitted, synced]) {
      expect(valueKeys(templateParameters(components))).toEqual(['1'])
      expect(renderComponents(components, ['123456'])).toEqual([
        { type: 'body', parameters: [{ type: 'text', text: '123456' }] },
        { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: '123456' }] },
      ])
    }
  })

  it('come with the file of a media header, and not without it', () => {
    const components: Component[] = [{ type: 'HEADER', format: 'IMAGE' }, bodyOf(['1'])]
    expect(templateParameters(components).media).toBe('image')
    expect(renderComponents(components, ['Ana'], { link: 'https://example.com/a.png' })[0]).toEqual({
      type: 'header',
      parameters: [{ type: 'image', image: { link: 'https://example.com/a.png' } }],
    })
    expect(() => renderComponents(components, ['Ana'])).toThrow(RangeError)
  })

  it('are on one line, because Meta refuses others', () => {
    const rendered = renderComponents([bodyOf(['1'])], ['a\r\nb\tc      d    e'])
    expect(rendered).toEqual([{ type: 'body', parameters: [{ type: 'text', text: 'a b c d    e' }] }])
  })
})

const positional = fc.integer({ min: 0, max: 9 }).map((count) => Array.from({ length: count }, (_, i) => String(i + 1)))
const named = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z_]{0,8}$/), { minLength: 1, maxLength: 9 })
const anyTemplate = fc.record({
  body: fc.oneof(positional, named),
  buttons: fc.array(fc.constantFrom(link, reply, coupon), { maxLength: 5 }),
})

describe('any template', () => {
  it('renders every value exactly once, in order, with one parameter for each key', () => {
    fc.assert(
      fc.property(anyTemplate, ({ body, buttons }) => {
        const components: Component[] = [bodyOf(body), { type: 'BUTTONS', buttons }]
        const keys = valueKeys(templateParameters(components))
        const values = keys.map((_key, index) => `value ${index}`)
        const parameters = renderComponents(components, values).flatMap((component) => component.parameters)
        const rendered = parameters.map((parameter) =>
          'coupon_code' in parameter ? parameter['coupon_code'] : parameter['text'],
        )
        expect(rendered).toEqual(values)
        expect(new Set(keys).size).toBe(keys.length)
      }),
    )
  })

  it('takes neither more nor fewer values than it has keys', () => {
    fc.assert(
      fc.property(anyTemplate, fc.array(fc.string(), { maxLength: 16 }), ({ body, buttons }, values) => {
        const components: Component[] = [bodyOf(body), { type: 'BUTTONS', buttons }]
        fc.pre(values.length !== valueKeys(templateParameters(components)).length)
        expect(() => renderComponents(components, values)).toThrow(RangeError)
      }),
    )
  })
})
