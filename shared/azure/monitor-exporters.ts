/** Telemetry to Application Insights, with the identity that everything else is reached with. */
import type { TokenCredential } from '@azure/identity'
import type { Exporters } from '../telemetry/open-telemetry.ts'

/** Without a credential, as emulators want it. */
export async function monitorExporters(
  connectionString: string,
  credential: TokenCredential | undefined,
): Promise<Exporters> {
  // Otherwise it tells Microsoft about itself, and asks the machine's network who it is.
  process.env['APPLICATION_INSIGHTS_NO_STATSBEAT'] = 'true'
  const { AzureMonitorMetricExporter, AzureMonitorTraceExporter } =
    await import('@azure/monitor-opentelemetry-exporter')
  const options = {
    connectionString,
    // An instance's disk is gone with it.
    disableOfflineStorage: true,
    ...(credential === undefined ? {} : { credential }),
  }
  return { traces: new AzureMonitorTraceExporter(options), metrics: new AzureMonitorMetricExporter(options) }
}
