/** File names as they are kept: what a person called the file, and nothing that a system could take for more than a name. */

const MAX_LENGTH = 255

/** Null if nothing is left of it. */
export function tidyFileName(given: string): string | null {
  const name = given
    .split(/[/\\]/)
    .at(-1)
    // Control characters, and those that turn the direction of text around to hide an ending.
    ?.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .trim()
  if (name === undefined || /^\.*$/.test(name)) return null
  return shortened(name)
}

/** In lower case, without its dot. Digits alone are none: `offer v1.2`. */
export function extensionOf(name: string | null): string | undefined {
  return /\.([a-z0-9]*[a-z][a-z0-9]*)$/i.exec(name ?? '')?.[1]?.toLowerCase()
}

/** The ending stays. */
function shortened(name: string): string {
  if (name.length <= MAX_LENGTH) return name
  const extension = extensionOf(name)
  const ending = extension === undefined || extension.length > 10 ? '' : `.${extension}`
  return (
    name
      .slice(0, MAX_LENGTH - ending.length)
      .toWellFormed()
      .replace(/\ufffd$/, '') + ending
  )
}
