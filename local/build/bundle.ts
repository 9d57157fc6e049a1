/**
 * Makes what is deployed: `dist/index.cjs`, one CommonJS file with every dependency in it except `@azure/functions-core`
 * (the worker supplies that), one more file for each worker thread beside it, and the files of the page at /docs.
 */
import { copyFile, rm, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build, type BuildOptions, type Metafile } from 'esbuild'
import { SWAGGER_FILES } from '../../shared/docs/assets.ts'
import { heavyImports } from './eager-imports.ts'

/**
 * Name in `dist/` to source. A worker's name is what the code that starts it looks for beside the bundle
 * (`workerFile()` in shared/crypto/passwords.ts and shared/contacts/import/workbook.ts).
 */
export const ENTRIES = {
  index: 'functions/index.ts',
  'password-worker': 'shared/crypto/password-worker.ts',
  'workbook-worker': 'shared/contacts/import/workbook-worker.ts',
} as const

export const BUNDLE = 'dist/index.cjs'

export interface BuiltFile {
  /** Relative to the repository. */
  path: string
  bytes: number
}

const OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['@azure/functions-core'],
  minify: true,
  // Stack traces and error classes keep the names they have in the source.
  keepNames: true,
  legalComments: 'none',
  outExtension: { '.js': '.cjs' },
  metafile: true,
  logLevel: 'warning',
  // The places that use import.meta do so in the sources only, never in a bundle.
  logOverride: { 'empty-import-meta': 'silent' },
} as const satisfies BuildOptions

/** Empties `outFolder` and builds into it; throws if a source does not build or would make every cold start slow. */
export async function buildBundle(root: string, outFolder = join(root, 'dist')): Promise<BuiltFile[]> {
  await rm(outFolder, { recursive: true, force: true })
  const { metafile } = await build({ ...OPTIONS, absWorkingDir: root, entryPoints: ENTRIES, outdir: outFolder })
  const heavy = heavyImports(metafile, ENTRIES.index)
  if (heavy.length > 0) throw new Error(`Import these where they are used, with import():\n${heavy.join('\n')}`)
  return [...filesOf(metafile), ...(await copySwaggerFiles(root, outFolder))]
}

/** As they are: `findAsset` looks for them beside the bundle. */
async function copySwaggerFiles(root: string, outFolder: string): Promise<BuiltFile[]> {
  return Promise.all(
    SWAGGER_FILES.map(async (name) => {
      const path = join(outFolder, name)
      await copyFile(join(root, 'node_modules', 'swagger-ui-dist', name), path)
      return { path: relative(root, path), bytes: (await stat(path)).size }
    }),
  )
}

function filesOf({ outputs }: Metafile): BuiltFile[] {
  return Object.entries(outputs).map(([path, { bytes }]) => ({ path, bytes }))
}
