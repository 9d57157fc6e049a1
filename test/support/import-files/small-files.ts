/** Files that are kept in the repository. */

/** What is larger is made when it is needed. */
const LARGEST = 64 * 1024

export function smallFiles(files: Record<string, { make: () => Buffer | string }>): Map<string, Buffer> {
  const made = Object.entries(files).map(([name, { make }]): [string, Buffer] => [name, Buffer.from(make())])
  return new Map(made.filter(([, content]) => content.length <= LARGEST))
}
