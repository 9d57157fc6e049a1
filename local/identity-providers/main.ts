/** Starts the stand-ins alone: `node local/identity-providers/main.ts --port 9300 --email ada@example.com`. */
import { parseArgs } from 'node:util'
import { startIdentityProviders } from './server.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '9300' }, email: { type: 'string' } } })
const port = Number(values.port)
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  throw new Error('--port must be a whole number from 0 to 65535')

const standIns = await startIdentityProviders({ port })
const person = standIns.person(values.email === undefined ? {} : { email: values.email })
const { url, settings } = standIns
process.stdout.write(`${JSON.stringify({ event: 'ready', part: 'identity-providers', url, settings, person })}\n`)

const stop = (): void => {
  void standIns.close().then(() => process.exit(0))
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
