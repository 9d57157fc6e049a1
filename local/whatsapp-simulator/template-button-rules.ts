/** The buttons of a template: kinds, numbers, lengths, and quick replies side by side. */
import { GraphError } from './errors.ts'
import { lengthOf, listOf, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { variablesOf } from './template-types.ts'

const kinds = [
  'QUICK_REPLY',
  'URL',
  'PHONE_NUMBER',
  'COPY_CODE',
  'OTP',
  'FLOW',
  'CATALOG',
  'MPM',
  'SPM',
  'VOICE_CALL',
  'CALL_PERMISSION_REQUEST',
  'REQUEST_CONTACT_INFO',
]
const most: Readonly<Record<string, number>> = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 }

export function checkButtons(component: Json, category: string): void {
  const buttons = objectsOf(component['buttons'])
  if (buttons.length < 1 || buttons.length > 10) throw wrong(2388043, 'A template can have 1 to 10 buttons.')
  const types = buttons.map((button) => textOf(button['type'])?.toUpperCase() ?? '')
  if (category === 'AUTHENTICATION' && types.some((type) => type !== 'OTP')) {
    throw wrong(2388043, 'Authentication templates have one button of type OTP.')
  }
  for (const [type, limit] of Object.entries(most)) {
    if (types.filter((candidate) => candidate === type).length > limit)
      throw wrong(2388043, `At most ${limit} buttons of type ${type}.`)
  }
  if (!areGrouped(types)) throw wrong(2388043, 'Quick replies must be grouped together.')
  buttons.forEach((button, index) => checkButton(button, types[index] ?? ''))
}

function checkButton(button: Json, type: string): void {
  if (!kinds.includes(type)) throw wrong(2388043, `The button type ${type} is not valid.`)
  const text = textOf(button['text'])
  if (text === undefined && !['COPY_CODE', 'OTP', 'REQUEST_CONTACT_INFO'].includes(type)) throw lacks('text')
  atMost('button text', text ?? '', 25)
  if (type === 'URL') checkUrl(button)
  if (type === 'PHONE_NUMBER') atMost('phone number', given(button['phone_number'], 'phone_number'), 20)
  if (type === 'COPY_CODE') atMost('example', given(listOf(button['example'])[0] ?? button['example'], 'example'), 15)
}

function given(value: unknown, part: string): string {
  const text = textOf(value)
  if (text === undefined) throw lacks(part)
  return text
}

function checkUrl(button: Json): void {
  const url = given(button['url'], 'url')
  atMost('url', url, 2000)
  const variables = variablesOf(url)
  if (variables.length === 0) return
  if (variables.length > 1 || !url.endsWith('}}')) throw wrong(2388043, 'A URL can have one variable, at its end.')
  given(listOf(button['example'])[0] ?? button['example'], 'example')
}

/** All quick replies first, or all last. */
function areGrouped(types: string[]): boolean {
  const changes = types.filter(
    (type, index) => index > 0 && (type === 'QUICK_REPLY') !== (types[index - 1] === 'QUICK_REPLY'),
  )
  return changes.length <= 1
}

function atMost(part: string, text: string, limit: number): void {
  if (lengthOf(text) > limit) throw wrong(2388040, `The ${part} has more than ${limit} characters.`)
}

function lacks(part: string): GraphError {
  return wrong(2388043, `component of type BUTTONS is missing expected field(s) (${part})`)
}

function wrong(subcode: number, userMessage: string): GraphError {
  const userTitle =
    subcode === 2388040
      ? 'Character limit exceeded'
      : 'Message template "components" param is missing expected field(s)'
  return new GraphError(100, { message: 'Invalid parameter', subcode, transient: false, userTitle, userMessage })
}
