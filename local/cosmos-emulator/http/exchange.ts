/** A request as the routes see it, and what they answer. */
import type { IncomingHttpHeaders } from 'node:http'
import type { CosmosError } from '../errors.ts'
import type { KeptResults } from '../sql/continuation.ts'
import type { Catalog } from '../store/catalog.ts'
import type { Database } from '../store/database.ts'

export interface Exchange {
  method: string
  /** The decoded parts of the path: `dbs`, `herald`, `colls`, … */
  path: string[]
  headers: IncomingHttpHeaders
  body: string
}

export interface Answer {
  status: number
  /** JSON text. */
  body?: string
  headers?: Record<string, string>
  charge: number
}

/** What the routes work on. */
export interface Account {
  db: Database
  catalog: Catalog
  kept: KeptResults
  now: () => number
  url: () => string
}

/** The names under which requests are counted and faults are asked for. */
export type Operation =
  'create' | 'read' | 'replace' | 'upsert' | 'patch' | 'delete' | 'batch' | 'bulk' | 'query' | 'metadata'

export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.headers[name]
  return typeof value === 'string' ? value : undefined
}

export function isSet(exchange: Exchange, name: string): boolean {
  return header(exchange, name)?.toLowerCase() === 'true'
}

export function isQuery(exchange: Exchange): boolean {
  return isSet(exchange, 'x-ms-documentdb-isquery') || header(exchange, 'content-type') === 'application/query+json'
}

/** What a refused request answers inside a batch, where there are no bodies. */
export function statusOf(error: CosmosError): { statusCode: number; subStatusCode?: number } {
  const { substatus } = error.details
  return substatus ? { statusCode: error.status, subStatusCode: substatus } : { statusCode: error.status }
}
