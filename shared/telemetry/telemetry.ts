/**
 * What Herald tells about its work beyond its log, where telemetry is on: the spans of a trace, and metrics. Where it is
 * off there is no Telemetry at all, and whoever would use it asks for nothing but that.
 */
import type { Dimensions, Metric } from './metrics.ts'

export type Attributes = Record<string, string | number | boolean>

export interface SpanOptions {
  /** server and consumer take work in, client and producer hand it to others. */
  kind: 'server' | 'consumer' | 'client' | 'producer' | 'internal'
  /** Where the work comes from, as W3C's traceparent; absent: from the span around it. */
  parent?: string | undefined
  attributes?: Attributes
}

export interface SpanNotes {
  add(attributes: Attributes): void
  /** A word for what went wrong, never the text of an error: that may quote anybody. */
  fail(type: string): void
}

export interface Telemetry {
  /** Runs `work` in a span; what it throws marks the span as failed. */
  span<T>(name: string, options: SpanOptions, work: (notes: SpanNotes) => Promise<T>): Promise<T>
  /** Of the span around this, for whoever goes on elsewhere. */
  traceparent(): string | undefined
  /** Adds to a counter or a histogram, or sets a gauge. */
  tell<Name extends Metric>(name: Name, value: number, dimensions: Dimensions<Name>): void
  /** Sends what was not sent yet. */
  close(): Promise<void>
}
