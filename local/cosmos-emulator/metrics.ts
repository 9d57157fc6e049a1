/** Counts requests and request units by operation and container, so that a test or a benchmark can read costs. */
import type { Operation } from './http/exchange.ts'
import { rounded } from './request-units.ts'

interface Count {
  requests: number
  request_units: number
}

export interface MetricsReport extends Count {
  by_operation: Record<string, Count>
  by_container: Record<string, Record<string, Count>>
  /** Account, database and container requests and query plans; not part of the totals. */
  metadata: Count
}

export class Metrics {
  #total = noCount()
  #metadata = noCount()
  #byOperation = new Map<string, Count>()
  #byContainer = new Map<string, Map<string, Count>>()

  add(operation: Operation, container: string | undefined, charge: number): void {
    if (operation === 'metadata') {
      count(this.#metadata, charge)
      return
    }
    count(this.#total, charge)
    count(entry(this.#byOperation, operation, noCount), charge)
    const ofContainer = entry(this.#byContainer, container ?? '', () => new Map<string, Count>())
    count(entry(ofContainer, operation, noCount), charge)
  }

  reset(): void {
    this.#total = noCount()
    this.#metadata = noCount()
    this.#byOperation.clear()
    this.#byContainer.clear()
  }

  report(): MetricsReport {
    const containers = [...this.#byContainer].map(([name, counts]) => [name, reportOf(counts)] as const)
    return {
      ...finished(this.#total),
      by_operation: reportOf(this.#byOperation),
      by_container: Object.fromEntries(containers),
      metadata: finished(this.#metadata),
    }
  }
}

function noCount(): Count {
  return { requests: 0, request_units: 0 }
}

function count(into: Count, charge: number): void {
  into.requests++
  into.request_units += charge
}

function entry<T>(map: Map<string, T>, name: string, create: () => T): T {
  let found = map.get(name)
  if (found === undefined) map.set(name, (found = create()))
  return found
}

function finished({ requests, request_units }: Count): Count {
  return { requests, request_units: rounded(request_units) }
}

function reportOf(counts: Map<string, Count>): Record<string, Count> {
  return Object.fromEntries([...counts].map(([name, value]) => [name, finished(value)]))
}
