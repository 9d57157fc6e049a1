/** Writes the files that imports are tested with: `node test/support/import-files/make.ts` after a change of what they hold. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialectFiles } from './dialect-files.ts'
import { encodingFiles } from './encoding-files.ts'
import { hostileFiles } from './hostile-files.ts'

const folders = { dialects: dialectFiles(), encodings: encodingFiles(), hostile: hostileFiles() }
for (const [folder, files] of Object.entries(folders)) {
  const path = join(import.meta.dirname, '../../fixtures/imports', folder)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path)
  for (const [name, content] of files) writeFileSync(join(path, name), content)
}
