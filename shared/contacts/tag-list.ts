/**
 * Several tags in one text, those that hold a separator in quotes. In a cell of a file they are separated by comma, semicolon,
 * line break or `:::`; in a query by comma alone, as the API document says.
 */

const NEEDS_QUOTES = /[,;\n]|:::|^["']/

export function tagListText(tags: readonly string[]): string {
  return tags.map((tag) => (NEEDS_QUOTES.test(tag) ? `"${tag.replaceAll('"', '""')}"` : tag)).join(', ')
}

interface Patterns {
  quoted: RegExp
  plain: RegExp
}

const IN_A_CELL = separatedBy(',|;|\\n|:::')
const IN_A_QUERY = separatedBy(',')

/** Not yet tidied: there may be empty ones. */
export function tagsInText(text: string): string[] {
  return split(text, IN_A_CELL)
}

/** Likewise. */
export function tagsInQuery(text: string): string[] {
  return split(text, IN_A_QUERY)
}

/** In quotes up to a separator. Longer than any tag it is none, so that no text makes this look ahead for long. */
function separatedBy(separator: string): Patterns {
  return {
    quoted: new RegExp(`\\s*"((?:[^"]|""){0,200})"[^\\S\\n]*(${separator}|$)`, 'y'),
    plain: new RegExp(`([\\s\\S]*?)(${separator}|$)`, 'y'),
  }
}

function split(text: string, patterns: Patterns): string[] {
  const tags: string[] = []
  for (let at = 0, isMore = true; isMore;) {
    const quoted = matchAt(patterns.quoted, text, at)
    const [whole = '', tag = '', separator = ''] = quoted ?? matchAt(patterns.plain, text, at) ?? []
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
