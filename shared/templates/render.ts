/** The `components` of one template message: the values of one recipient in the places that Meta wants them in. */
import type { Component } from './components.ts'
import { templateParameters, valueKeys, type ButtonVariable, type TemplateVariables } from './parameters.ts'

/** `{ type: 'text', text, parameter_name? }`, `{ type: 'coupon_code', coupon_code }`, `{ type: 'image', image }` … */
export interface SendParameter {
  type: string
  [content: string]: unknown
}

export interface SendComponent {
  type: 'header' | 'body' | 'button'
  /** `url`, `copy_code` and others, as Meta names the kinds of buttons. */
  sub_type?: string
  /** Meta takes text and numbers; its own examples use text. */
  index?: string
  parameters: SendParameter[]
}

/** The object Meta wants for the template's kind of media header, `{ id }` or `{ link }`; a place for a location. */
export type HeaderMedia = Record<string, unknown>

/**
 * `values` are in the order of `valueKeys`. Components without variables are left out. Throws RangeError if there are
 * too few or too many values, or no `media` where the header needs it: both are checked when a campaign starts.
 */
export function renderComponents(
  components: readonly Component[],
  values: readonly string[],
  media?: HeaderMedia,
): SendComponent[] {
  const texts = renderTexts(components, values)
  const { media: kind } = variablesOf(components)
  if (kind === undefined) return texts
  if (!media) throw new RangeError(`The template's header needs a ${kind}`)
  return [mediaHeader(kind, media), ...texts]
}

/** As `renderComponents`, without the header where that is a file or a place. */
export function renderTexts(components: readonly Component[], values: readonly string[]): SendComponent[] {
  const variables = variablesOf(components)
  const { named, header, body, buttons, codeButton } = variables
  if (values.length !== valueKeys(variables).length) {
    throw new RangeError(`The template takes ${valueKeys(variables).length} values, not ${values.length}`)
  }
  const texts = (names: string[], from: number): SendParameter[] =>
    names.map((name, index) => ({
      type: 'text',
      text: oneLine(values[from + index] ?? ''),
      ...(named ? { parameter_name: name } : {}),
    }))
  const result: SendComponent[] = []
  if (header.length > 0) result.push({ type: 'header', parameters: texts(header, 0) })
  if (body.length > 0) result.push({ type: 'body', parameters: texts(body, header.length) })
  const firstButton = header.length + body.length
  buttons.forEach((button, index) => result.push(buttonComponent(button, values[firstButton + index] ?? '')))
  if (codeButton !== undefined) {
    result.push(buttonComponent({ index: codeButton, subType: 'url', name: 'code' }, values[header.length] ?? ''))
  }
  return result
}

export function mediaHeader(kind: string, media: HeaderMedia): SendComponent {
  return { type: 'header', parameters: [{ type: kind, [kind]: media }] }
}

function buttonComponent({ index, subType }: ButtonVariable, value: string): SendComponent {
  const parameter: SendParameter =
    subType === 'copy_code' ? { type: 'coupon_code', coupon_code: value } : { type: 'text', text: value }
  return { type: 'button', sub_type: subType, index: String(index), parameters: [parameter] }
}

/** Meta refuses messages whose values hold line breaks, tabs, or more than four spaces in a row. */
function oneLine(value: string): string {
  return value.replace(/[\n\r\t]+| {5,}/g, ' ')
}

/** A campaign renders the same template for every recipient: its texts are searched once. */
const known = new WeakMap<readonly Component[], TemplateVariables>()

function variablesOf(components: readonly Component[]): TemplateVariables {
  const variables = known.get(components) ?? templateParameters(components)
  known.set(components, variables)
  return variables
}
