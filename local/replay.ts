/**
 * `npm run replay -- --from 2026-11-30 --to 2026-12-01T12:00:00Z`: takes the webhook bodies of that time in once more,
 * out of what WEBHOOK_ARCHIVE=on has kept. The queues of the system that local.settings.json (or the environment) names
 * get their events; what was applied already is not changed by them.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadConfig } from '../shared/config.ts'
import { applyLocalSettings } from './functions-host/settings.ts'

const SETTINGS = 'local.settings.json'
const DAY_OR_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

try {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } })
  const [from, to] = [timeOf('from', values.from), timeOf('to', values.to)]
  if (from >= to) throw new Error('--to has to be after --from')
  if (existsSync(SETTINGS)) await applyLocalSettings(SETTINGS, process.env)
  // Imported here because the Azure SDKs take long to load, and a wrong option needs none of them.
  const { createDeps } = await import('../shared/create-deps.ts')
  const { replayWebhooks } = await import('../shared/webhooks/replay.ts')
  const deps = createDeps(loadConfig(process.env))
  await deps.keyKeeper.freshen()
  const count = await replayWebhooks(deps, from, to)
  console.log(`${count} webhook bodies were taken in again.`)
  await deps.graph.close()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** A day begins at midnight UTC. */
function timeOf(name: string, text: string | undefined): Date {
  const at = new Date(text ?? '')
  if (text !== undefined && DAY_OR_TIME.test(text) && !Number.isNaN(at.getTime())) return at
  throw new Error(`--${name} has to be a day or a time, as 2026-11-30 or 2026-11-30T12:00:00Z`)
}
