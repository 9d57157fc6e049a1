/** What the buttons of a template message are filled in with: the rest of an address, a code, a payload, a flow. */
import type { ReportAt } from './check-send.ts'
import { textProblem } from './check-send-texts.ts'
import type { Button, Component } from './components.ts'
import { templateParameters } from './parameters.ts'
import type { SendComponent, SendParameter } from './render.ts'
import { isObject, type Path, type SentComponent } from './send-forms.ts'

const PAYLOAD_MAX = 128
const CODE_MAX = 15

interface SentButtons {
  buttons: SentComponent[]
  /** The filled-in body: where a one-time code stands. */
  body: SendComponent | undefined
  path: Path
}

/** How a kind of button is filled in. */
interface Slot {
  subType: string
  isRequired: boolean
  /** The parameter for Meta, or what is wrong with it. */
  read(value: Record<string, unknown>): SendParameter | string
}

export function checkSentButtons(
  components: readonly Component[],
  { buttons, body, path }: SentButtons,
  report: ReportAt,
): SendComponent[] {
  const known = components.find((component) => component.type === 'BUTTONS')?.buttons ?? []
  const { codeButton } = templateParameters(components)
  const slots = known.map((button, index) => slotOf(button, index === codeButton))
  const filled = new Map<number, SendComponent>()
  for (const sent of buttons) {
    const index = sent.index ?? indexOf(slots, sent.subType)
    const slot = slots[index]
    if (index >= known.length || filled.has(index)) {
      const msg = filled.has(index) ? `Button ${index} is filled in twice` : `The template has no button ${index}`
      report([...sent.path, 'index'], msg)
    } else if (!slot) {
      report(sent.path, `Button ${index} of the template takes no values`)
    } else {
      filled.set(index, fillButton(index, slot, sent, report))
    }
  }
  slots.forEach((slot, index) => {
    if (!slot?.isRequired || filled.has(index)) return
    const code = index === codeButton ? body?.parameters[0] : undefined
    // Meta wants a one-time code twice: once given, it is known.
    if (code) filled.set(index, { type: 'button', sub_type: 'url', index: String(index), parameters: [code] })
    else report(path, `Button ${index} (${slot.subType}) of the template needs a value`)
  })
  checkCode(codeButton, { filled, body, path }, report)
  return [...filled].sort(([a], [b]) => a - b).map(([, component]) => component)
}

/** A button without a position is the first one of its kind that takes a value. */
function indexOf(slots: (Slot | undefined)[], subType: string | undefined): number {
  const found = slots.findIndex((slot) => slot && (subType === undefined || slot.subType === subType))
  return Math.max(found, 0)
}

function fillButton(index: number, slot: Slot, { subType, parameters, path }: SentComponent, report: ReportAt) {
  const component: SendComponent = { type: 'button', sub_type: slot.subType, index: String(index), parameters: [] }
  if (subType !== undefined && subType !== slot.subType) {
    report([...path, 'sub_type'], `Button ${index} of the template is of sub_type ${slot.subType}`)
  }
  const [parameter] = parameters
  if (parameters.length > 1 || !parameter) {
    if (parameter || slot.isRequired) report([...path, 'parameters'], `Button ${index} takes one value`)
    return component
  }
  const read = slot.read(parameter.value)
  if (typeof read === 'string') report(parameter.path, read)
  else component.parameters = [read]
  return component
}

/** Undefined for a button that takes nothing. */
function slotOf({ type, url = '' }: Button, isCode: boolean): Slot | undefined {
  if (isCode) return { subType: 'url', isRequired: true, read: readText }
  if (type === 'URL') return url.includes('{{') ? { subType: 'url', isRequired: true, read: readText } : undefined
  if (type === 'COPY_CODE') return { subType: 'copy_code', isRequired: true, read: readCode }
  if (type === 'QUICK_REPLY') return { subType: 'quick_reply', isRequired: false, read: readPayload }
  if (ACTIONS.has(type)) return { subType: type.toLowerCase(), isRequired: NEEDS_ACTION.has(type), read: readAction }
  return undefined
}

const ACTIONS = new Set(['FLOW', 'CATALOG', 'MPM', 'SPM', 'VOICE_CALL'])
/** Which products to show is only known when it is sent. */
const NEEDS_ACTION = new Set(['MPM', 'SPM'])

function readText({ text }: Record<string, unknown>): SendParameter | string {
  return textProblem(text) ?? { type: 'text', text: String(text) }
}

function readCode({ coupon_code: code, text = code }: Record<string, unknown>): SendParameter | string {
  const value = typeof text === 'number' ? String(text) : text
  if (typeof value !== 'string' || value.trim() === '' || value.length > CODE_MAX) {
    return `Give {"type":"coupon_code","coupon_code":"…"} with 1 to ${CODE_MAX} characters`
  }
  return { type: 'coupon_code', coupon_code: value }
}

function readPayload({ payload, text = payload }: Record<string, unknown>): SendParameter | string {
  if (typeof text === 'string' && text !== '' && text.length <= PAYLOAD_MAX) return { type: 'payload', payload: text }
  return `Give {"type":"payload","payload":"…"} with 1 to ${PAYLOAD_MAX} characters`
}

function readAction(value: Record<string, unknown>): SendParameter | string {
  if (!isObject(value['action'])) return 'Give {"type":"action","action":{…}}'
  return { type: 'action', action: value['action'] }
}

function checkCode(
  codeButton: number | undefined,
  { filled, body, path }: { filled: Map<number, SendComponent>; body: SendComponent | undefined; path: Path },
  report: ReportAt,
): void {
  const inButton = codeButton === undefined ? undefined : filled.get(codeButton)?.parameters[0]
  const inBody = body?.parameters[0]
  if (!inButton || !inBody || inButton['text'] === inBody['text']) return
  report(path, 'The code in the body and the code of the button must be the same')
}
