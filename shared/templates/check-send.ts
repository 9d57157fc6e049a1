/**
 * What is filled in when a template is sent, held against what the template takes: every problem at its place, before
 * Meta would refuse the message. The answer is what Meta wants, in its own form.
 */
import { ValidationError, type Problem } from '../errors.ts'
import { checkSentButtons } from './check-send-buttons.ts'
import { checkMedia } from './check-send-media.ts'
import { checkTexts } from './check-send-texts.ts'
import { templateParameters } from './parameters.ts'
import type { SendComponent } from './render.ts'
import type { Template } from './schema.ts'
import { readSent, type Path, type SentComponent } from './send-forms.ts'

const MOST_BYTES = 32 * 1024

/** Adds a problem at a place of the request. */
export type ReportAt = (loc: Path, msg: string) => void

export type SendableTemplate = Pick<Template, 'components' | 'special_parts'>

/** Throws ValidationError; `path` is where `sent` stands in the request. */
export function checkSendComponents(
  template: SendableTemplate,
  sent: unknown,
  path: Path = ['body', 'components'],
): SendComponent[] {
  if (Buffer.byteLength(JSON.stringify(sent ?? null)) > MOST_BYTES) {
    const msg = `Keep components below ${MOST_BYTES / 1024} KB`
    throw new ValidationError([{ loc: path, msg, type: 'value_error' }])
  }
  const { components, problems } = readSent(sent, path)
  const report: ReportAt = (loc, msg) => problems.push({ loc, msg, type: 'value_error' })
  const special = new Set((template.special_parts ?? []).map((part) => part.toLowerCase()))
  checkKinds(components, special, report)
  const own = components.filter(({ type }) => !special.has(type))
  const filled = fillIn(template, { components: own, path, problems }, report)
  if (problems.length > 0) throw new ValidationError(problems)
  const through = components.filter(({ type }) => special.has(type))
  // Herald does not know these parts: Meta judges them.
  return [...filled, ...through.map(({ raw, type }) => ({ ...raw, type }) as unknown as SendComponent)]
}

function fillIn(
  template: SendableTemplate,
  { components, path, problems }: { components: SentComponent[]; path: Path; problems: Problem[] },
  report: ReportAt,
): SendComponent[] {
  // What could not be read is not told to be missing too.
  if (problems.length > 0) return []
  const variables = templateParameters(template.components)
  const header = components.find(({ type }) => type === 'header')
  const body = components.find(({ type }) => type === 'body')
  const result: SendComponent[] = []
  const add = (part: SendComponent | undefined) => {
    if (part && part.parameters.length > 0) result.push(part)
  }
  add(
    variables.media === undefined
      ? checkTexts(template, { part: 'header', sent: header, path }, report)
      : checkMedia(variables.media, header, path, report),
  )
  const filledBody = checkTexts(template, { part: 'body', sent: body, path }, report)
  add(filledBody)
  const buttons = components.filter(({ type }) => type === 'button')
  return [...result, ...checkSentButtons(template.components, { buttons, body: filledBody, path }, report)]
}

/** Known kinds, each part at most once. */
function checkKinds(components: SentComponent[], special: ReadonlySet<string>, report: ReportAt): void {
  const seen = new Set<string>()
  for (const { type, path } of components) {
    if (special.has(type) || type === 'button') continue
    if (type !== 'header' && type !== 'body') {
      report([...path, 'type'], "Input should be 'header', 'body' or 'button'")
    } else if (seen.has(type)) {
      report(path, `A message has one ${type} at most`)
    }
    seen.add(type)
  }
}
