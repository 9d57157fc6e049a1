/** `npm run local:cosmos -- --port 8081 --file .local/cosmos.db`: the Cosmos DB emulator as a process of its own. */
import { parseArgs } from 'node:util'
import { startCosmosEmulator } from './server.ts'
import type { CosmosEmulatorOptions } from './server.ts'

try {
  const emulator = await startCosmosEmulator(readOptions())
  const stop = (): void => {
    emulator.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  // Before it says that it is ready: whoever hears that may stop it at once.
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.stdout.write(`${JSON.stringify({ event: 'ready', part: 'cosmos', url: emulator.url, key: emulator.key })}\n`)
} catch (error) {
  const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const problem = error instanceof Error ? error.message : String(error)
  const message = isBusy ? `${error.message}; give another port with --port` : problem
  process.stderr.write(`The Cosmos DB emulator cannot start: ${message}\n`)
  process.exit(1)
}

function readOptions(): CosmosEmulatorOptions {
  const { values } = parseArgs({ options: { port: { type: 'string' }, file: { type: 'string' } } })
  const key = process.env['COSMOS_KEY']
  const options: CosmosEmulatorOptions = { port: Number(values.port ?? 0) }
  if (values.file !== undefined) options.file = values.file
  if (key !== undefined && key !== '') options.key = key
  return options
}
