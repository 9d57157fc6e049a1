/** Text as it is stored, and as it is compared: what a person typed keeps its spelling, searches and tags ignore it. */

/** Without control characters and halves of characters, and with single spaces. */
export function tidy(text: string): string {
  if (isAscii(text)) return text.replace(/ {2,}/g, ' ').trim()
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}

/** The form names are searched by: no case, no accents (José = jose), no compatibility forms (ﬁ = fi). */
export function foldName(name: string): string {
  const tidied = tidy(name)
  if (isAscii(tidied)) return tidied.toLowerCase().slice(0, MAX_FOLDED)
  // Accents are dropped from Latin, Greek and Cyrillic only: elsewhere combining marks are vowels.
  const plain = tidied
    .normalize('NFKD')
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{Mn}+/gu, '')
    .normalize('NFKC')
  return foldCase(plain).slice(0, MAX_FOLDED).toWellFormed()
}

/** The form tags are compared by: no case, and nothing else, so that different tags stay different. */
export function foldTag(tag: string): string {
  return foldCase(tidy(tag).normalize('NFC'))
}

/** Printable ASCII alone: most text, and nothing in it to normalise. */
export function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

const MAX_FOLDED = 200

/** Upper case first makes ß and SS alike; the sigma at the end of a word would otherwise not match one inside. */
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}
