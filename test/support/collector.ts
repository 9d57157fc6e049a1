/** A collector of telemetry on this machine: takes OTLP as JSON over HTTP, and tells the spans and metrics that came. */
import * as z from 'zod'
import { aReceiver, type Receiver } from './receiver.ts'

const Value = z.object({
  stringValue: z.string().optional(),
  intValue: z.number().optional(),
  doubleValue: z.number().optional(),
  boolValue: z.boolean().optional(),
})
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .transform((list) =>
    Object.fromEntries(
      list.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue]),
    ),
  )

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  attributes: Attributes,
  status: z.object({ code: z.number() }),
})
export type CollectedSpan = z.output<typeof Span>

const Point = z.object({
  attributes: Attributes,
  asInt: z.number().optional(),
  asDouble: z.number().optional(),
  count: z.number().optional(),
  sum: z.number().optional(),
})
const Points = z.object({ dataPoints: z.array(Point) })
const Metric = z.object({
  name: z.string(),
  unit: z.string(),
  histogram: Points.optional(),
  gauge: Points.optional(),
  sum: Points.optional(),
})
export interface CollectedPoint extends z.output<typeof Point> {
  name: string
  kind: 'histogram' | 'gauge' | 'sum'
}

const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
})
const Metrics = z.object({
  resourceMetrics: z.array(z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(Metric) })) })),
})

export interface Collector extends Receiver {
  /** Where telemetry is to be sent. */
  endpoint: string
  resources(): Record<string, unknown>[]
  spans(): CollectedSpan[]
  points(): CollectedPoint[]
}

export async function aCollector(): Promise<Collector> {
  const receiver = await aReceiver()
  receiver.answers((response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  const bodies = (path: string): unknown[] =>
    receiver.received.filter((post) => post.path === path).map(({ body }): unknown => JSON.parse(body))
  const traces = () => bodies('/v1/traces').flatMap((body) => Traces.parse(body).resourceSpans)
  return {
    ...receiver,
    endpoint: new URL(receiver.url).origin,
    resources: () => traces().map(({ resource }) => resource.attributes),
    spans: () => traces().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    points: () =>
      bodies('/v1/metrics')
        .flatMap((body) => Metrics.parse(body).resourceMetrics)
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
        .flatMap(({ name, ...data }) =>
          (['histogram', 'gauge', 'sum'] as const).flatMap((kind) =>
            (data[kind]?.dataPoints ?? []).map((point) => ({ name, kind, ...point })),
          ),
        ),
  }
}
