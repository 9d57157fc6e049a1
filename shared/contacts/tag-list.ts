/** The tags of a contact in one cell of a file: separated by comma, semicolon, line break or `:::`, those that hold such in quotes. */

const NEEDS_QUOTES = /[,;\n]|:::|^["']/

export function tagListText(tags: readonly string[]): string {
  return tags.map((tag) => (NEEDS_QUOTES.test(tag) ? `"${tag.replaceAll('"', '""')}"` : tag)).join(', ')
}

/** In quotes up to a separator. Longer than any tag it is none, so that no text makes this look ahead for long. */
const QUOTED = /\s*"((?:[^"]|""){0,200})"[^\S\n]*(,|;|\n|:::|$)/y
const PLAIN = /([\s\S]*?)(,|;|\n|:::|$)/y

/** Not yet tidied: there may be empty ones. */
export function tagsInText(text: string): string[] {
  const tags: string[] = []
  for (let at = 0, isMore = true; isMore;) {
    const quoted = matchAt(QUOTED, text, at)
    const [whole = '', tag = '', separator = ''] = quoted ?? matchAt(PLAIN, text, at) ?? []
    tags.push(quoted ? tag.replaceAll('""', '"') : tag)
    at += whole.length
    isMore = separator !== ''
  }
  return tags
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
