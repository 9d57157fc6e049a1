/** What has to be filled in when a template is sent. */
import type { Button, Component } from './components.ts'
import { isNamed, placeholdersIn } from './placeholders.ts'

export interface ButtonVariable {
  /** The button's position in the template. */
  index: number
  subType: 'url' | 'copy_code'
  /** The placeholder in the URL; `code` for a code to copy. */
  name: string
}

/** All variables of a template. Values are always given as one list, in the order of `valueKeys`. */
export interface TemplateVariables {
  /** True if header and body name their variables, false if they number them. */
  named: boolean
  /** None or one: the variable of a text header. */
  header: string[]
  /** Set if the header is a file or a place: one must be given with every message. */
  media: 'image' | 'video' | 'document' | 'location' | undefined
  body: string[]
  buttons: ButtonVariable[]
  /** The button that repeats the one-time code of the body (AUTHENTICATION templates only). */
  codeButton: number | undefined
}

export function templateParameters(components: readonly Component[]): TemplateVariables {
  const { header, body, buttons } = partsOf(components)
  const code = buttons.findIndex(isOneTimeCode)
  const inHeader = header?.format === 'TEXT' ? placeholdersIn(header.text ?? '') : []
  // Meta writes the text of AUTHENTICATION templates itself: its one variable is the code.
  const inBody = code >= 0 ? ['1'] : placeholdersIn(body?.text ?? '')
  return {
    named: [...inHeader, ...inBody].some(isNamed),
    header: inHeader,
    media: header && MEDIA[header.format],
    body: inBody,
    buttons: buttons.flatMap(buttonVariable),
    codeButton: code >= 0 ? code : undefined,
  }
}

/**
 * One key for each value, in the order that values are given in: `header.1` or `header.<name>`, then the body's `1`,
 * `2` … or names, then `button.<index>`.
 */
export function valueKeys({ header, body, buttons }: TemplateVariables): string[] {
  return [...header.map((name) => `header.${name}`), ...body, ...buttons.map(({ index }) => `button.${index}`)]
}

/** How many characters Meta takes for each of `valueKeys`; Infinity where only the whole text is limited. */
export function valueLimits(components: readonly Component[]): number[] {
  const { header, body, buttons, codeButton } = templateParameters(components)
  return [
    ...header.map(() => HEADER_MAX),
    ...body.map(() => (codeButton === undefined ? Infinity : CODE_MAX)),
    ...buttons.map(({ subType }) => (subType === 'copy_code' ? CODE_MAX : Infinity)),
  ]
}

export const BODY_MAX = 1024
const HEADER_MAX = 60
/** Of a coupon, and of a one-time code. */
const CODE_MAX = 15

const MEDIA = { TEXT: undefined, IMAGE: 'image', VIDEO: 'video', DOCUMENT: 'document', LOCATION: 'location' } as const

function partsOf(components: readonly Component[]) {
  return {
    header: components.find((component) => component.type === 'HEADER'),
    body: components.find((component) => component.type === 'BODY'),
    buttons: components.find((component) => component.type === 'BUTTONS')?.buttons ?? [],
  }
}

function buttonVariable(button: Button, index: number): ButtonVariable[] {
  if (isOneTimeCode(button)) return []
  if (button.type === 'COPY_CODE') return [{ index, subType: 'copy_code', name: 'code' }]
  const [name] = button.type === 'URL' ? placeholdersIn(button.url ?? '') : []
  return name === undefined ? [] : [{ index, subType: 'url', name }]
}

/** As it is submitted, or as Meta gives it back: a link of its own with the code at the end. */
function isOneTimeCode({ type, url }: Button): boolean {
  return type === 'OTP' || (type === 'URL' && url?.startsWith('https://www.whatsapp.com/otp/') === true)
}
