/** Telemetry to any collector that takes OTLP as JSON over HTTP. Metrics are told as what came since the last time. */
import { AggregationTemporalityPreference, OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { Exporters } from './open-telemetry.ts'

export function otlpExporters(url: string): Exporters {
  return {
    traces: new OTLPTraceExporter({ url: `${url}/v1/traces` }),
    metrics: new OTLPMetricExporter({
      url: `${url}/v1/metrics`,
      temporalityPreference: AggregationTemporalityPreference.DELTA,
    }),
  }
}
