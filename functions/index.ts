/** Every route, queue and timer of Herald. Deps are built once, on the first call that needs them. */
import { app } from '@azure/functions'
import type { Deps } from '../shared/deps.ts'
import { loadConfig } from '../shared/config.ts'
import { startTelemetry } from '../shared/telemetry/start.ts'
import { registerEndpoints } from './register.ts'
import { registerQueues } from './queues.ts'
import { ENDPOINTS } from './endpoints.ts'

// Without streaming the real host forwards a body only if it has a Content-Length: chunked uploads would arrive empty.
app.setup({ enableHttpStream: true })

const config = loadConfig(process.env)
let built: Promise<Deps> | undefined
async function deps(): Promise<Deps> {
  built ??= build()
  const { keyKeeper } = await built
  await keyKeeper.freshen()
  return built
}

registerEndpoints(ENDPOINTS, deps)
registerQueues(deps)

// What was told in the last seconds is not lost with an instance.
if (config.telemetry) app.hook.appTerminate(async () => (await built)?.telemetry?.close())

async function build(): Promise<Deps> {
  const [{ createDeps }, telemetry] = await Promise.all([import('../shared/create-deps.ts'), startTelemetry(config)])
  return createDeps(config, { telemetry })
}
