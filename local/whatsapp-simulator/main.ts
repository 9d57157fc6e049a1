/** Starts the simulator alone: `npm run local:whatsapp -- --port 9100 --webhook-url http://127.0.0.1:8000/webhook`. */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startWhatsappSimulator } from './server.ts'
import type { WhatsappSimulatorOptions } from './server.ts'

const usage = `Usage: npm run local:whatsapp -- [--port N] [--webhook-url URL] [--state FILE] [--seed N] [--throughput STANDARD|HIGH] [--exit-with-parent]
Secrets come from META_APP_ID, META_APP_SECRET, META_VERIFY_TOKEN and SIMULATOR_ACCESS_TOKEN; what is not given is made at random.`

await main()

async function main(): Promise<void> {
  const { options, exitWithParent } = optionsOf(process.argv.slice(2))
  try {
    const simulator = await startWhatsappSimulator(options)
    const ready = {
      event: 'ready',
      part: 'whatsapp',
      url: simulator.url,
      waba_id: simulator.wabaId,
      phone_number_id: simulator.phoneNumberId,
      access_token: simulator.accessToken,
    }
    process.stdout.write(`${JSON.stringify(ready)}\n`)
    const stop = (): void => {
      void simulator.close().then(() => process.exit(0))
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    if (exitWithParent) watchParent(stop)
  } catch (error) {
    fail(messageOf(error, options.port))
  }
}

function optionsOf(argv: string[]): { options: WhatsappSimulatorOptions; exitWithParent: boolean } {
  const text = { type: 'string' } as const
  const values = parsedArguments(() => {
    const names = { port: text, 'webhook-url': text, state: text, seed: text, throughput: text }
    return parseArgs({ args: argv, options: { ...names, 'exit-with-parent': { type: 'boolean' } } }).values
  })
  const { throughput, state, 'webhook-url': webhookUrl } = values
  if (throughput !== undefined && throughput !== 'HIGH' && throughput !== 'STANDARD') {
    fail('--throughput must be STANDARD or HIGH.')
  }
  const options: WhatsappSimulatorOptions = {
    ...secretsOf(process.env),
    ...(values.port !== undefined && { port: numberOf('port', values.port, 65_535) }),
    ...(values.seed !== undefined && { seed: numberOf('seed', values.seed, 2 ** 31) }),
    ...(state !== undefined && { state }),
    ...(webhookUrl !== undefined && { webhookUrl }),
    ...(throughput !== undefined && { throughput }),
  }
  return { options, exitWithParent: values['exit-with-parent'] === true }
}

function secretsOf(
  env: NodeJS.ProcessEnv,
): Pick<WhatsappSimulatorOptions, 'appId' | 'appSecret' | 'verifyToken' | 'accessToken'> {
  return {
    appId: env['META_APP_ID'] ?? '100000000000001',
    appSecret: env['META_APP_SECRET'] ?? randomBytes(16).toString('hex'),
    verifyToken: env['META_VERIFY_TOKEN'] ?? randomBytes(16).toString('hex'),
    ...(env['SIMULATOR_ACCESS_TOKEN'] !== undefined && { accessToken: env['SIMULATOR_ACCESS_TOKEN'] }),
  }
}

function parsedArguments<Values>(parse: () => Values): Values {
  try {
    return parse()
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

function numberOf(name: string, text: string, most: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > most) fail(`--${name} must be a whole number from 0 to ${most}.`)
  return value
}

/** A launcher that was killed takes its parts with it. */
function watchParent(stop: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) stop()
  }, 250).unref()
}

function messageOf(error: unknown, port: number | undefined): string {
  const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (isBusy) return `Port ${port ?? 0} is in use; choose another one with --port.`
  return `The WhatsApp simulator did not start: ${error instanceof Error ? error.message : String(error)}`
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
