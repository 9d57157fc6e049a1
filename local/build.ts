/** `npm run build`: makes `dist/` and says how large it is and how long a cold start needs to import it. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { BUNDLE, buildBundle } from './build/bundle.ts'
import { measureImport } from './build/measure-import.ts'

const root = resolve(import.meta.dirname, '..')
const files = await buildBundle(root)
let packed = 0
for (const { path, bytes } of files) {
  const zipped = gzipSync(await readFile(join(root, path))).length
  packed += zipped
  console.log(`${path.padEnd(28)} ${kilobytes(bytes)}  (${kilobytes(zipped)} zipped)`)
}
const { ms } = await measureImport(join(root, BUNDLE))
console.log(`${'package'.padEnd(28)} ${kilobytes(packed)} zipped (at most 5,000 KB)`)
console.log(`${'import of the bundle'.padEnd(28)} ${Math.round(ms).toString().padStart(6)} ms (at most 300 ms)`)

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)
    .toLocaleString('en')
    .padStart(6)} KB`
}
