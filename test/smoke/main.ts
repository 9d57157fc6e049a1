/**
 * `npm run test:smoke`: the deployable package under Azure's own host, `func start` (or, with `-- --host local`, under the
 * functions host of local/). Needs Azure Functions Core Tools on the path.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { localHost } from './local-host.ts'
import { smoke, type StartHost } from './smoke.ts'

const { values } = parseArgs({ options: { host: { type: 'string', default: 'func' } } })
const HOSTS: Record<string, StartHost> = { func: coreTools, local: localHost }

try {
  const startHost = HOSTS[values.host]
  if (!startHost) throw new Error('--host is func or local')
  await smoke(startHost, (line) => console.log(line))
  console.log('Everything works.')
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

/** As a person types it: everything else comes from local.settings.json. */
async function coreTools(folder: string, port: number) {
  const child = spawn('func', ['start', '--port', String(port), '--verbose'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Core Tools start the host as a process of their own.
    detached: true,
  })
  await once(child, 'spawn')
  const ended = once(child, 'exit')
  return {
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
      await ended
    },
  }
}
