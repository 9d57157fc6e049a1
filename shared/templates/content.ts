/** What a template says: compared with what Meta has, and taken over from there. */
import * as z from 'zod'
import { componentFromMeta, type Component } from './components.ts'
import type { Template } from './schema.ts'

interface Typed {
  type: string
}

/** Compares what a recipient reads; the rest Meta may write in its own way. */
export function hasSameContent(
  { category, components, special_parts = [] }: Pick<Template, 'category' | 'components' | 'special_parts'>,
  found: { components: readonly Typed[] },
): boolean {
  // Meta replaces the content of these by its own words, alike for everybody.
  if (category === 'AUTHENTICATION') return true
  const isSpecial = ({ type }: Typed) => special_parts.includes(type.toUpperCase())
  return fingerprint(components) === fingerprint(found.components.filter((component) => !isSpecial(component)))
}

/** Meta's components as we keep them. Parts that Herald does not know are only named. */
export function contentOf(
  fromMeta: readonly Typed[],
): Pick<Template, 'components' | 'components_sent' | 'special_parts'> {
  const read = fromMeta.map((raw) => ({ type: raw.type.toUpperCase(), component: componentFromMeta({ ...raw }) }))
  const special = read.filter(({ component }) => component === undefined).map(({ type }) => type)
  return {
    components: read.flatMap(({ component }): Component[] => (component ? [component] : [])),
    components_sent: fromMeta,
    special_parts: special.length > 0 ? special : undefined,
  }
}

const Readable = z.object({
  type: z.string(),
  format: z.string().optional(),
  text: z.string().optional(),
  buttons: z.array(z.object({ type: z.string(), text: z.string().optional(), url: z.string().optional() })).optional(),
})

function fingerprint(components: readonly Typed[]): string {
  const parts = components.flatMap((component) => {
    const { type, format, text, buttons } = Readable.safeParse(component).data ?? { type: component.type }
    const labels = buttons?.map((button) => [button.type, button.text ?? '', button.url ?? ''])
    return [[type, type === 'HEADER' ? (format ?? '') : '', text ?? '', labels ?? []]]
  })
  return JSON.stringify(parts.sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)))
}
