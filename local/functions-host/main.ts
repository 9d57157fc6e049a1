/**
 * `npm run local:functions -- --entry functions/index.ts --port 8000`: the functions host as a program.
 * Prints one JSON line when ready; SIGTERM and SIGINT stop it gracefully, a second signal at once.
 */
import { fstatSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startFunctionsHost, type FunctionsHost, type FunctionsHostOptions } from './host.ts'
import { applyLocalSettings } from './settings.ts'

const usage = `Usage: npm run local:functions -- [options]
  --entry <file>                the file that registers the functions (functions/index.ts)
  --root <folder>               the folder with host.json (the current folder)
  --port <number>               (PORT, or 8000; 0 takes a free one)
  --settings <file>             a local.settings.json whose values fill up the environment
  --queue-lease-seconds <n>     how long a fetched queue message stays hidden unless extended (600)
  --grace-seconds <n>           how long a stop waits for running invocations (10)
  --function-key <key>          opens functions whose authLevel is not anonymous
  --exit-with-parent            stop when the starting process ends`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      entry: { type: 'string', default: 'functions/index.ts' },
      root: { type: 'string', default: process.cwd() },
      port: { type: 'string', default: process.env['PORT'] ?? '8000' },
      settings: { type: 'string' },
      'queue-lease-seconds': { type: 'string', default: '600' },
      'grace-seconds': { type: 'string', default: '10' },
      'function-key': { type: 'string' },
      'exit-with-parent': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return
  }
  if (values.settings !== undefined) await applyLocalSettings(values.settings, process.env)
  const options: FunctionsHostOptions = {
    entry: values.entry,
    root: values.root,
    port: wholeNumber('--port', values.port),
    queueLeaseSeconds: wholeNumber('--queue-lease-seconds', values['queue-lease-seconds']),
    graceSeconds: wholeNumber('--grace-seconds', values['grace-seconds']),
    ...(values['function-key'] === undefined ? {} : { functionKey: values['function-key'] }),
  }
  const host = await startFunctionsHost(options)
  stopOnSignals(host)
  if (values['exit-with-parent']) stopWithParent(host)
  const ready = { event: 'ready', part: 'functions', url: host.url, functions: host.functions.length }
  process.stdout.write(`${JSON.stringify(ready)}\n`)
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`${option} takes a whole number, not "${text}"`)
  return value
}

function stopOnSignals(host: FunctionsHost): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      stop(host)
    })
  }
}

/** The parent is gone when a pipe between it and us breaks, or when another process has become our parent. */
function stopWithParent(host: FunctionsHost): void {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(host), 500).unref()
  process.stdout.on('error', () => stop(host))
  const stdin = fstatSync(0)
  if (!stdin.isFIFO() && !stdin.isSocket()) return
  process.stdin.on('end', () => stop(host)).on('error', () => stop(host))
  process.stdin.resume()
}

function stop(host: FunctionsHost): void {
  host.close().then(
    () => process.exit(0),
    (error: unknown) => fail(error),
  )
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  // What the app itself threw is its developer's to debug, so it comes with its stack.
  if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`${error.cause.stack ?? ''}\n`)
  process.exit(1)
}

main().catch(fail)
