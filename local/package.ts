/** `npm run package`: builds, and makes `herald.zip`, which is deployed as it is. Fails where it is larger than 5 MB. */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BUNDLE, buildBundle } from './build/bundle.ts'
import { measureImport } from './build/measure-import.ts'
import { packageFiles } from './build/package-files.ts'
import { zipOf } from './build/zip.ts'

const PACKAGE = 'herald.zip'
const MOST_BYTES = 5_000_000
const MOST_IMPORT_MS = 300

const root = resolve(import.meta.dirname, '..')
const files = await packageFiles(root, await buildBundle(root))
const zip = zipOf(files)
await writeFile(join(root, PACKAGE), zip)
for (const { name, bytes } of files) console.log(`  ${name.padEnd(28)} ${kilobytes(bytes.length)}`)
const ms = Math.round((await measureImport(join(root, BUNDLE))).ms)
console.log(`${PACKAGE.padEnd(30)} ${kilobytes(zip.length)}  (at most ${kilobytes(MOST_BYTES).trim()})`)
console.log(
  `${'import of the bundle'.padEnd(30)} ${String(ms).padStart(6)} ms  (at most ${MOST_IMPORT_MS} ms on an idle machine)`,
)
if (zip.length > MOST_BYTES) {
  console.error('The package is too large: a cold start downloads it.')
  process.exitCode = 1
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)
    .toLocaleString('en')
    .padStart(6)} KB`
}
