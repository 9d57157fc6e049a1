/** The texts that replace the variables of a header or a body. */
import type { ReportAt, SendableTemplate } from './check-send.ts'
import { BODY_MAX, templateParameters } from './parameters.ts'
import { characterCount } from './placeholders.ts'
import type { SendComponent, SendParameter } from './render.ts'
import { isObject, typeOf, type Path, type SentComponent, type SentParameter } from './send-forms.ts'

interface TextPart {
  part: 'header' | 'body'
  sent: SentComponent | undefined
  /** Where the components stand, for what is missing. */
  path: Path
}

export function checkTexts(
  template: SendableTemplate,
  { part, sent, path }: TextPart,
  report: ReportAt,
): SendComponent | undefined {
  const variables = templateParameters(template.components)
  const names = variables[part]
  const parameters = sent?.parameters ?? []
  if (parameters.length !== names.length) {
    report(sent ? [...sent.path, 'parameters'] : path, countWords(part, names, parameters.length))
    return undefined
  }
  const filled = parameters.map((parameter) => checkText(parameter, report))
  const ordered = variables.named ? inOrder(names, { sent, filled }, report) : filled.map(({ value }) => value)
  if (part === 'body') checkLength(template, { sent, filled }, report)
  return names.length === 0 ? undefined : { type: part, parameters: ordered }
}

function countWords(part: string, names: string[], given: number): string {
  if (names.length === 0) return `The template's ${part} takes no values`
  const list = names.map((name) => `{{${name}}}`).join(', ')
  return `The template's ${part} takes ${names.length} value${names.length === 1 ? '' : 's'} (${list}), not ${given}`
}

interface Filled {
  value: SendParameter
  name: unknown
  /** What the recipient reads. */
  text: string
  path: Path
}

function checkText({ value, path }: SentParameter, report: ReportAt): Filled {
  const type = typeOf(value, 'text')
  const name = value['parameter_name']
  if (type === 'currency' || type === 'date_time') {
    const text = fallbackOf(value[type])
    if (text === '') report([...path, type], `Give ${type}.fallback_value`)
    return { value: { type, [type]: value[type] }, name, text, path }
  }
  const problem = textProblem(value['text'])
  if (type !== 'text') report([...path, 'type'], "Input should be 'text', 'currency' or 'date_time'")
  else if (problem !== undefined) report([...path, 'text'], problem)
  const text = wordsOf(value['text'])
  return { value: { type: 'text', text }, name, text, path }
}

function fallbackOf(content: unknown): string {
  return isObject(content) ? wordsOf(content['fallback_value']) : ''
}

function wordsOf(text: unknown): string {
  if (typeof text === 'number') return String(text)
  return typeof text === 'string' ? text : ''
}

/** What is wrong with a value that is put in place of a variable. */
export function textProblem(text: unknown): string | undefined {
  if (typeof text === 'number') return undefined
  if (typeof text !== 'string') return 'Give a text'
  if (text.trim() === '') return 'Meta takes no empty values: give a text'
  if (!text.isWellFormed() || text.includes('\0')) return 'Input should be text without null bytes and half characters'
  if (/[\n\r\t]| {5,}/.test(text)) return 'Meta takes no line breaks, tabs or more than four spaces in a row'
  return undefined
}

/** Named values in the template's order; each name once. Values without names are taken in that order. */
function inOrder(
  names: string[],
  { sent, filled }: { sent: SentComponent | undefined; filled: Filled[] },
  report: ReportAt,
): SendParameter[] {
  const isNameless = filled.every(({ name }) => name === undefined)
  return names.flatMap((wanted, index) => {
    const found = isNameless ? filled[index] : filled.find(({ name }) => name === wanted)
    if (found) return [{ ...found.value, parameter_name: wanted }]
    report([...(sent?.path ?? []), 'parameters'], `There is no value with parameter_name ${wanted}`)
    return []
  })
}

function checkLength(
  { components }: SendableTemplate,
  { sent, filled }: { sent: SentComponent | undefined; filled: Filled[] },
  report: ReportAt,
): void {
  const body = components.find(({ type }) => type === 'BODY')
  const fixed = body?.type === 'BODY' ? (body.text ?? '').replace(/\{\{.*?\}\}/gs, '') : ''
  const length = characterCount(fixed) + filled.reduce((sum, { text }) => sum + characterCount(text), 0)
  if (!sent || length <= BODY_MAX) return
  report([...sent.path, 'parameters'], `The body would have ${length} characters, at most ${BODY_MAX} are possible`)
}
