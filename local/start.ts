/** `npm start`: the whole world on http://localhost:8000 (PORT), until Ctrl-C. What it knows survives in .local/. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BUNDLE, buildBundle } from './build/bundle.ts'
import { askedToStop } from './stack/asked-to-stop.ts'
import { REPOSITORY } from './stack/parts.ts'
import { readableLine } from './stack/readable-line.ts'
import { startStack, type Stack } from './stack/stack.ts'
import { forgetState, freshLogFile, lockState } from './stack/state-folder.ts'
import { usualPorts } from './stack/usual-ports.ts'
import { welcome } from './stack/welcome.ts'

const USAGE = `Usage: npm start [-- options]
  --fresh   forget everything earlier starts have kept
  --built   run dist/ (built first if it is missing) instead of the sources
  --state   another folder than .local to keep everything in
Environment: PORT (8000), and any app setting; AzureWebJobsStorage, COSMOS_ENDPOINT or META_GRAPH_URL replace a local part.`

await main().catch(fail)

async function main(): Promise<void> {
  const { fresh, built, stateFolder } = readOptions()
  const startedAt = performance.now()
  const stopSignal = askedToStop()
  // Until everything runs there is nothing to save: the parts end when this process does.
  void stopSignal.then(() => stack ?? process.exit(0))
  let stack: Stack | undefined = undefined
  const ports = await usualPorts(portOf(process.env['PORT']))
  lockState(stateFolder)
  if (fresh) await forgetState(stateFolder)
  if (built && !(await exists(join(REPOSITORY, BUNDLE)))) await buildBundle(REPOSITORY)
  const log = createWriteStream(await freshLogFile(stateFolder))
  stack = await startStack({
    stateFolder,
    ports,
    entry: built ? BUNDLE : 'functions/index.ts',
    onHostLine: (line) => {
      log.write(`${line}\n`)
      const readable = readableLine(line)
      if (readable !== undefined) console.log(readable)
    },
  })
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${welcome({ stack, stateFolder, seconds, environment: process.env })}\n`)
  const problem = await Promise.race([stopSignal, stack.broken])
  console.log(problem === undefined ? '\nStopping …' : `\n${problem}\nStopping the rest …`)
  await stack.stop()
  await new Promise<void>((resolve) => log.end(resolve))
  process.exit(problem === undefined ? 0 : 1)
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      fresh: { type: 'boolean', default: false },
      built: { type: 'boolean', default: false },
      state: { type: 'string', default: join(REPOSITORY, '.local') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  return { fresh: values.fresh, built: values.built, stateFolder: resolve(values.state) }
}

function portOf(text: string | undefined): number {
  const port = Number((text ?? '') === '' ? 8000 : text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new Error(`PORT must be a whole number from 1 to 65535, not "${String(text)}".`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
