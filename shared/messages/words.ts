/** The words in a message of ours, as far as it has any of its own. */
import { objectIn, textIn } from './read-json.ts'
import type { Content } from './schema.ts'

export function wordsOf(content: Content): string | null {
  switch (content.type) {
    case 'text':
      return content.text
    case 'template':
      return content.name
    case 'interactive':
      return textIn(objectIn(content.interactive, 'body'), 'text')
    case 'location':
      return textIn(content.location, 'name') ?? textIn(content.location, 'address')
    case 'contacts':
      return (
        content.contacts.flatMap((card) => textIn(objectIn(card, 'name'), 'formatted_name') ?? []).join(', ') || null
      )
    case 'reaction':
      return content.emoji
    default:
      return content.caption
  }
}
