/**
 * Makes what is deployed: `dist/index.cjs` in CommonJS with every dependency in it except `@azure/functions-core` (the
 * worker supplies that), beside it the parts that it loads when they are first used, one file for each worker thread, and
 * the files of the page at /docs.
 */
import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { build, transform, type BuildOptions, type Metafile } from 'esbuild'
import { SWAGGER_FILES } from '../../shared/docs/assets.ts'
import { filesAtStart, heavyImports } from './eager-imports.ts'

const ENTRY = 'functions/index.ts'

/**
 * Name in `dist/` to source. A worker's name is what the code that starts it looks for beside the bundle
 * (`workerFile()` in shared/crypto/passwords.ts and shared/contacts/import/workbook.ts).
 */
export const WORKERS = {
  'password-worker': 'shared/crypto/password-worker.ts',
  'workbook-worker': 'shared/contacts/import/workbook-worker.ts',
} as const

export const BUNDLE = 'dist/index.cjs'

export interface BuiltFile {
  /** Relative to the repository. */
  path: string
  bytes: number
  /** A cold start reads and compiles it, whatever it is asked. */
  atStart: boolean
}

const TARGET = { platform: 'node', target: 'node22' } as const

const OPTIONS = {
  ...TARGET,
  bundle: true,
  external: ['@azure/functions-core'],
  // Names stay as they are: for stack traces, and because keeping track of shortened ones makes a cold start slower.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  outExtension: { '.js': '.cjs' },
  metafile: true,
  logLevel: 'warning',
  // The places that use import.meta do so in the sources only, never in a bundle.
  logOverride: { 'empty-import-meta': 'silent' },
} as const satisfies BuildOptions

/** One file of each entry. */
function whole(root: string) {
  return { ...OPTIONS, absWorkingDir: root, format: 'cjs' } as const
}

/** A bundle that has @azure/functions in it and nothing else: where it is. */
export async function buildFloor(root: string, folder: string): Promise<string> {
  const outfile = join(folder, 'index.cjs')
  const contents = "import { app } from '@azure/functions'; app.setup({ enableHttpStream: true })"
  await build({ ...whole(root), stdin: { contents, resolveDir: root }, outfile })
  return outfile
}

/** Empties `outFolder` and builds into it; throws if a source does not build or would make every cold start slow. */
export async function buildBundle(root: string, outFolder = join(root, 'dist')): Promise<BuiltFile[]> {
  await rm(outFolder, { recursive: true, force: true })
  await mkdir(outFolder, { recursive: true })
  const functions = await buildFunctions(root, outFolder)
  const { metafile } = await build({ ...whole(root), entryPoints: WORKERS, outdir: outFolder })
  const workers = Object.entries(metafile.outputs).map(([path, { bytes }]) => ({ path, bytes, atStart: false }))
  return [...functions, ...workers, ...(await copySwaggerFiles(root, outFolder))]
}

/**
 * In parts, because V8 reads a whole file before it runs any of it, and two thirds of the code wait for the first request.
 * esbuild parts ECMAScript modules only; the worker process wants CommonJS: each part is translated by itself.
 */
async function buildFunctions(root: string, outFolder: string): Promise<BuiltFile[]> {
  const { metafile, outputFiles } = await build({
    ...OPTIONS,
    absWorkingDir: root,
    entryPoints: { index: ENTRY },
    outdir: outFolder,
    format: 'esm',
    splitting: true,
    write: false,
  })
  refuseHeavy(metafile)
  const atStart = filesAtStart(metafile, relative(root, join(outFolder, basename(BUNDLE))))
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const code = await commonJs(text)
      await writeFile(path, code)
      const name = relative(root, path)
      return { path: name, bytes: Buffer.byteLength(code), atStart: atStart.has(name) }
    }),
  )
}

function refuseHeavy(metafile: Metafile): void {
  const heavy = heavyImports(metafile, ENTRY)
  if (heavy.length > 0) throw new Error(`Import these where they are used, with import():\n${heavy.join('\n')}`)
}

async function commonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    ...TARGET,
    format: 'cjs',
    minifyWhitespace: true,
    minifySyntax: true,
    // Parts are found with require, as they are CommonJS.
    supported: { 'dynamic-import': false },
    logOverride: OPTIONS.logOverride,
  })
  return code
}

/** As they are: `findAsset` looks for them beside the bundle. */
async function copySwaggerFiles(root: string, outFolder: string): Promise<BuiltFile[]> {
  return Promise.all(
    SWAGGER_FILES.map(async (name) => {
      const path = join(outFolder, name)
      await copyFile(join(root, 'node_modules', 'swagger-ui-dist', name), path)
      return { path: relative(root, path), bytes: (await stat(path)).size, atStart: false }
    }),
  )
}
