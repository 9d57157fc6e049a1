/**
 * A process that sends one span and one metric to Application Insights, by the connection string that it is given. One of
 * its own because its end is what keeps the exporter from asking Microsoft for settings, which it does some seconds later.
 */
import { sendingTelemetry } from '../../../shared/telemetry/exporting.ts'

const connectionString = process.argv[2] ?? ''
const settings = { to: 'azure', connectionString, tracedShare: 1 } as const
const telemetry = await sendingTelemetry({ settings, version: '1', credential: undefined })
await telemetry.span('POST /webhook', { kind: 'server' }, () => Promise.resolve())
telemetry.tell('herald.queue.poison', 3, { queue: 'outbound-sends' })
await telemetry.close()
process.exit()
