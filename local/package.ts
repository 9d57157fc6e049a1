/** `npm run package`: builds, and makes `herald.zip`, which is deployed as it is. Fails where it is larger than 5 MB. */
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildBundle } from './build/bundle.ts'
import { packageFiles } from './build/package-files.ts'
import { coldStart, kilobytes } from './build/report.ts'
import { zipOf } from './build/zip.ts'

const PACKAGE = 'herald.zip'
const MOST_BYTES = 5_000_000

const root = resolve(import.meta.dirname, '..')
const built = await buildBundle(root)
const files = await packageFiles(root, built)
const zip = zipOf(files)
await writeFile(join(root, PACKAGE), zip)
for (const { name, bytes } of files) console.log(`  ${name.padEnd(28)} ${kilobytes(bytes.length)}`)
console.log(`${PACKAGE.padEnd(30)} ${kilobytes(zip.length)}  (at most ${kilobytes(MOST_BYTES).trim()})`)
for (const line of await coldStart(root, built)) console.log(line)
if (zip.length > MOST_BYTES) {
  console.error('The package is too large: a cold start downloads it.')
  process.exitCode = 1
}
