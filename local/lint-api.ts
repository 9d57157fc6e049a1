/**
 * `npm run lint:api`: writes the API document to a temporary file and holds it against redocly.yaml. The linter is told to
 * report to nobody and to look for no newer version of itself.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ENDPOINTS } from '../functions/endpoints.ts'
import { buildDocument } from '../shared/openapi/document.ts'
import manifest from '../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '..')
const folder = await mkdtemp(join(tmpdir(), 'herald-openapi-'))
try {
  const file = join(folder, 'openapi.json')
  const document = buildDocument(ENDPOINTS, { publicUrl: 'http://localhost:8000', version: manifest.version })
  await writeFile(file, JSON.stringify(document, null, 2))
  process.exitCode = await lint(file)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function lint(file: string): Promise<number> {
  const linter = dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json'))
  const parameters = [join(linter, 'bin', 'cli.js'), 'lint', file, '--config', join(root, 'redocly.yaml')]
  const child = spawn(process.execPath, [...parameters, '--max-problems', '50'], {
    stdio: 'inherit',
    env: {
      ...process.env,
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      REDOCLY_SUPPRESS_NOTIFICATIONS: 'true',
    },
  })
  // The code of a process that has exited.
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
