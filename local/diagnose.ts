/**
 * `npm run diagnose -- [--workspace <id>]`: looks at the settings, at storage, Cosmos DB and Key Vault, at the Meta app and at the
 * numbers of a workspace, and says what to mend. For the system that local.settings.json (or the environment) names. It writes nothing.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { loadConfig, type Config } from '../shared/config.ts'
import { shown, type Finding } from './diagnose/finding.ts'
import { applyLocalSettings } from './functions-host/settings.ts'

const SETTINGS = 'local.settings.json'

try {
  const { values } = parseArgs({ options: { workspace: { type: 'string' } } })
  if (existsSync(SETTINGS)) await applyLocalSettings(SETTINGS, process.env)
  const config = loadConfig(process.env)
  const findings = await lookAt(config, values.workspace)
  const problems = findings.filter(({ cure }) => cure !== undefined).length
  for (const finding of findings) console.log(shown(finding))
  console.log(problems === 0 ? '\nNothing to mend.' : `\n${problems} to mend.`)
  if (problems > 0) process.exitCode = 1
} catch (error) {
  // A setting that is wrong names itself and how it should be.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function lookAt(config: Config, workspaceId: string | undefined): Promise<Finding[]> {
  // Imported here because the Azure SDKs take long to load, and wrong settings need none of them.
  const [{ createDeps }, { checkStores }, { checkKeys }, meta, { fine, found }] = await Promise.all([
    import('../shared/create-deps.ts'),
    import('./diagnose/stores.ts'),
    import('./diagnose/keys.ts'),
    import('./diagnose/meta.ts'),
    import('./diagnose/finding.ts'),
  ])
  const { createLog } = await import('../shared/log.ts')
  const deps = createDeps(config, { log: createLog(() => undefined) })
  try {
    const keys = [config.storage.connectionString === undefined, config.cosmos.key === undefined]
    const how = keys.every(Boolean) ? 'an identity' : keys.some(Boolean) ? 'an identity and a key' : 'keys (emulators)'
    const [stores, app] = await Promise.all([checkStores(config), meta.checkApp(deps)])
    const sealing = await checkKeys(deps)
    const first = [fine('Settings', `complete; stores are reached with ${how}`), ...stores, ...sealing, ...app]
    if (workspaceId === undefined) return first
    const cosmos = 'see "Cosmos DB" above'
    return [...first, ...(await found('Workspace', cosmos, () => meta.checkWorkspace(deps, workspaceId)))]
  } finally {
    await deps.graph.close()
  }
}
