/** Parts of a template that are filled in anew for every message, in Meta's own form: products, cards, offers. */
import type { Template } from './schema.ts'

/** Which products such a button shows is said when it is sent. */
const PER_MESSAGE = ['MPM', 'SPM']

/** Their names; empty where a list of values is all that the template takes. */
export function singleOnlyParts({
  components,
  special_parts = [],
}: Pick<Template, 'components' | 'special_parts'>): string[] {
  const buttons = components.flatMap((component) => (component.type === 'BUTTONS' ? component.buttons : []))
  const products = buttons.filter(({ type }) => PER_MESSAGE.includes(type)).map(({ type }) => `${type} buttons`)
  return [...new Set([...special_parts, ...products])]
}
