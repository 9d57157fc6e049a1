/**
 * The `components` of a send, in any form the API takes, as one list: Meta's list, `{components: […]}`, or an object of
 * `header`, `body` and `buttons` whose values may be written short. Every piece keeps its place in the request.
 */
import * as z from 'zod'
import type { Problem } from '../errors.ts'
import { check } from '../http/validation.ts'

export type Path = (string | number)[]

export interface SentParameter {
  value: Record<string, unknown>
  path: Path
}

export interface SentComponent {
  type: string
  subType: string | undefined
  /** The button's position. */
  index: number | undefined
  parameters: SentParameter[]
  /** As it was sent, for parts that are only handed through. */
  raw: Record<string, unknown>
  path: Path
}

const lower = z.string().transform((text) => text.trim().toLowerCase())

const NO_INDEX = "Input should be the button's position: 0, 1, …"

const Entry = z.looseObject({
  type: lower,
  sub_type: lower.nullish(),
  index: z
    .union([z.int(), z.string().regex(/^\d{1,3}$/, { error: NO_INDEX })], { error: NO_INDEX })
    .transform(Number)
    .nullish(),
  parameters: z.array(z.unknown()).nullish(),
})

interface Raw {
  value: unknown
  path: Path
}

export function readSent(sent: unknown, path: Path): { components: SentComponent[]; problems: Problem[] } {
  const problems: Problem[] = []
  const components = located(sent, path, problems).flatMap((raw) => read(raw, problems))
  return { components, problems }
}

function located(sent: unknown, path: Path, problems: Problem[], isInside = false): Raw[] {
  if (sent === undefined || sent === null) return []
  if (Array.isArray(sent)) return sent.map((value: unknown, index) => ({ value, path: [...path, index] }))
  if (!isObject(sent)) {
    const msg = 'Input should be a list of components, or an object with header, body and buttons'
    problems.push({ loc: path, msg, type: 'dict_type' })
    return []
  }
  if ('components' in sent && !isInside) return located(sent['components'], [...path, 'components'], problems, true)
  return Object.entries(sent).flatMap(([key, value]) => byKey(key, value, [...path, key], problems))
}

function byKey(key: string, value: unknown, path: Path, problems: Problem[]): Raw[] {
  if (value === null) return []
  const name = key.toLowerCase()
  if (name === 'header' || name === 'body') return [{ value: { ...shortened(value), type: name }, path }]
  if (name === 'buttons' && Array.isArray(value)) {
    return value.map((button: unknown, index) => ({
      value: isObject(button) ? { index, ...button, type: 'button' } : { type: 'button', index, parameters: [button] },
      path: [...path, index],
    }))
  }
  const msg = name === 'buttons' ? 'Input should be a valid list' : 'A send fills in header, body and buttons'
  problems.push({ loc: path, msg, type: name === 'buttons' ? 'list_type' : 'value_error' })
  return []
}

/** `"Ana"`, `["Ana", "A-17"]`, `{"first_name": "Ana"}`, `{"type": "image", "image": {…}}` or `{"parameters": […]}`. */
function shortened(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) return { parameters: value as unknown[] }
  if (!isObject(value)) return { parameters: [value] }
  if ('parameters' in value) return value
  if (typeof value['type'] === 'string') return { parameters: [value] }
  const [kind, content] = Object.entries(value)[0] ?? []
  if (kind === undefined) return { parameters: [] }
  if (isObject(content)) return { parameters: [{ type: kind, [kind]: content }] }
  return {
    parameters: Object.entries(value).map(([name, text]) => ({ type: 'text', parameter_name: name, text })),
  }
}

function read({ value, path }: Raw, problems: Problem[]): SentComponent[] {
  const entry = check('body', Entry, value)
  if ('problems' in entry) {
    problems.push(...entry.problems.map((problem) => ({ ...problem, loc: [...path, ...problem.loc.slice(1)] })))
    return []
  }
  const { type, sub_type: subType, index, parameters } = entry.value
  return [
    {
      type,
      subType: subType ?? undefined,
      index: index ?? undefined,
      parameters: (parameters ?? []).flatMap((parameter, at) =>
        readParameter(parameter, [...path, 'parameters', at], problems),
      ),
      // The entry is an object: Entry says so.
      raw: value as Record<string, unknown>,
      path,
    },
  ]
}

/** A text or a number stands for a parameter that holds it. */
function readParameter(parameter: unknown, path: Path, problems: Problem[]): SentParameter[] {
  if (typeof parameter === 'string' || typeof parameter === 'number')
    return [{ value: { text: String(parameter) }, path }]
  if (isObject(parameter)) return [{ value: parameter, path }]
  problems.push({ loc: path, msg: 'Input should be a text or a parameter as Meta has it', type: 'dict_type' })
  return []
}

/** A parameter's type in lower case; `usual` where it says none. */
export function typeOf({ type }: Record<string, unknown>, usual: string): string {
  return typeof type === 'string' ? type.trim().toLowerCase() : usual
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
