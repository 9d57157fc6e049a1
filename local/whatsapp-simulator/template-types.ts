/** A message template as the platform stores it. */
import { objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'

export type Template = {
  id: string
  wabaId: string
  name: string
  language: string
  status: string
  category: string
  previousCategory: string | null
  correctCategory: string | null
  parameterFormat: 'POSITIONAL' | 'NAMED'
  components: Json[]
  ttlSeconds: number | null
  quality: string
  rejectedReason: string
  createdAt: number
  /** When the running review ends; null while none runs. */
  reviewAt: number | null
  wasApproved: boolean
  editedAt: number[]
  /** New marketing templates may be held back: then released, or all dropped with 132015. */
  pacing: 'none' | 'release' | 'drop'
}

export function componentOf(template: Pick<Template, 'components'>, type: string): Json | undefined {
  return template.components.find((component) => String(component['type']).toUpperCase() === type)
}

export function buttonsOf(template: Pick<Template, 'components'>): Json[] {
  return objectsOf(componentOf(template, 'BUTTONS')?.['buttons'])
}

/** The distinct variables of a text, in order: `1`, `2` or `first_name`. */
export function variablesOf(text: unknown): string[] {
  const found = [...(textOf(text) ?? '').matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((match) => match[1] ?? '')
  return [...new Set(found)]
}
