/** Telemetry as the settings want it. Off, which it is unless they say so, nothing of OpenTelemetry is loaded. */
import type { Config } from '../config.ts'
import type { Telemetry } from './telemetry.ts'
import manifest from '../../package.json' with { type: 'json' }

export async function startTelemetry(config: Config): Promise<Telemetry | undefined> {
  const { telemetry: settings, storage } = config
  if (!settings) return undefined
  const [{ sendingTelemetry }, { credentialOf }] = await Promise.all([
    import('./exporting.ts'),
    import('../azure/credential.ts'),
  ])
  const hasIdentity = settings.to === 'azure' && storage.connectionString === undefined
  return sendingTelemetry({
    settings,
    version: manifest.version,
    credential: hasIdentity ? credentialOf(config) : undefined,
  })
}
