/** What a template must look like when it is created or edited (reference §5.1), with the subcodes that Meta gives. */
import { GraphError, invalid } from './errors.ts'
import { checkButtons } from './template-button-rules.ts'
import { idOf, isObject, lengthOf, listOf, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { languages } from './template-languages.ts'
import { variablesOf } from './template-types.ts'
import type { Template } from './template-types.ts'

export const categories = ['AUTHENTICATION', 'MARKETING', 'UTILITY']
type Format = Template['parameterFormat']

/** A refusal with the title and text that Meta means for the person who wrote the template. */
export function templateError(subcode: number, userTitle: string, userMessage: string): GraphError {
  return new GraphError(100, { message: 'Invalid parameter', subcode, transient: false, userTitle, userMessage })
}

export function checkedName(value: unknown): string {
  const name = textOf(value)
  if (name === undefined) throw new GraphError(100, { message: '(#100) The parameter name is required.' })
  if (!/^[a-z0-9_]+$/.test(name) || name.length > 512) {
    throw invalid('Param name must contain only lowercase letters, numbers and underscores, at most 512 characters.')
  }
  return name
}

export function checkedCategory(value: unknown): string {
  const category = textOf(value)?.toUpperCase()
  if (category !== undefined && categories.includes(category)) return category
  throw invalid(`Param category must be one of {${categories.join(', ')}} - got "${String(value)}".`)
}

export function checkedLanguage(value: unknown): string {
  const language = textOf(value)
  if (language !== undefined && languages.has(language)) return language
  throw invalid(`Param language must be one of {${[...languages].join(', ')}} - got "${String(value)}".`)
}

/** The components as they are stored; authentication templates get their fixed text. */
export function checkedComponents(value: unknown, category: string, format: Format): Json[] {
  const components = objectsOf(value)
  if (components.length === 0) throw new GraphError(100, { message: '(#100) The parameter components is required.' })
  const seen = new Set<string>()
  for (const component of components) {
    const type = String(component['type']).toUpperCase()
    if (seen.has(type))
      throw templateError(2388072, 'Invalid components', `There is more than one component of type ${type}.`)
    seen.add(type)
    checkComponent(type, component, { category, format })
  }
  if (!seen.has('BODY')) throw templateError(2388072, 'Body is required', 'A template needs a component of type BODY.')
  return category === 'AUTHENTICATION' ? components.map(authenticationComponent) : components
}

function checkComponent(
  type: string,
  component: Json,
  { category, format }: { category: string; format: Format },
): void {
  if (type === 'HEADER') checkHeader(component, category, format)
  else if (type === 'BODY') {
    if (category !== 'AUTHENTICATION') checkBody(component, format)
  } else if (type === 'FOOTER') checkFooter(component, category)
  else if (type === 'BUTTONS') checkButtons(component, category)
  else if (!['CAROUSEL', 'LIMITED_TIME_OFFER'].includes(type))
    throw invalid(`Param components: type ${type} is not valid.`)
}

function checkHeader(header: Json, category: string, format: Format): void {
  if (category === 'AUTHENTICATION') {
    throw templateError(2388047, 'Header not allowed', 'Authentication templates have no header.')
  }
  const kind = textOf(header['format'])?.toUpperCase() ?? ''
  if (kind === 'LOCATION') return
  if (kind === 'TEXT') checkTextHeader(header, format)
  else if (!['IMAGE', 'VIDEO', 'DOCUMENT'].includes(kind)) {
    throw templateError(2388047, 'Invalid header', `The header format ${kind} is not valid.`)
  } else if (!isObject(header['example']) || listOf(header['example']['header_handle']).length === 0) {
    throw missingPart('HEADER', 'example')
  }
}

function checkTextHeader(header: Json, format: Format): void {
  const text = textOf(header['text'])
  if (text === undefined) throw missingPart('HEADER', 'text')
  atMost('header', text, 60)
  const variables = checkedVariables(text, format)
  if (variables.length > 1) {
    throw templateError(2388047, 'Header has too many variables', 'A header can have one variable.')
  }
  if (/[*_~`\n]/.test(text.replace(/\{\{.*?\}\}/g, ''))) {
    const advice = "Message header can't have any new lines, formatting characters or asterisks."
    throw templateError(2388047, "Header can't have formatting", advice)
  }
  checkExamples('HEADER', header, variables, format)
}

function checkBody(body: Json, format: Format): void {
  const text = textOf(body['text'])
  if (text === undefined) throw missingPart('BODY', 'text')
  atMost('body', text, 1024)
  const variables = checkedVariables(text, format)
  if (/^\s*\{\{|\}\}\s*$/.test(text)) {
    throw templateError(
      2388299,
      "Variables can't be at the start or end of the template",
      'Put text before the first and after the last variable.',
    )
  }
  const words = text
    .replace(/\{\{.*?\}\}/g, ' ')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word)).length
  // Meta names no exact rule; it asks for more words as variables become more.
  if (variables.length > 0 && words < variables.length) {
    throw templateError(
      2388293,
      'Too many variables for the length',
      'This template has too many variables for its length. Reduce the number of variables or increase the message length.',
    )
  }
  checkExamples('BODY', body, variables, format)
}

function checkFooter(footer: Json, category: string): void {
  const text = textOf(footer['text'])
  if (text === undefined) {
    if (category === 'AUTHENTICATION') return
    throw missingPart('FOOTER', 'text')
  }
  atMost('footer', text, 60)
  if (variablesOf(text).length > 0)
    throw templateError(2388073, "Footer can't have variables", 'The footer cannot contain variables.')
}

/** Positional without gaps, or lower-case names; the other kind is refused. */
function checkedVariables(text: string, format: Format): string[] {
  const variables = variablesOf(text)
  const areRight =
    format === 'NAMED'
      ? variables.every((variable) => /^[a-z][a-z0-9_]*$/.test(variable))
      : variables
          .map(Number)
          .sort((one, other) => one - other)
          .every((number, index) => number === index + 1)
  if (!areRight)
    throw templateError(
      2388072,
      'Invalid variables',
      'Variables must be {{1}}, {{2}}, … without gaps, or names in lowercase letters and underscores.',
    )
  return variables
}

function checkExamples(type: 'HEADER' | 'BODY', component: Json, variables: string[], format: Format): void {
  if (variables.length === 0) return
  const example = isObject(component['example']) ? component['example'] : {}
  const prefix = type.toLowerCase()
  const named = objectsOf(example[`${prefix}_text_named_params`])
  const positional = type === 'BODY' ? listOf(listOf(example['body_text'])[0]) : listOf(example['header_text'])
  const isComplete =
    format === 'NAMED'
      ? variables.every((variable) =>
          named.some((given) => given['param_name'] === variable && textOf(given['example']) !== undefined),
        )
      : positional.length === variables.length
  if (!isComplete) throw missingPart(type, 'example')
}

/** As they come back from the platform: a fixed body, and the one-time code button as a URL with a variable. */
function authenticationComponent(component: Json): Json {
  const type = String(component['type']).toUpperCase()
  if (type === 'BODY') {
    const security =
      component['add_security_recommendation'] === true ? ' For your security, do not share this code.' : ''
    return { ...component, type, text: `*{{1}}* is your verification code.${security}` }
  }
  if (type === 'FOOTER') {
    return {
      ...component,
      type,
      text: `This code expires in ${idOf(component['code_expiration_minutes']) ?? '10'} minutes.`,
    }
  }
  const otp = 'https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}'
  const buttons = objectsOf(component['buttons']).map((button) => ({
    type: 'URL',
    text: textOf(button['text']) ?? 'Copy code',
    url: otp,
    example: [otp],
  }))
  return { ...component, type, buttons }
}

function atMost(part: string, text: string, most: number): void {
  if (lengthOf(text) > most)
    throw templateError(2388040, 'Character limit exceeded', `The ${part} has more than ${most} characters.`)
}

function missingPart(type: string, part: string): GraphError {
  return templateError(
    2388043,
    'Message template "components" param is missing expected field(s)',
    `component of type ${type} is missing expected field(s) (${part})`,
  )
}
