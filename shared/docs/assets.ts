/**
 * The files of the page at /docs, from our own package: three of Swagger UI's and the script that starts it. A caller's
 * name is only looked up in the list below; it never becomes a path.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { etagOf } from './served-document.ts'
import { START_SCRIPT } from './start-script.ts'

/** Copied beside the bundle by `npm run build`. */
export const SWAGGER_FILES = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'] as const

export interface Asset {
  bytes: Uint8Array
  contentType: string
  etag: string
}

const TYPES: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  png: 'image/png',
}

export const START_SCRIPT_NAME = 'start.js'

const loaded = new Map<string, Promise<Asset>>()

/** `undefined` for a name that is none of ours. Read once per process. */
export async function findAsset(name: string): Promise<Asset | undefined> {
  const file = [START_SCRIPT_NAME, ...SWAGGER_FILES].find((known) => known === name)
  if (file === undefined) return undefined
  const asset = loaded.get(file) ?? load(file)
  loaded.set(file, asset)
  asset.catch(() => loaded.delete(file))
  return asset
}

async function load(file: string): Promise<Asset> {
  const bytes = file === START_SCRIPT_NAME ? Buffer.from(START_SCRIPT) : await readFile(join(folder(), file))
  return { bytes, contentType: TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream', etag: etagOf(bytes) }
}

function folder(): string {
  const isBundle = typeof __filename === 'string' && __filename.endsWith('.cjs')
  // The bundle has no import.meta: never evaluated there.
  return isBundle ? __dirname : dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
}
