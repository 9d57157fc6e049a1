/** Where telemetry goes by the settings. */
import type { credentialOf } from '../azure/credential.ts'
import type { TelemetrySettings } from '../config.ts'
import { openTelemetry, type Exporters } from './open-telemetry.ts'
import type { Telemetry } from './telemetry.ts'

type Credential = ReturnType<typeof credentialOf> | undefined

export interface Sending {
  settings: TelemetrySettings
  version: string
  /** Undefined where there is no identity: emulators ask for none. */
  credential: Credential
}

export async function sendingTelemetry({ settings, version, credential }: Sending): Promise<Telemetry> {
  const exporters = await exportersOf(settings, credential)
  return openTelemetry({ exporters, version, tracedShare: settings.tracedShare })
}

async function exportersOf(settings: TelemetrySettings, credential: Credential): Promise<Exporters> {
  if (settings.to === 'otlp') return (await import('./otlp.ts')).otlpExporters(settings.url)
  return (await import('../azure/monitor-exporters.ts')).monitorExporters(settings.connectionString, credential)
}
