/** What is found while a preflight looks at one recipient after the other: counted, with some examples of each kind. */
import type { Component } from '../templates/components.ts'
import { BODY_MAX, templateParameters, valueLimits } from '../templates/parameters.ts'
import { characterCount } from '../templates/placeholders.ts'
import { EXAMPLES_PER_PROBLEM, type CampaignPreflight } from './preflight-api.ts'
import type { Recipient } from './read-recipients.ts'
import { variableKeys } from './variables.ts'

type Problem = CampaignPreflight['problems'][number]
type Kind = Pick<Problem, 'problem' | 'variable' | 'description'>

export interface Findings {
  look: (recipient: Recipient) => void
  checked: () => number
  /** Who would be skipped for lack of a value. */
  missing: () => number
  problems: () => Problem[]
}

export function findings(components: readonly Component[]): Findings {
  const known = new Map<string, Problem>()
  const tooLong = lengthCheck(components)
  let checked = 0
  let missing = 0

  const note = (kind: Kind, contactId: string, detail: string): void => {
    const key = `${kind.problem} ${kind.variable}`
    const problem = known.get(key) ?? { ...kind, count: 0, examples: [] }
    known.set(key, problem)
    problem.count++
    if (problem.examples.length < EXAMPLES_PER_PROBLEM) problem.examples.push({ contact_id: contactId, detail })
  }

  return {
    look({ contact, frozen }) {
      checked++
      if (frozen.kind === 'missing') {
        missing++
        note(missingKind(frozen.key), contact.id, `No value for ${frozen.key}`)
        return
      }
      for (const { variable, length, most } of tooLong(frozen.values)) {
        note(tooLongKind(variable, most), contact.id, `${variable} has ${length} characters`)
      }
    },
    checked: () => checked,
    missing: () => missing,
    problems: () => [...known.values()].sort((a, b) => b.count - a.count),
  }
}

function missingKind(variable: string): Kind {
  const description = `These contacts lack the value of ${variable}, which has no fallback: they are skipped`
  return { problem: 'missing_variable', variable, description }
}

function tooLongKind(variable: string, most: number): Kind {
  const description = `Meta takes at most ${most} characters in ${variable}: it will refuse these messages`
  return { problem: 'too_long', variable, description }
}

interface TooLong {
  variable: string
  length: number
  most: number
}

/** Everything that is longer than Meta takes, of one recipient's values after the other. */
function lengthCheck(components: readonly Component[]): (values: string[]) => TooLong[] {
  const keys = variableKeys({ components: [...components] })
  const limits = valueLimits(components)
  const { header, body: names } = templateParameters(components)
  const body = components.find(({ type }) => type === 'BODY')
  const fixed = body?.type === 'BODY' ? characterCount((body.text ?? '').replace(/\{\{.*?\}\}/gs, '')) : 0
  return (values) => {
    const found = values.flatMap((value, index): TooLong[] => {
      const most = limits[index] ?? Infinity
      const length = characterCount(value)
      return length > most ? [{ variable: keys[index] ?? '', length, most }] : []
    })
    const inBody = values.slice(header.length, header.length + names.length)
    const length = inBody.reduce((sum, value) => sum + characterCount(value), fixed)
    return length > BODY_MAX ? [...found, { variable: 'body', length, most: BODY_MAX }] : found
  }
}
