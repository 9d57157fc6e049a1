/**
 * Texts that no spreadsheet calculates. Where the list separator is not the comma, as in Germany, France or Brazil, a cell's text
 * is split at it, quoted or not: what follows a separator, tab or line break within a text begins a cell as much as its beginning.
 */

/** What cells begin with, blanks, quotes and separators, then apostrophes, before what makes a formula. Takes time like the text's length. */
const BEGINNINGS = /(^[\s";|]*|(?<![\s";|])[\s";|]+)('*)(?=[=+\-@＝＋－＠])/g
const SEPARATOR = /[;|\t\r\n]/

/** A phone number calculates nothing; programs that read the file want it as it is. */
const PHONE_NUMBER = /^\+\d+$/

/** One apostrophe more where a formula would begin: behind it is a text. */
export function guarded(text: string): string {
  return PHONE_NUMBER.test(text) ? text : withMarks(text, (marks) => `'${marks}`)
}

/** The text that was guarded. */
export function unguarded(text: string): string {
  return withMarks(text, (marks) => marks.slice(1))
}

function withMarks(text: string, change: (marks: string) => string): string {
  return text.replace(BEGINNINGS, (found, before: string, marks: string, at: number) =>
    at === 0 || SEPARATOR.test(before) ? before + change(marks) : found,
  )
}
