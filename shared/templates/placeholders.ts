/** Variables in a template's text: `{{1}}` by position, or `{{first_name}}` by name. */

const BRACES = /\{\{(.*?)\}\}/gs
const POSITION = /^[1-9]\d{0,3}$/
const NAME = /^[a-z][a-z_]*$/

/** The distinct variables of a text that was checked: positions in order, names as they appear. */
export function placeholdersIn(text: string): string[] {
  const found = [...new Set([...text.matchAll(BRACES)].map((match) => match[1] ?? ''))]
  return found.every((name) => POSITION.test(name)) ? found.sort((a, b) => Number(a) - Number(b)) : found
}

export function isNamed(placeholder: string): boolean {
  return NAME.test(placeholder)
}

/** What is wrong with the variables of a text, and the cure; undefined if nothing is. */
export function placeholderProblem(text: string): string | undefined {
  const all = [...text.matchAll(BRACES)].map((match) => match[1] ?? '')
  const names = placeholdersIn(text)
  const odd = all.find((name) => !POSITION.test(name) && !NAME.test(name))
  if (odd !== undefined) {
    return `{{${odd}}} is not a variable: write {{1}}, {{2}}, … or names of lower-case letters and underscores, without spaces`
  }
  if (/\{\{|\}\}/.test(text.replace(BRACES, ''))) return 'A variable needs two braces on both sides, like {{1}}'
  if (names.some(isNamed) && !names.every(isNamed)) return 'Number all variables ({{1}}, {{2}}, …) or name all of them'
  if (names.some(isNamed)) {
    const twice = all.find((name, index) => all.indexOf(name) !== index)
    return twice === undefined ? undefined : `{{${twice}}} is used twice: give every variable a name of its own`
  }
  const gap = names.findIndex((name, index) => Number(name) !== index + 1)
  return gap < 0 ? undefined : `{{${gap + 1}}} is missing: number the variables from {{1}} without gaps`
}

/** Characters as Meta counts them: code points, with variables as they are written. */
export function characterCount(text: string): number {
  return Array.from(text).length
}
