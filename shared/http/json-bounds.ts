/**
 * Bounds on a JSON text that its length alone does not set: how deep it nests (whatever walks the value recursively would
 * run out of stack) and how many values it has (each one of the wrong type is a problem to word and to answer).
 */

/** Cosmos DB takes documents of 128 levels; ours add a few of their own. */
export const MOST_LEVELS = 64
export const MOST_VALUES = 50_000

/** What is too much in a JSON text, in words for its author; undefined if nothing is. Looks at each character once. */
export function excessIn(text: string): string | undefined {
  let level = 0
  let commas = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === COMMA) commas++
    else if (code === CURLY_OPEN || code === SQUARE_OPEN) level++
    else if (code === CURLY_CLOSE || code === SQUARE_CLOSE) level--
    if (level > MOST_LEVELS) return `JSON can be nested ${MOST_LEVELS} levels deep at most`
    if (commas >= MOST_VALUES) return `JSON can hold ${MOST_VALUES} values at most`
  }
  return undefined
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const SQUARE_OPEN = 0x5b
const SQUARE_CLOSE = 0x5d
const CURLY_OPEN = 0x7b
const CURLY_CLOSE = 0x7d

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}
