/** Every route, queue and timer of Herald. Deps are built once, on the first call that needs them. */
import { app } from '@azure/functions'
import type { Deps } from '../shared/deps.ts'
import { loadConfig } from '../shared/config.ts'
import { registerEndpoints } from './register.ts'
import { registerQueues } from './queues.ts'
import { ENDPOINTS } from './endpoints.ts'

// Without streaming the real host forwards a body only if it has a Content-Length: chunked uploads would arrive empty.
app.setup({ enableHttpStream: true })

const config = loadConfig(process.env)
let built: Promise<Deps> | undefined
const deps = (): Promise<Deps> =>
  (built ??= import('../shared/create-deps.ts').then(({ createDeps }) => createDeps(config)))

registerEndpoints(ENDPOINTS, deps)
registerQueues(deps)
