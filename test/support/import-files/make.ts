/** Writes the files that imports are tested with: `node test/support/import-files/make.ts` after a change of what they hold. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialectFiles } from './dialect-files.ts'
import { hostileFiles } from './hostile-files.ts'

for (const [folder, files] of Object.entries({ dialects: dialectFiles(), hostile: hostileFiles() })) {
  const path = join(import.meta.dirname, '../../fixtures/imports', folder)
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path)
  for (const [name, content] of files) writeFileSync(join(path, name), content)
}
