/** `npm run build`: makes `dist/` and says how large it is and how long a cold start needs to import it. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildBundle } from './build/bundle.ts'
import { coldStart, kilobytes } from './build/report.ts'

const root = resolve(import.meta.dirname, '..')
const files = await buildBundle(root)
let packed = 0
for (const { path, bytes } of files) {
  const zipped = gzipSync(await readFile(join(root, path))).length
  packed += zipped
  console.log(`${path.padEnd(30)} ${kilobytes(bytes)}  (${kilobytes(zipped).trim()} zipped)`)
}
console.log(`${'package'.padEnd(30)} ${kilobytes(packed)} zipped (at most 5,000 KB)`)
for (const line of await coldStart(root, files)) console.log(line)
