/**
 * How long a fresh process needs to import the bundle: what a cold start pays before the first request.
 * Run as a program (`measure-import.ts <bundle>`) it is that fresh process and prints an `ImportTime`.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createRequire, registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const RUNS = 5

export interface ImportTime {
  ms: number
  /** Of the processor: hardly more on a busy machine than on an idle one. */
  cpuMs: number
}

/** The medians of several runs. */
export async function measureImport(bundle: string): Promise<ImportTime> {
  const times: ImportTime[] = []
  for (let run = 0; run < RUNS; run++) times.push(await importOnce(bundle))
  return { ms: median(times.map(({ ms }) => ms)), cpuMs: median(times.map(({ cpuMs }) => cpuMs)) }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

async function importOnce(bundle: string): Promise<ImportTime> {
  const self = fileURLToPath(import.meta.url)
  const { stdout } = await promisify(execFile)(process.execPath, [self, bundle], { env: settings() })
  // Written by `main`, below.
  return JSON.parse(stdout) as ImportTime
}

/** Complete and well-formed, so that the bundle finds nothing to complain about; nothing is ever called with them. */
function settings(): NodeJS.ProcessEnv {
  const key = randomBytes(32).toString('base64')
  return {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    COSMOS_ENDPOINT: 'http://127.0.0.1:1',
    COSMOS_KEY: key,
    META_APP_ID: '1',
    META_APP_SECRET: randomBytes(16).toString('hex'),
    META_VERIFY_TOKEN: randomBytes(16).toString('hex'),
    JWT_KEYS: `k:${key}`,
    TOKEN_ENCRYPTION_KEY: key,
  }
}

async function main(bundle: string): Promise<void> {
  const core = new URL('../functions-host/core-module.ts', import.meta.url).href
  // Loaded before the clock starts: in Azure the worker has it already.
  await import(core)
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core' ? { url: core, shortCircuit: true } : next(specifier, context),
  })
  const load = createRequire(import.meta.url)
  const startedAt = performance.now()
  const before = process.cpuUsage()
  load(bundle)
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(JSON.stringify({ ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 }))
  process.exit(0)
}

if (import.meta.main) await main(process.argv[2] ?? '')
