/**
 * Template components: Meta's list, or one of the two object forms the API takes, read into Meta's form. Only the form
 * is read here; what Meta demands of the content is checked in check.ts. Keys we do not know are handed on to Meta.
 */
import * as z from 'zod'
import type { Problem } from '../errors.ts'
import { check } from '../http/validation.ts'

const NamedExample = z.looseObject({ param_name: z.string(), example: z.string() })

const Example = z.looseObject({
  header_text: z.array(z.string()).optional(),
  header_handle: z.array(z.string()).optional(),
  header_text_named_params: z.array(NamedExample).optional(),
  body_text: z.array(z.array(z.string())).optional(),
  body_text_named_params: z.array(NamedExample).optional(),
})
export type Example = z.output<typeof Example>

export const Button = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  url: z.string().optional(),
  phone_number: z.string().optional(),
  example: z.union([z.string(), z.array(z.string())]).optional(),
})
export type Button = z.output<typeof Button>

export const HeaderFormat = z.enum(['TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'])

export const Component = z.discriminatedUnion('type', [
  z.looseObject({
    type: z.literal('HEADER'),
    format: HeaderFormat,
    text: z.string().optional(),
    example: Example.optional(),
  }),
  z.looseObject({ type: z.literal('BODY'), text: z.string().optional(), example: Example.optional() }),
  z.looseObject({
    type: z.literal('FOOTER'),
    text: z.string().optional(),
    code_expiration_minutes: z.int().optional(),
  }),
  z.looseObject({ type: z.literal('BUTTONS'), buttons: z.array(Button) }),
])
export type Component = z.output<typeof Component>
export type Header = Extract<Component, { type: 'HEADER' }>
export type Body = Extract<Component, { type: 'BODY' }>
export type Footer = Extract<Component, { type: 'FOOTER' }>
export type Buttons = Extract<Component, { type: 'BUTTONS' }>

type Path = (string | number)[]

/** A component and where in the request it stood, for problems found in it. */
export interface Placed {
  component: Component
  path: Path
}

type Raw = Record<string, unknown>

/** Every component that can be read, and a problem for every one that cannot. */
export function readComponents(sent: unknown): { placed: Placed[]; problems: Problem[] } {
  const placed: Placed[] = []
  const problems: Problem[] = []
  for (const { raw, path } of located(sent, ['body', 'components'], problems)) {
    const result = check('body', Component, normalised(raw))
    if ('value' in result) placed.push({ component: result.value, path })
    else problems.push(...result.problems.map((problem) => ({ ...problem, loc: [...path, ...problem.loc.slice(1)] })))
  }
  return { placed, problems }
}

/** One of Meta's own, or undefined for a part that Herald does not know. */
export function componentFromMeta(raw: Raw): Component | undefined {
  return Component.safeParse(normalised(raw)).data
}

const TYPES = ['HEADER', 'BODY', 'FOOTER', 'BUTTONS']

/** Where each component stands in any of the three forms. */
function located(sent: unknown, path: Path, problems: Problem[]): { raw: Raw; path: Path }[] {
  if (Array.isArray(sent)) {
    return sent.flatMap((entry: unknown, index) => {
      const at = [...path, index]
      if (isRaw(entry)) return [{ raw: entry, path: at }]
      problems.push({ loc: at, msg: 'Input should be a valid dictionary', type: 'dict_type' })
      return []
    })
  }
  if (!isRaw(sent)) {
    problems.push({ loc: path, msg: 'Input should be a list of components, or an object of them', type: 'dict_type' })
    return []
  }
  // Once: a list of components inside of `components` inside of `components` is nobody's form.
  if ('components' in sent && path.length === 2) {
    return located(sent['components'], [...path, 'components'], problems)
  }
  return Object.entries(sent).flatMap(([key, value]) => {
    const type = key.toUpperCase()
    if (!TYPES.includes(type)) {
      const msg = 'Herald knows the components header, body, footer and buttons'
      problems.push({ loc: [...path, key], msg, type: 'value_error' })
      return []
    }
    return isLeftOut(value) ? [] : [{ raw: keyed(type, value), path: [...path, key] }]
  })
}

/** The ways in which forms and generated clients write "no footer". */
function isLeftOut(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The value of `header:`, `body:` … as a component: its text alone, its buttons alone, or all of it. */
function keyed(type: string, value: unknown): Raw {
  if (typeof value === 'string') return { type, text: value }
  if (Array.isArray(value)) return { type, buttons: value }
  if (!isRaw(value)) return { type }
  // In this form people write the format of a header as its type.
  const given = value['type']
  const format = type === 'HEADER' && typeof given === 'string' && given.toUpperCase() !== type ? { format: given } : {}
  return { ...format, ...value, type }
}

/** Upper-case words, and examples in the nesting Meta wants them in. */
function normalised(raw: Raw): Raw {
  const type = upper(raw['type'])
  const result: Raw = { ...raw, type }
  if (type === 'HEADER')
    result['format'] = upper(raw['format'] ?? (typeof raw['text'] === 'string' ? 'TEXT' : undefined))
  if (isRaw(raw['example'])) result['example'] = normalExample(raw['example'])
  if (Array.isArray(raw['buttons'])) result['buttons'] = raw['buttons'].map(normalButton)
  return result
}

function normalExample(example: Raw): Raw {
  const result = { ...example }
  for (const key of ['header_text', 'header_handle']) {
    if (typeof example[key] === 'string') result[key] = [example[key]]
  }
  const body = example['body_text']
  if (Array.isArray(body) && body.every((value) => typeof value === 'string')) result['body_text'] = [body]
  return result
}

function normalButton(button: unknown): unknown {
  if (!isRaw(button)) return button
  const type = upper(button['type'])
  const example: unknown = button['example']
  if (type === 'URL' && typeof example === 'string') return { ...button, type, example: [example] }
  if (type === 'COPY_CODE' && Array.isArray(example)) return { ...button, type, example: example[0] as unknown }
  return { ...button, type }
}

function upper(value: unknown): unknown {
  return typeof value === 'string' ? value.trim().toUpperCase() : value
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
