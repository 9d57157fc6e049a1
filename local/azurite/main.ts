/** `npm run local:azurite`: Azurite alone, with a random account key, until stopped. `--location DIR` keeps its state. */
import { parseArgs } from 'node:util'
import { untilAskedToStop } from '../process/child.ts'
import { startAzurite } from './azurite.ts'

const { values } = parseArgs({ options: { location: { type: 'string' }, 'exit-with-parent': { type: 'boolean' } } })
const azurite = await startAzurite(values.location === undefined ? {} : { location: values.location })
const connectionString = azurite.connectionString('herald')
console.log(
  JSON.stringify({ event: 'ready', part: 'azurite', ports: azurite.ports, connection_string: connectionString }),
)
await untilAskedToStop()
await azurite.stop()
