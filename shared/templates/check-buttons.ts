/** What Meta demands of a template's buttons: kinds, numbers, lengths, and quick replies side by side. */
import type { Report } from './check.ts'
import type { Button, Buttons } from './components.ts'
import { characterCount, placeholderProblem, placeholdersIn } from './placeholders.ts'
import type { TemplateCategory } from './schema.ts'

const MOST_BUTTONS = 10
const MOST_OF: Record<string, number> = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 }
/** Meta has forms of its own for what these carry, and judges that itself. */
const SPECIAL = new Set([
  'FLOW',
  'CATALOG',
  'MPM',
  'SPM',
  'VOICE_CALL',
  'CALL_PERMISSION_REQUEST',
  'REQUEST_CONTACT_INFO',
])
const OTP_TYPES = ['COPY_CODE', 'ONE_TAP', 'ZERO_TAP']
const TEXT_MAX = 25
const URL_MAX = 2000
const PHONE_MAX = 20
const CODE_MAX = 15

export function checkButtons(category: TemplateCategory, { buttons }: Buttons, report: Report): void {
  if (category === 'AUTHENTICATION') {
    checkCodeButton(buttons, report)
    return
  }
  checkTypes(
    buttons.map(({ type }) => type),
    (msg) => report(['buttons'], msg),
  )
  buttons.forEach((button, index) => checkButton(button, (path, msg) => report(['buttons', index, ...path], msg)))
}

function checkCodeButton(buttons: Button[], report: Report): void {
  const [button] = buttons
  if (buttons.length !== 1 || button?.type !== 'OTP') {
    report(['buttons'], 'An AUTHENTICATION template has exactly one button, of type OTP')
    return
  }
  const kind = button['otp_type']
  if (typeof kind !== 'string' || !OTP_TYPES.includes(kind.toUpperCase())) {
    report(['buttons', 0, 'otp_type'], `Give an otp_type: ${OTP_TYPES.join(', ')}`)
  }
  if (button.text !== undefined) checkLabel(button, (path, msg) => report(['buttons', 0, ...path], msg))
}

function checkTypes(types: string[], report: (msg: string) => void): void {
  if (types.length < 1 || types.length > MOST_BUTTONS) report(`Give 1 to ${MOST_BUTTONS} buttons`)
  for (const [type, most] of Object.entries(MOST_OF)) {
    const count = types.filter((candidate) => candidate === type).length
    if (count > most) report(`${most} button${most === 1 ? '' : 's'} of type ${type} at most`)
  }
  if (!areGrouped(types)) report('Put all quick replies together, before or after the other buttons')
}

function checkButton(button: Button, report: Report): void {
  if (SPECIAL.has(button.type)) {
    // Meta writes the label of this one itself.
    if (button.type !== 'REQUEST_CONTACT_INFO' || button.text !== undefined) checkLabel(button, report)
    return
  }
  if (!Object.hasOwn(MOST_OF, button.type)) {
    const known = [...Object.keys(MOST_OF), ...SPECIAL].join(', ')
    report(['type'], `Herald sends buttons of type ${known}, and OTP in AUTHENTICATION templates`)
    return
  }
  if (button.type === 'COPY_CODE') checkCode(button, report)
  else checkLabel(button, report)
  if (button.type === 'URL') checkUrl(button, report)
  if (button.type === 'PHONE_NUMBER') checkPhone(button, report)
}

function checkLabel({ text = '' }: Button, report: Report): void {
  if (text.trim() === '' || characterCount(text) > TEXT_MAX)
    report(['text'], `Give a text of 1 to ${TEXT_MAX} characters`)
  if (placeholdersIn(text).length > 0) report(['text'], 'The text of a button takes no variables')
}

function checkUrl({ url = '', example }: Button, report: Report): void {
  const problem = urlProblem(url)
  if (problem !== undefined) report(['url'], problem)
  if (problem !== undefined || placeholdersIn(url).length === 0) return
  const sample = typeof example === 'string' ? example : example?.[0]
  if ((sample ?? '').trim() === '') report(['example'], 'Give a sample of the full address: ["https://…"]')
}

function urlProblem(url: string): string | undefined {
  if (!/^https?:\/\/\S+$/i.test(url) || url.length > URL_MAX) {
    return `Give a full address that begins with https:// and has ${URL_MAX} characters at most`
  }
  const names = placeholdersIn(url)
  if (names.length === 0) return placeholderProblem(url)
  const isAtEnd = names.length === 1 && url.indexOf('{{1}}') === url.length - '{{1}}'.length
  return isAtEnd ? placeholderProblem(url) : 'An address takes one variable, {{1}}, at its very end'
}

function checkPhone({ phone_number: phone = '' }: Button, report: Report): void {
  if (!/\d/.test(phone) || phone.length > PHONE_MAX) {
    report(['phone_number'], `Give a phone number of ${PHONE_MAX} characters at most`)
  }
}

function checkCode({ example }: Button, report: Report): void {
  if (typeof example === 'string' && example.trim() !== '' && characterCount(example) <= CODE_MAX) return
  report(['example'], `Give a sample code of 1 to ${CODE_MAX} characters`)
}

/** All quick replies first, or all last. */
function areGrouped(types: string[]): boolean {
  const isQuick = types.map((type) => type === 'QUICK_REPLY')
  return isQuick.filter((quick, index) => index > 0 && quick !== isQuick[index - 1]).length <= 1
}
