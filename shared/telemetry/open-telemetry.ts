/**
 * Telemetry by OpenTelemetry's SDK. Loaded only where a setting asks for it (start.ts). No
 * provider is registered globally, and no module is patched: what is traced is what calls `span`.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { parseTraceParent } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { METRICS, type Metric } from './metrics.ts'
import type { Attributes, SpanOptions, Telemetry } from './telemetry.ts'

export interface Exporters {
  traces: SpanExporter
  metrics: PushMetricExporter
}

export interface TelemetryOptions {
  exporters: Exporters
  /** Of all traces, from 0 to 1. Decided by the trace's id: the same everywhere, whatever the caller decided. */
  tracedShare: number
  version: string
}

const METRICS_EVERY_MS = 60_000
const NAME = 'herald'

export function openTelemetry({ exporters, tracedShare, version }: TelemetryOptions): Telemetry {
  const resource = resourceFromAttributes({
    'service.name': NAME,
    'service.version': version,
    'service.instance.id': randomUUID(),
  })
  const traces = new BasicTracerProvider({
    resource,
    sampler: new TraceIdRatioBasedSampler(tracedShare),
    spanProcessors: [new BatchSpanProcessor(exporters.traces)],
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: exporters.metrics,
    exportIntervalMillis: METRICS_EVERY_MS,
  })
  const metrics = new MeterProvider({ resource, readers: [reader] })
  return {
    ...spans(traces.getTracer(NAME)),
    tell: instruments(metrics.getMeter(NAME)),
    async close() {
      // The one must not keep the other from what it still has to send.
      await Promise.allSettled([traces.shutdown(), metrics.shutdown()])
    },
  }
}

const KINDS: Record<SpanOptions['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
}

function spans(tracer: Tracer): Pick<Telemetry, 'span' | 'traceparent'> {
  const around = new AsyncLocalStorage<Context>()
  return {
    async span(name, { kind, parent, attributes = {} }, work) {
      const context = parent === undefined ? (around.getStore() ?? ROOT_CONTEXT) : contextOf(parent)
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, context)
      try {
        return await around.run(trace.setSpan(context, span), () => work(notesOf(span)))
      } catch (error) {
        fail(span, error instanceof Error ? error.name : typeof error)
        throw error
      } finally {
        span.end()
      }
    },
    traceparent() {
      const span = trace.getSpan(around.getStore() ?? ROOT_CONTEXT)
      if (!span) return undefined
      const { traceId, spanId, traceFlags } = span.spanContext()
      return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
    },
  }
}

/** What is no traceparent begins a trace of its own. */
function contextOf(parent: string): Context {
  const context = parseTraceParent(parent)
  return context ? trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote: true }) : ROOT_CONTEXT
}

function notesOf(span: Span) {
  return {
    add: (attributes: Attributes) => void span.setAttributes(attributes),
    fail: (type: string) => fail(span, type),
  }
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR })
}

function instruments(meter: Meter): Telemetry['tell'] {
  const tellers = new Map<Metric, (value: number, dimensions: Attributes) => void>()
  const made = (name: Metric) => {
    const { kind, unit, about: description } = METRICS[name]
    const options = { unit, description }
    if (kind === 'counter') {
      const counter = meter.createCounter(name, options)
      return (value: number, dimensions: Attributes) => counter.add(value, dimensions)
    }
    const instrument = kind === 'gauge' ? meter.createGauge(name, options) : meter.createHistogram(name, options)
    return (value: number, dimensions: Attributes) => instrument.record(value, dimensions)
  }
  return (name, value, dimensions) => {
    const tell = tellers.get(name) ?? made(name)
    tellers.set(name, tell)
    tell(value, dimensions)
  }
}
