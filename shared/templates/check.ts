/**
 * What Meta demands of a template, checked before it is submitted: hours of review end in a refusal otherwise. Every
 * problem names its place in the request and says what to do.
 */
import { ValidationError, fieldProblem, type Problem } from '../errors.ts'
import { checkButtons } from './check-buttons.ts'
import { readComponents, type Body, type Component, type Footer, type Header, type Placed } from './components.ts'
import { characterCount, isNamed, placeholderProblem, placeholdersIn } from './placeholders.ts'
import type { TemplateCategory } from './schema.ts'

/** Adds a problem at a place inside the component that is checked. */
export type Report = (path: (string | number)[], msg: string) => void

const MOST_BYTES = 32 * 1024
const HEADER_MAX = 60
const BODY_MAX = 1024
const FOOTER_MAX = 60

/** The components in Meta's form. Throws ValidationError with everything that is wrong with them. */
export function checkedComponents(category: TemplateCategory, sent: unknown): Component[] {
  if (Buffer.byteLength(JSON.stringify(sent)) > MOST_BYTES) {
    throw fieldProblem(['body', 'components'], `Keep components below ${MOST_BYTES / 1024} KB`)
  }
  const { placed, problems } = readComponents(sent)
  if (!isWhole(sent)) problems.push({ loc: ['body', 'components'], msg: NOT_WHOLE, type: 'value_error' })
  const reportAt = (path: Placed['path']): Report => {
    return (inside, msg) => problems.push({ loc: [...path, ...inside], msg, type: 'value_error' })
  }
  const report = reportAt(['body', 'components'])
  for (const { component, path } of placed) checkComponent(category, component, reportAt(path))
  checkTogether(placed, problems, report)
  if (category === 'AUTHENTICATION') checkHasCodeButton(placed, report)
  if (problems.length > 0) throw new ValidationError(problems)
  return placed.map(({ component }) => component)
}

function checkComponent(category: TemplateCategory, component: Component, report: Report): void {
  const isCode = category === 'AUTHENTICATION'
  if (component.type === 'BUTTONS') checkButtons(category, component, report)
  else if (component.type === 'HEADER') checkHeader(category, component, report)
  else if (component.type === 'BODY') (isCode ? checkCodeBody : checkBody)(component, report)
  else (isCode ? checkCodeFooter : checkFooter)(component, report)
}

const NOT_WHOLE = 'Input should be text without null bytes and half characters'

/** Whole Unicode everywhere inside. How deep a body may go is bounded before it comes here. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inside]) => isWhole(key) && isWhole(inside))
}

function checkHasCodeButton(placed: Placed[], report: Report): void {
  if (placed.some(({ component }) => component.type === 'BUTTONS')) return
  report([], 'An AUTHENTICATION template has exactly one button, of type OTP')
}

/** What concerns several components: each at most once, a body always, one way to write variables. */
function checkTogether(placed: Placed[], problems: Problem[], report: Report): void {
  const seen = new Set<string>()
  for (const { component, path } of placed) {
    if (seen.has(component.type)) {
      problems.push({ loc: path, msg: `A template has one ${component.type} at most`, type: 'value_error' })
    }
    seen.add(component.type)
  }
  if (!seen.has('BODY') && problems.length === 0) report([], 'A template needs a body: add a component of type BODY')
  // Texts that are too long are not searched: how long that takes grows with the square of their length.
  if (problems.length > 0) return
  const names = placed.flatMap(({ component }) =>
    component.type === 'HEADER' || component.type === 'BODY' ? placeholdersIn(component.text ?? '') : [],
  )
  if (names.some(isNamed) && !names.every(isNamed)) {
    report([], 'Number the variables of header and body ({{1}}, {{2}}, …) or name all of them')
  }
}

function checkHeader(category: TemplateCategory, header: Header, report: Report): void {
  if (category === 'AUTHENTICATION') {
    report([], 'AUTHENTICATION templates have no header: leave it out')
  } else if (header.format === 'TEXT') {
    checkTextHeader(header, report)
  } else if (header.format !== 'LOCATION' && (header.example?.header_handle ?? []).length === 0) {
    const msg = `Meta wants to see a sample ${header.format.toLowerCase()}: upload it with the Resumable Upload API and add example.header_handle: ["<handle>"]`
    report(['example', 'header_handle'], msg)
  }
}

