/**
 * `npm run local:provision`: creates the containers, queues, tables and blob containers that Herald uses, where they are
 * missing, in the emulators that local.settings.json (or the environment) names. `npm start` does it by itself.
 */
import { existsSync } from 'node:fs'
import { provision } from '../shared/azure/provision.ts'
import { loadConfig } from '../shared/config.ts'
import { applyLocalSettings } from './functions-host/settings.ts'

const SETTINGS = 'local.settings.json'

try {
  if (existsSync(SETTINGS)) await applyLocalSettings(SETTINGS, process.env)
  await provision(loadConfig(process.env), new Date())
  console.log('Everything that Herald stores in is there.')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