function checkTextHeader(header: Header, report: Report): void {
  if (!checkText(header.text, HEADER_MAX, report)) return
  // The underscores of a variable's name format nothing.
  if (/[\n*_~`]/.test(header.text.replace(/\{\{.*?\}\}/g, ''))) {
    report(['text'], 'A header takes no line breaks and no formatting (*, _, ~, `)')
  }
  const names = placeholdersIn(header.text)
  if (names.length > 1) report(['text'], 'A header takes one variable at most')
  else checkSamples('header', names, header, report)
}

function checkBody(body: Body, report: Report): void {
  if (!checkText(body.text, BODY_MAX, report)) return
  if (/^\s*\{\{|\}\}\s*$/.test(body.text)) {
    report(
      ['text'],
      'Meta refuses a body that begins or ends with a variable: put words before the first and after the last',
    )
  }
  if (/\}\}\s*\{\{/.test(body.text)) report(['text'], 'Put words or punctuation between two variables')
  const names = placeholdersIn(body.text)
  // Meta tells no exact rule: this is the least that every known case of its refusal lacks.
  if (wordCount(body.text) < names.length) {
    report(['text'], 'There are too many variables for so short a text: write more words or take fewer variables')
  }
  checkSamples('body', names, body, report)
}

function wordCount(text: string): number {
  const fixed = text.replace(/\{\{.*?\}\}/gs, ' ')
  return fixed.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
}

function checkFooter(footer: Footer, report: Report): void {
  if (!checkText(footer.text, FOOTER_MAX, report)) return
  if (placeholdersIn(footer.text).length > 0) report(['text'], 'A footer takes no variables')
}

function checkCodeBody(body: Body, report: Report): void {
  if (body.text === undefined) return
  report(
    ['text'],
    'Meta writes the text of AUTHENTICATION templates: leave it out (add_security_recommendation adds to it)',
  )
}

function checkCodeFooter(footer: Footer, report: Report): void {
  const minutes = footer.code_expiration_minutes
  if (footer.text !== undefined || minutes === undefined || minutes < 1 || minutes > 90) {
    report(
      ['code_expiration_minutes'],
      'The footer of an AUTHENTICATION template is code_expiration_minutes, from 1 to 90, and no text',
    )
  }
}

/** True if there is a text whose variables can be read. */
function checkText(text: string | undefined, most: number, report: Report): text is string {
  if (text === undefined || !isText(text)) {
    report(['text'], 'Give the text')
    return false
  }
  const length = characterCount(text)
  if (length > most) {
    report(['text'], `The text has ${length} characters, at most ${most} are possible`)
    return false
  }
  const problem = placeholderProblem(text)
  if (problem !== undefined) report(['text'], problem)
  return problem === undefined
}

/** Every variable needs a sample value, in the place that Meta wants for its kind. */
function checkSamples(part: 'header' | 'body', names: string[], { example = {} }: Header | Body, report: Report): void {
  const what = `Give one sample for each of ${names.map((name) => `{{${name}}}`).join(', ')}`
  if (names.some(isNamed)) {
    const key = `${part}_text_named_params` as const
    if (hasNamedSamples(names, example[key] ?? [])) return
    report(
      ['example', key],
      `${what}: [{"param_name":"${names.join('","example":"…"},{"param_name":"')}","example":"…"}]`,
    )
  } else if (!hasSamples(names, part === 'header' ? example.header_text : example.body_text?.[0])) {
    const samples = names.map(() => '"…"').join(',')
    report(['example', `${part}_text`], `${what}: ${part === 'header' ? `[${samples}]` : `[[${samples}]]`}`)
  }
}

function hasSamples(names: string[], samples: string[] = []): boolean {
  return samples.length === names.length && samples.every(isText)
}

function hasNamedSamples(names: string[], samples: { param_name: string; example: string }[]): boolean {
  const given = new Map(samples.map((sample) => [sample.param_name, sample.example]))
  return given.size === names.length && names.every((name) => isText(given.get(name) ?? ''))
}

function isText(text: string): boolean {
  return text.trim() !== ''
}
